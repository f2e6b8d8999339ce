import pLimit from 'p-limit';
import { isFields, type SallyportError, toSallyportError } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { FIELD_MANAGER, isOurs } from '../apply/apply.ts';
import { planOrder } from '../apply/order.ts';
import { placeObjects } from '../apply/place.ts';
import { checkPreconditions } from '../apply/preconditions.ts';
import { type PrunePlan, planPrune } from '../apply/prune.ts';
import { readLive } from '../apply/release.ts';
import { type Restart, restartsOf } from '../apply/restarts.ts';
import { type FieldConflict, isOfTheWay } from '../client/failure.ts';
import { groupOf, identityOf, nameOf } from '../names.ts';
import { goneFrom, readInventory } from '../state/inventory.ts';
import type { StatePlace } from '../state/store.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { type Difference, differencesOf } from './differences.ts';

export interface DiffRequest {
  readonly client: ClusterClient;
  readonly objects: readonly KubeObject[];
  readonly knowledge: ClusterFacts;
  readonly place: StatePlace;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectDiff {
  readonly name: ObjectName;
  readonly action: 'create' | 'change' | 'unchanged' | 'refused';
  readonly differences: readonly Difference[];
  /** Why the server was not asked; the difference is our own reckoning then. */
  readonly simulated?: string;
  /** Fields that other managers hold, and that an apply would be refused for. */
  readonly conflicts: readonly FieldConflict[];
  readonly error?: SallyportError;
}

export interface ClusterDiff {
  /** In the order in which they would be applied. */
  readonly objects: readonly ObjectDiff[];
  /** What an apply with `--prune` would delete, and what it would leave. */
  readonly prune: PrunePlan;
  /** What users have running and the apply would restart. */
  readonly restarts: readonly Restart[];
  /** Why an apply would be refused as a whole. */
  readonly problems: readonly SallyportError[];
}

const AT_ONCE = 12;

/** What an apply would do, asked of the server itself by a dry run of each object. Nothing is changed. */
export async function diffRelease(request: DiffRequest): Promise<ClusterDiff> {
  const { client, knowledge, place, signal } = request;
  const options = { signal };
  const { objects, coming } = await placeObjects(client, request.objects, knowledge, options);
  const names = objects.map(nameOf);
  const [live, inventory] = await Promise.all([
    readLive(client, names, options),
    readInventory(place, options),
  ]);
  const namespaces = await missingNamespaces(request, objects, live);
  const limit = pLimit(AT_ONCE);
  const ordered = planOrder(objects, knowledge).flatMap((step) => step.objects);
  const [diffs, problems, prune, restarts] = await Promise.all([
    Promise.all(
      ordered.map((object) =>
        limit(() =>
          diffOne(request, object, live.get(identityOf(nameOf(object))), whyNot(object, coming, namespaces)),
        ),
      ),
    ),
    checkPreconditions(client, objects, live, knowledge, options),
    planPrune(client, goneFrom(inventory.objects, names), options),
    restartsOf(client, objects, live, knowledge, options),
  ]);
  return { objects: diffs, prune, restarts, problems };
}

async function missingNamespaces(
  { client, signal }: DiffRequest,
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
): Promise<ReadonlySet<string>> {
  const named = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  const missing = await Promise.all(
    [...named].map(async (name) => {
      const reference = { apiVersion: 'v1', kind: 'Namespace', name };
      const there =
        live.has(identityOf(reference)) || (await client.get(reference, { signal })) !== undefined;
      return there ? [] : [name];
    }),
  );
  return new Set(missing.flat());
}

/** Why the server cannot judge an object yet. */
function whyNot(
  { apiVersion, kind, metadata }: KubeObject,
  coming: ReadonlySet<string>,
  namespaces: ReadonlySet<string>,
): string | undefined {
  if (coming.has(`${groupOf(apiVersion)}|${kind}`)) return 'its kind comes with this apply';
  return metadata.namespace !== undefined && namespaces.has(metadata.namespace)
    ? 'its namespace does not exist yet'
    : undefined;
}

async function diffOne(
  { client, signal }: DiffRequest,
  object: KubeObject,
  live: KubeObject | undefined,
  why: string | undefined,
): Promise<ObjectDiff> {
  const name = nameOf(object);
  if (why !== undefined) return simulated(name, object, live, why);
  const ask = (force: boolean): Promise<KubeObject> =>
    client.apply(object, { fieldManager: FIELD_MANAGER, dryRun: true, force, signal });
  let conflicts: readonly FieldConflict[] = [];
  try {
    let after: KubeObject;
    try {
      after = await ask(false);
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code !== 'FIELD_CONFLICT') throw error;
      if (!isOurs(error)) conflicts = JSON.parse(String(error.facts['conflicts'])) as FieldConflict[];
      after = await ask(true);
    }
    if (live === undefined) return { name, action: 'create', differences: [], conflicts };
    const differences = differencesOf(live, after);
    return { name, action: differences.length === 0 ? 'unchanged' : 'change', differences, conflicts };
  } catch (thrown) {
    const error = toSallyportError(thrown);
    if (error.code === 'ABORTED' || isOfTheWay(error)) throw error;
    // apiserver/pkg/admission/plugin/webhook/errors: a webhook with side effects may not be asked in a dry run
    if (/does not support dry run/.test(error.message))
      return simulated(name, object, live, 'a webhook that judges it does not take part in dry runs');
    return { name, action: 'refused', differences: [], conflicts, error };
  }
}

function simulated(
  name: ObjectName,
  object: KubeObject,
  live: KubeObject | undefined,
  why: string,
): ObjectDiff {
  if (live === undefined) return { name, action: 'create', differences: [], conflicts: [], simulated: why };
  const differences = differencesOf(live, overlay(live, object) as KubeObject);
  return {
    name,
    action: differences.length === 0 ? 'unchanged' : 'change',
    differences,
    conflicts: [],
    simulated: why,
  };
}

/** What is wanted laid over what is there: maps merge, everything else is replaced. A reckoning, marked as such. */
function overlay(live: unknown, wanted: unknown): unknown {
  if (!isFields(live) || !isFields(wanted)) return wanted;
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(wanted)) merged[key] = overlay(live[key], value);
  return merged;
}
