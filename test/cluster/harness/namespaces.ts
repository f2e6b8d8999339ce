import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_RANGE } from './control-plane.ts';

/** A network, mounts and processes of a node's own, held by one process: when it ends, everything in them ends. */
export interface Namespaces {
  /** The command, with its arguments, that runs another one inside. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

/** The node's address, in a range that is for documentation (RFC 5737). */
export const NODE_ADDRESS = '192.0.2.10';

/** Names that the node's runtime knows the private registry by, besides 127.0.0.1. */
export const REGISTRY_NAME = 'registry.corp.test';

/**
 * Nothing in here reaches the machine's network: there is no route out. The bridge stands for a network card (some kernels have no dummy
 * device), and the route lets the API server reach Service addresses, which kube-proxy then translates.
 */
const SET_UP = [
  'mount --make-rshared /',
  'ip link set lo up',
  'ip link add node0 type bridge',
  `ip addr add ${NODE_ADDRESS}/24 dev node0`,
  'ip link set node0 up',
  `ip route add ${SERVICE_RANGE} dev node0`,
  'echo 1 > /proc/sys/net/ipv4/ip_forward',
  'mount --bind "$1/hosts" /etc/hosts',
  'mount --bind "$1/resolv.conf" /etc/resolv.conf',
  'echo ready',
  // Pid 1: bash reaps what is left to it. Its stdin ends when the tests' process ends.
  'read -r _ || true',
].join('\n');

export async function openNamespaces(folder: string): Promise<Namespaces> {
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${NODE_ADDRESS} ${REGISTRY_NAME} node1\n`);
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${NODE_ADDRESS}\n`);
  const unshare = ['unshare', '--net', '--mount', '--propagation=private', '--pid', '--fork', '--mount-proc'];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', ...unshare, '--kill-child', 'bash', '-euc', SET_UP, 'holder', folder],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  await ready(child);
  const [holder] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  if (holder === undefined || holder === '') throw new Error('the process that holds the namespaces is gone');
  return {
    enter: ['nsenter', '-t', holder, '-n', '-m', '-p', '--'],
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      process.kill(Number(holder), 'SIGKILL');
      await ended;
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('exit', () => fail(new Error(`the node's namespaces could not be set up: ${said.trim()}`)));
    child.stdout?.once('data', () => done());
  });
}
