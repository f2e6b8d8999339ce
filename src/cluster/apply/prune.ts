import pLimit from 'p-limit';
import { formatCount, listAt, textAt, toSallyportError } from '../../base/index.ts';
import { apiRoot } from '../client/kinds.ts';
import { describeName, groupOf } from '../names.ts';
import type { CallOptions, ClusterClient, KubeObject, ObjectName } from '../types.ts';

export interface PrunePlan {
  readonly remove: readonly ObjectName[];
  /** What stays although it is not wanted any more, and why. */
  readonly keep: readonly { readonly name: ObjectName; readonly why: string }[];
}

const KEEP_ANNOTATION = 'sallyport.dev/prune';
const AT_ONCE = 16;

/**
 * Of the objects that an inventory names, those that are there. An inventory is written before an apply and names what may come to be;
 * what a failed apply never made, and what others have deleted since, is nothing that could be left. What may not or cannot be looked at
 * counts as there. Names are given in a version that the server has: it may have dropped the one in which they were applied. Throws what
 * the client throws, but for `CLUSTER_FORBIDDEN`.
 */
export async function stillThere(
  client: ClusterClient,
  names: readonly ObjectName[],
  options: CallOptions,
): Promise<readonly ObjectName[]> {
  const limit = pLimit(AT_ONCE);
  const find = async (name: ObjectName): Promise<readonly ObjectName[]> => {
    try {
      const served = await asServed(client, name, options);
      if (served === 'away') return [name];
      return served !== undefined && (await client.get(served, options)) !== undefined ? [served] : [];
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code === 'CLUSTER_FORBIDDEN') return [name];
      throw error;
    }
  };
  return (await Promise.all(names.map((name) => limit(() => find(name))))).flat();
}

/** The name in a version that the server has; undefined where it has the kind in none. */
async function asServed(
  client: ClusterClient,
  name: ObjectName,
  options: CallOptions,
): Promise<ObjectName | 'away' | undefined> {
  const { apiVersion, kind } = name;
  if ((await client.kinds.find(apiVersion, kind, options)) !== undefined) return name;
  const kinds = await client.kinds.all(options);
  const other = kinds.find((one) => one.kind === kind && groupOf(one.apiVersion) === groupOf(apiVersion));
  if (other !== undefined) return { ...name, apiVersion: other.apiVersion };
  // An aggregated API whose server is away answers so for all of its paths; OpenShift's Routes are in one.
  return (await client.raw(apiRoot(apiVersion), options)).status === 503 ? 'away' : undefined;
}

/**
 * Decides what of the objects that are no longer wanted can go: what is there, is not marked to stay, and takes nothing else with it. A
 * CRD goes only when none of its objects is left, a namespace never, because everything in it would go too.
 */
export async function planPrune(
  client: ClusterClient,
  gone: readonly ObjectName[],
  options: CallOptions,
): Promise<PrunePlan> {
  const remove: ObjectName[] = [];
  const keep: { name: ObjectName; why: string }[] = [];
  for (const name of gone) {
    const live = await client.get(name, options);
    if (live === undefined) {
      if ((await client.kinds.find(name.apiVersion, name.kind, options)) === undefined)
        keep.push({ name, why: 'its API does not answer' });
      continue;
    }
    const why = await whyKept(client, live, gone, options);
    if (why === undefined) remove.push(name);
    else keep.push({ name, why });
  }
  return { remove, keep };
}

async function whyKept(
  client: ClusterClient,
  live: KubeObject,
  gone: readonly ObjectName[],
  options: CallOptions,
): Promise<string | undefined> {
  const { metadata, kind, apiVersion } = live;
  if (metadata.annotations?.[KEEP_ANNOTATION] === 'keep') return `it carries ${KEEP_ANNOTATION}: keep`;
  if (kind === 'Namespace' && apiVersion === 'v1') return 'everything in the namespace would go with it';
  if (kind !== 'CustomResourceDefinition') return undefined;
  const objects = await objectsOf(client, live, options);
  const left = objects.filter(
    (object) =>
      !gone.some(
        (name) =>
          name.kind === object.kind &&
          name.name === object.metadata.name &&
          name.namespace === object.metadata.namespace,
      ),
  );
  const [first] = left;
  return first === undefined
    ? undefined
    : `deleting it would delete ${formatCount(left.length, 'object')} of it, e.g. ${describeName({ apiVersion: first.apiVersion, kind: first.kind, name: first.metadata.name, namespace: first.metadata.namespace })}`;
}

/** The objects of a CRD, in its storage version. */
export async function objectsOf(
  client: ClusterClient,
  definition: KubeObject,
  options: CallOptions,
): Promise<readonly KubeObject[]> {
  const storage = listAt(definition, 'spec', 'versions').find(
    (version) => (version as { storage?: boolean }).storage === true,
  );
  const apiVersion = `${textAt(definition, 'spec', 'group') ?? ''}/${textAt(storage, 'name') ?? ''}`;
  const kind = textAt(definition, 'spec', 'names', 'kind') ?? '';
  if ((await client.kinds.find(apiVersion, kind, options)) === undefined) return [];
  return client.list({ apiVersion, kind }, options);
}
