import { isFields, listAt, numberAt, SallyportError, textAt } from '../../base/index.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';
import type { Finding } from './causes.ts';
import { explainCreation } from './creation.ts';
import type { SecretHosts } from './credentials.ts';
import { explainPod, type Incident } from './pod.ts';
import { type CheckedFinding, checkFinding, type ProbeRegistry } from './probe.ts';

export interface ExplainOptions extends CallOptions {
  readonly namespaces: readonly string[];
  /** Asks the registry; absent: nobody does. */
  readonly probe?: ProbeRegistry;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Controllers whose pods may not even be made. */
const OWNERS = [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
];

export interface Explained {
  readonly findings: readonly CheckedFinding[];
  /** What may not be listed, `Event in eclipse-che`: causes that only this shows are missing. */
  readonly unread: readonly string[];
}

/**
 * Why what does not run in these namespaces does not, as far as it can be told. Only reads. What may not be read is left out of the
 * evidence; that pods may be listed is needed. Throws what the client throws for those.
 */
export async function explainNamespaces(client: ClusterClient, options: ExplainOptions): Promise<Explained> {
  const nodes = new Map<string, Promise<NodeFacts>>();
  const unread: string[] = [];
  const listed = async (
    { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
    namespace: string,
  ): Promise<readonly KubeObject[]> => {
    const found = await readable(() => client.list({ apiVersion, kind, namespace }, options));
    if (found !== 'refused') return found;
    unread.push(`${kind} in ${namespace}`);
    return [];
  };
  const perNamespace = await Promise.all(
    options.namespaces.map(async (namespace) => {
      const [pods, events, owners] = await Promise.all([
        client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, options),
        listed({ apiVersion: 'v1', kind: 'Event' }, namespace),
        Promise.all(OWNERS.map((owner) => listed(owner, namespace))),
      ]);
      const incidents = incidentsByUid(events);
      const unmade = owners.flat().flatMap((owner) => {
        const finding = explainOwner(owner, incidents.get(owner.metadata.uid ?? '') ?? []);
        return finding === undefined ? [] : [finding];
      });
      const stuck = await Promise.all(
        pods.filter(mayBeStuck).map((pod) => explainOne(client, pod, incidents, nodes, options)),
      );
      return [...unmade, ...stuck.flat()];
    }),
  );
  return { findings: perNamespace.flat(), unread: unread.sort() };
}

/** What the events say, by the object they are about, oldest first. */
function incidentsByUid(events: readonly KubeObject[]): Map<string, Incident[]> {
  const sorted = events
    .map((event) => ({
      uid: textAt(event, 'involvedObject', 'uid') ?? '',
      at:
        textAt(event, 'lastTimestamp') ??
        textAt(event, 'eventTime') ??
        event.metadata.creationTimestamp ??
        '',
      incident: {
        type: textAt(event, 'type') ?? '',
        reason: textAt(event, 'reason') ?? '',
        message: textAt(event, 'message') ?? '',
      },
    }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const byUid = new Map<string, Incident[]>();
  for (const { uid, incident } of sorted) {
    const list = byUid.get(uid);
    if (list === undefined) byUid.set(uid, [incident]);
    else list.push(incident);
  }
  return byUid;
}

/** An event outlives its cause: a controller that has its pods has no trouble any more. */
function explainOwner(owner: KubeObject, incidents: readonly Incident[]): Finding | undefined {
  const { kind, metadata, status } = owner;
  const has = isFields(status) ? status : {};
  const made = [
    has['replicas'],
    has['currentNumberScheduled'],
    has['active'],
    has['succeeded'],
    has['failed'],
  ].some((count) => typeof count === 'number' && count > 0);
  if (made) return undefined;
  const namespace = metadata.namespace ?? 'default';
  return explainCreation(`${kind} ${namespace}/${metadata.name}`, namespace, incidents);
}

function mayBeStuck(pod: KubeObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const phase = textAt(pod, 'status', 'phase');
  if (phase === 'Succeeded') return false;
  if (phase !== 'Running') return true;
  return ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].some((list) =>
    listAt(pod, 'status', list).some((status) => textAt(status, 'state', 'waiting', 'reason') !== undefined),
  );
}

interface NodeFacts {
  readonly runtime?: string;
  readonly platform?: string;
}

async function explainOne(
  client: ClusterClient,
  pod: KubeObject,
  incidents: ReadonlyMap<string, readonly Incident[]>,
  nodes: Map<string, Promise<NodeFacts>>,
  options: ExplainOptions,
): Promise<readonly CheckedFinding[]> {
  const [secrets, logs, node] = await Promise.all([
    readSecrets(client, pod, options),
    readLogs(client, pod, options),
    readNode(client, pod, nodes, options),
  ]);
  const found = explainPod(pod, {
    incidents: incidents.get(pod.metadata.uid ?? '') ?? [],
    secrets,
    logs,
    now: options.now,
    ...(node.runtime === undefined ? {} : { runtime: node.runtime }),
  });
  const { probe } = options;
  if (probe === undefined) return found;
  return Promise.all(
    found.map((finding) =>
      checkFinding(finding, probe, {
        ...(node.platform === undefined ? {} : { platform: node.platform }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
    ),
  );
}

/** Which registries each pull secret is for. A secret that may not be read is left out, so that nothing is concluded from it. */
async function readSecrets(
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
export function hostsOf(secret: KubeObject): readonly string[] {
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
async function readLogs(
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

function readNode(
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
async function readable<T>(read: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await read();
  } catch (thrown) {
    const codes = ['CLUSTER_FORBIDDEN', 'OBJECT_NOT_FOUND', 'CLUSTER_REFUSED'];
    if (thrown instanceof SallyportError && codes.includes(thrown.code)) return 'refused';
    throw thrown;
  }
}
