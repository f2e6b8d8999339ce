import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { freePorts } from '../../support/listening.ts';
import { createDaemons, type Daemons } from './daemons.ts';
import { createIdentities, type Identities, type Identity } from './identities.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { makeState, removeState } from './state.ts';
import { buildTools, type Tools } from './tools.ts';

/** A real API server with etcd, controllers and scheduler; no node, so that pods stay Pending. */
export interface ControlPlane {
  /** For cluster-admin, usable from this process and its children. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  readonly port: number;
  /** The cluster's own files: logs, certificates. Gone after `stop`. */
  readonly folder: string;
  readonly kubectl: Kubectl;
  /** A kubeconfig of another user, who may do what RBAC says. */
  kubeconfigFor(identity: Identity): string;
  /** Ends the API server alone, as when it goes away in the middle; `resume` brings it back with what it held. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends everything, waits for it and removes the files. */
  stop(): Promise<void>;
}

export const SERVICE_RANGE = '10.96.0.0/16';

/** Everything that the control plane's parts have to agree on. */
export interface ControlPlaneParts {
  readonly folder: string;
  readonly tools: Tools;
  readonly identities: Identities;
  readonly daemons: Daemons;
  readonly ports: { readonly api: number; readonly etcd: number; readonly peer: number };
  /** The address of the node that reaches Services and kubelets; without it, there is no node. */
  readonly nodeAddress?: string;
}

/** Starts one on free loopback ports, without root: about four seconds. The first on a machine builds Kubernetes: minutes. */
export async function startControlPlane(): Promise<ControlPlane> {
  const tools = await buildTools(['kube'], (line) => void process.stderr.write(`${line}\n`));
  const folder = makeState();
  const identities = createIdentities(join(folder, 'pki'));
  const daemons = createDaemons({ folder });
  const stop = async () => {
    await daemons.stop();
    identities.dispose();
    removeState(folder);
  };
  try {
    const [api = 0, etcd = 0, peer = 0] = await freePorts(3);
    const parts = { folder, tools, identities, daemons, ports: { api, etcd, peer } };
    const kubeconfig = await runControlPlane(parts);
    return { ...describeControlPlane(parts, kubeconfig), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a test gets of a running control plane. */
export function describeControlPlane(
  parts: ControlPlaneParts,
  kubeconfig: string,
): Omit<ControlPlane, 'stop'> {
  const { folder, identities, ports, tools, daemons } = parts;
  const server = `https://127.0.0.1:${ports.api}`;
  let users = 0;
  return {
    kubeconfig,
    server,
    port: ports.api,
    folder,
    kubectl: createKubectl({ program: join(tools.kube, 'kubectl'), kubeconfig, folder }),
    kubeconfigFor: (identity) => identities.kubeconfig(`user-${++users}`, identity, server),
    pause: () => daemons.stopOne('kube-apiserver'),
    resume: () => startApiServer(parts),
  };
}

/** Starts the four programs and waits until accounts are made; tells the path of the administrator's kubeconfig. */
export async function runControlPlane(parts: ControlPlaneParts): Promise<string> {
  const { daemons, folder, identities, ports, tools } = parts;
  const server = `https://127.0.0.1:${ports.api}`;
  const program = (name: string) => join(tools.kube, name);
  const names = ['localhost', ...nested('kubernetes.default.svc.cluster.local')].map((name) => `DNS:${name}`);
  const addresses = [
    '127.0.0.1',
    '10.96.0.1',
    ...(parts.nodeAddress === undefined ? [] : [parts.nodeAddress]),
  ];
  identities.issue('apiserver', { user: 'kube-apiserver' }, [
    ...names,
    ...addresses.map((address) => `IP:${address}`),
  ]);
  identities.issue('kubelet-client', { user: 'kube-apiserver-kubelet-client', groups: ['system:masters'] });
  const admin = identities.kubeconfig('admin', { user: 'admin', groups: ['system:masters'] }, server);
  const manager = identities.kubeconfig('manager', { user: 'system:kube-controller-manager' }, server);
  const scheduler = identities.kubeconfig('scheduler', { user: 'system:kube-scheduler' }, server);

  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.peer}`;
  daemons.start('etcd', program('etcd'), [
    `--data-dir=${join(folder, 'etcd')}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--log-level=warn',
  ]);
  await startApiServer(parts);
  daemons.start('kube-controller-manager', program('kube-controller-manager'), [
    `--kubeconfig=${manager}`,
    `--service-account-private-key-file=${identities.file('sa.key')}`,
    `--root-ca-file=${identities.file('ca.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  daemons.start('kube-scheduler', program('kube-scheduler'), [
    `--kubeconfig=${scheduler}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  await daemons.until('the default account is made', async () => {
    return (await status(parts, '/api/v1/namespaces/default/serviceaccounts/default')) === 200;
  });
  return admin;
}

async function startApiServer(parts: ControlPlaneParts): Promise<void> {
  const { daemons, identities, ports, tools } = parts;
  const { file } = identities;
  daemons.start('kube-apiserver', join(tools.kube, 'kube-apiserver'), [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--secure-port=${ports.api}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    // Beta, and off unless asked for.
    '--feature-gates=MutatingAdmissionPolicy=true,ImageVolume=true',
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
    ...(parts.nodeAddress === undefined
      ? // An address has to be given that is not loopback; nobody uses it.
        ['--bind-address=127.0.0.1', '--advertise-address=192.0.2.10', '--endpoint-reconciler-type=none']
      : [
          '--bind-address=0.0.0.0',
          `--advertise-address=${parts.nodeAddress}`,
          // Webhooks are called at their pods' addresses.
          '--enable-aggregator-routing=true',
        ]),
  ]);
  await daemons.until('the API server is ready', async () => (await status(parts, '/readyz')) === 200);
}

/** The status of a GET as administrator, or undefined where nothing answers. */
function status({ identities, ports }: ControlPlaneParts, path: string): Promise<number | undefined> {
  return new Promise((done) => {
    const read = (name: string) => readFileSync(identities.file(name));
    request(
      {
        host: '127.0.0.1',
        port: ports.api,
        path,
        ca: read('ca.crt'),
        cert: read('admin.crt'),
        key: read('admin.key'),
        agent: false,
        timeout: 5000,
      },
      (response) => {
        response.resume();
        done(response.statusCode);
      },
    )
      .on('error', () => done(undefined))
      .on('timeout', function (this: { destroy(): void }) {
        this.destroy();
      })
      .end();
  });
}

/** a.b.c → a, a.b, a.b.c */
function nested(name: string): string[] {
  const parts = name.split('.');
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
}
