import pLimit from 'p-limit';
import { formatCount, listAt, textAt, toSallyportError } from '../../base/index.ts';
import { describeName } from '../names.ts';
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
 * what a failed apply never made, and what others have deleted since, is nothing that could be left. What may not be looked at counts
 * as there. Throws what the client throws, but for `CLUSTER_FORBIDDEN`.
 */
export async function stillThere(
  client: ClusterClient,
  names: readonly ObjectName[],
  options: CallOptions,
): Promise<readonly ObjectName[]> {
  const limit = pLimit(AT_ONCE);
  const isThere = async (name: ObjectName): Promise<boolean> => {
    try {
      return (await client.get(name, options)) !== undefined;
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code === 'CLUSTER_FORBIDDEN') return true;
      throw error;
    }
  };
  const there = await Promise.all(names.map((name) => limit(() => isThere(name))));
  return names.filter((_, index) => there[index]);
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
    if (live === undefined) continue;
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
