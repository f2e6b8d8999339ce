import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { SampleImage } from '../../../scripts/sample-images.ts';
import { freePorts } from '../../support/listening.ts';
import {
  type ControlPlane,
  type ControlPlaneParts,
  describeControlPlane,
  runControlPlane,
} from './control-plane.ts';
import { createDaemons } from './daemons.ts';
import { forward } from './forward.ts';
import { createIdentities } from './identities.ts';
import { createImageMaker, type StandinImage } from './images.ts';
import { NODE_ADDRESS, openNamespaces } from './namespaces.ts';
import { containerdSocket, PAUSE_IMAGE, startContainerd, startKubelet, trustRegistry } from './node.ts';
import { type PrivateRegistry, startPrivateRegistry } from './registry.ts';
import { makeState, removeState } from './state.ts';
import { buildTools } from './tools.ts';

const run = promisify(execFile);

/** A whole cluster of one node that pulls from a private registry. */
export interface Cluster extends ControlPlane {
  readonly registry: PrivateRegistry;
  /** Makes an image of the stand-in program. */
  readonly image: (options: StandinImage) => SampleImage;
  /** Makes one and stores it in the private registry; tells `HOST/REPOSITORY:TAG@DIGEST`. */
  push(name: string, options?: Partial<StandinImage>): Promise<string>;
  /** The manifest of a pull secret with the registry's login, or with another one. */
  pullSecret(options: PullSecret): DockerSecret;
  /** Starts a TypeScript file of `test/cluster/inside` in the node's network; its log is with the others. */
  startInside(name: string, args: readonly string[]): void;
  /** Makes the node's runtime trust the private registry's CA for another host. */
  trust(host: string): void;
}

export interface PullSecret {
  readonly name: string;
  readonly namespace: string;
  readonly host?: string;
  readonly password?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface DockerSecret {
  readonly [field: string]: unknown;
  readonly stringData: { readonly '.dockerconfigjson': string };
}

/** Starts one as root: about eight seconds. The first on a machine builds Kubernetes and containerd: minutes. */
export async function startCluster(): Promise<Cluster> {
  const tools = await buildTools(['standin', 'containerd', 'kube'], (line) => {
    process.stderr.write(`${line}\n`);
  });
  const folder = makeState();
  const cleanups: (() => void | Promise<void>)[] = [() => removeState(folder)];
  const stop = async () => {
    for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
  };
  try {
    const namespaces = await openNamespaces(folder);
    cleanups.push(() => namespaces.close());
    const daemons = createDaemons({ folder, enter: namespaces.enter });
    const identities = createIdentities(join(folder, 'pki'));
    cleanups.push(() => identities.dispose());
    const [api = 0, etcd = 0, peer = 0, registryPort = 0] = await freePorts(4);
    const parts: ControlPlaneParts = {
      folder,
      tools,
      identities,
      daemons,
      ports: { api, etcd, peer },
      nodeAddress: NODE_ADDRESS,
    };
    const startInside = (name: string, args: readonly string[]) =>
      daemons.start(name, process.execPath, [
        '--import',
        import.meta.resolve('tsx'),
        resolve(import.meta.dirname, '..', 'inside', `${name}.ts`),
        ...args,
      ]);
    const socket = (port: number) => join(folder, `${port}.sock`);
    startInside(
      'relay',
      [api, registryPort].map((port) => `${socket(port)}=${port}`),
    );
    for (const port of [api, registryPort]) {
      const relay = await forward(port, socket(port));
      cleanups.push(() => relay.close());
    }
    const registry = startPrivateRegistry({ folder, daemons, port: registryPort });
    cleanups.push(() => registry.dispose());
    const trust = (host: string) => trustRegistry(folder, host, registry.caFile);
    for (const host of [registry.host, registry.otherHost]) trust(host);
    const pause = `${registry.host}/${PAUSE_IMAGE}`;
    startContainerd(parts, pause);
    const image = createImageMaker(tools.standin);
    const kubeconfig = await runControlPlane(parts);
    startInside('dns', [folder, String(api), NODE_ADDRESS]);
    await registry.push(PAUSE_IMAGE, image({ seed: 'pause', role: 'pause', entrypoint: ['/pause'] }));
    const [enter = '', ...entering] = namespaces.enter;
    const login = `${registry.user}:${registry.password}`;
    const ctr = [join(tools.containerd, 'ctr'), '-a', containerdSocket(folder), '-n', 'k8s.io'];
    await daemons.until('containerd answers', () =>
      run(enter, [...entering, ...ctr, 'version']).then(
        () => true,
        () => false,
      ),
    );
    const pull = ['images', 'pull', '--hosts-dir', join(folder, 'certs.d'), '--user', login, pause];
    await run(enter, [...entering, ...ctr, ...pull]);
    startKubelet(parts);
    const plane = describeControlPlane(parts, kubeconfig);
    await daemons.until('the node is ready', async () => {
      const asked = ['wait', '--for=condition=Ready', 'node/node1', '--timeout=1s'];
      return (await plane.kubectl.run(asked)).status === 0;
    });
    return {
      ...plane,
      registry,
      image,
      push: async (name, options = {}) => {
        const digest = await registry.push(name, image({ seed: name, ...options }));
        return `${registry.host}/${name}@${digest}`;
      },
      pullSecret: (options) => pullSecret(registry, options),
      startInside,
      trust,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pullSecret(registry: PrivateRegistry, options: PullSecret): DockerSecret {
  const { name, namespace, labels, host = registry.host, password = registry.password } = options;
  const auth = Buffer.from(`${registry.user}:${password}`).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) },
  };
}
