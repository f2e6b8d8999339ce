import { isFields, listAt, numberAt, SallyportError, textAt } from '../../base/index.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';
import type { SecretHosts } from './credentials.ts';

/** What a node's status tells of how it pulls. */
export interface NodeFacts {
  readonly runtime?: string;
  readonly platform?: string;
}

/** Which registries each pull secret is for. A secret that may not be read is left out, so that nothing is concluded from it. */
export async function readSecrets(
  client: ClusterClient,
  pod: KubeObject,
  options: CallOptions,
): Promise<SecretHosts> {
  const names = listAt(pod, 'spec', 'imagePullSecrets').flatMap((secret) => textAt(secret, 'name') ?? []);
  const { namespace } = pod.metadata;
  const entries = await Promise.all(
    names.map(async (name) => {
      const secret = await readable(() =>
        client.get(
          { apiVersion: 'v1', kind: 'Secret', name, ...(namespace === undefined ? {} : { namespace }) },
          options,
        ),
      );
      if (secret === 'refused') return [];
      return [[name, secret === undefined ? ('missing' as const) : hostsOf(secret)] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}

/** The keys of `auths` of a `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg` secret; nothing else of it is kept. */
function hostsOf(secret: KubeObject): readonly string[] {
  const packed = textAt(secret, 'data', '.dockerconfigjson') ?? textAt(secret, 'data', '.dockercfg');
  if (packed === undefined) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(packed, 'base64').toString('utf8'));
    const auths = isFields(value) && isFields(value['auths']) ? value['auths'] : value;
    return isFields(auths) ? Object.keys(auths) : [];
  } catch {
    return []; // A secret that is no JSON holds credentials for nobody; the kubelet takes it so too.
  }
}

/** The end of the last run of each container that ended and is started again, or ended for good: only there the processor of an image shows. */
export async function readLogs(
  client: ClusterClient,
  pod: KubeObject,
  options: CallOptions,
): Promise<Readonly<Record<string, string>>> {
  const { name, namespace } = pod.metadata;
  const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((list) =>
    listAt(pod, 'status', list),
  );
  const ended = statuses.flatMap((status) => {
    const again = (textAt(status, 'lastState', 'terminated', 'reason') ?? '') !== '';
    const failed = (numberAt(status, 'state', 'terminated', 'exitCode') ?? 0) !== 0;
    return again || failed ? [{ status, previous: !failed }] : [];
  });
  const entries = await Promise.all(
    ended.map(async ({ status, previous }) => {
      const container = textAt(status, 'name') ?? '';
      const log = await readable(() =>
        client.logs({ name, ...(namespace === undefined ? {} : { namespace }) }, container, {
          ...options,
          tailLines: 20,
          previous,
        }),
      );
      return log === undefined || log === 'refused' ? [] : [[container, log] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}

export function readNode(
  client: ClusterClient,
  pod: KubeObject,
  nodes: Map<string, Promise<NodeFacts>>,
  options: CallOptions,
): Promise<NodeFacts> {
  const name = textAt(pod, 'spec', 'nodeName');
  if (name === undefined) return Promise.resolve({});
  let facts = nodes.get(name);
  if (facts === undefined) {
    facts = readable(() => client.get({ apiVersion: 'v1', kind: 'Node', name }, options)).then((node) => {
      if (node === undefined || node === 'refused') return {};
      const runtime = textAt(node, 'status', 'nodeInfo', 'containerRuntimeVersion');
      const os = textAt(node, 'status', 'nodeInfo', 'operatingSystem');
      const architecture = textAt(node, 'status', 'nodeInfo', 'architecture');
      return {
        ...(runtime === undefined ? {} : { runtime }),
        ...(os === undefined || architecture === undefined ? {} : { platform: `${os}/${architecture}` }),
      };
    });
    nodes.set(name, facts);
  }
  return facts;
}

/** Evidence that is nice to have: no right to read it, or gone meanwhile, is no failure. */
export async function readable<T>(read: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await read();
  } catch (thrown) {
    const codes = ['CLUSTER_FORBIDDEN', 'OBJECT_NOT_FOUND', 'CLUSTER_REFUSED'];
    if (thrown instanceof SallyportError && codes.includes(thrown.code)) return 'refused';
    throw thrown;
  }
}
