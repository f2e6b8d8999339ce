import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/base/index.ts';
import { whileUp } from './daemon.ts';

const run = promisify(execFile);

/** Runs `docker` at a daemon of the test and gives what it prints. Throws where it fails. */
export type Docker = (...args: string[]) => Promise<string>;

/** A PATH with dockerd, docker and containerd: where the gate has unpacked Debian's, or that of the process; undefined without them or without root. */
const dockerPath: string | undefined = process.getuid?.() === 0 ? findDocker() : undefined;

export const hasDocker = dockerPath !== undefined;

function findDocker(): string | undefined {
  const unpacked = join(cacheFolder({ env: process.env, homeDir: homedir() }), 'docker-engine', 'usr');
  const folders = [
    ...['sbin', 'bin'].map((name) => join(unpacked, name)),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const has = (program: string) => folders.some((folder) => existsSync(join(folder, program)));
  return ['dockerd', 'docker', 'containerd', 'runc'].every(has) ? folders.join(delimiter) : undefined;
}

/** A Docker daemon with everything of its own below `dir`, for the time of `work`. It makes no network and no firewall rules. */
export async function withDocker(dir: string, work: (docker: Docker) => Promise<void>): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const socket = `unix://${join(dir, 'docker.sock')}`;
  const options = { env: { ...process.env, PATH: dockerPath } };
  const folders = ['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'run')];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--userland-proxy=false'];
  const daemon = spawn(
    'dockerd',
    ['-H', socket, '-p', join(dir, 'docker.pid'), ...folders, ...network, '--storage-driver', 'vfs'],
    { ...options, stdio: 'ignore' },
  );
  const docker: Docker = async (...args) =>
    (await run('docker', ['--config', join(dir, 'config'), '-H', socket, ...args], options)).stdout;
  await whileUp(
    daemon,
    () => docker('version'),
    () => work(docker),
  );
}
