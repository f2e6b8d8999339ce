import { isFields, listAt, textAt } from '../../base/index.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';
import type { Finding } from './causes.ts';
import type { Incident } from './circumstances.ts';
import { explainCreation } from './creation.ts';
import { type NodeFacts, readable, readLogs, readNode, readSecrets } from './evidence.ts';
import { explainPod } from './pod.ts';
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
