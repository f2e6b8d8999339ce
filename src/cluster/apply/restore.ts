import {
  type Clock,
  type EmitEvent,
  formatCount,
  listAt,
  SallyportError,
  sameJson,
  textAt,
  toSallyportError,
} from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { withoutServerFields } from '../manifests.ts';
import { describeName, identityOf } from '../names.ts';
import { waitForDefinitions } from '../readiness/definitions.ts';
import type { PreviousObject } from '../state/previous.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { planOrder } from './order.ts';
import { objectsOf } from './prune.ts';
import { removeObjects } from './remove.ts';

export interface RestoreRequest {
  readonly client: ClusterClient;
  readonly knowledge: ClusterFacts;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
  readonly previous: readonly PreviousObject[];
}

export interface RestoreResult {
  readonly restored: number;
  readonly removed: number;
  readonly unchanged: number;
  /** What could not be undone, with the reason. */
  readonly left: readonly { readonly name: ObjectName; readonly why: string }[];
}

/** Managers are told apart from those of an apply, so that it is seen who set what. */
const MANAGER = 'sallyport-rollback';

/**
 * Brings objects back to how they were: changed ones are put back whole, deleted ones made anew, new ones removed. Says what cannot be
 * undone: namespaces (all in them would go), CRDs with objects, versions in which objects are stored by now, Jobs that ran.
 * Throws `PARTIAL_FAILURE` with what the server refused.
 */
export async function restore(request: RestoreRequest): Promise<RestoreResult> {
  const { client, knowledge, emit, signal, previous } = request;
  const left: { name: ObjectName; why: string }[] = [];
  const failures: SallyportError[] = [];
  const counts = { restored: 0, unchanged: 0 };
  const wanted = previous.flatMap(({ object }) => (object === undefined ? [] : [object]));
  for (const step of planOrder(wanted, knowledge)) {
    await Promise.all(
      step.objects.map(async (object) => {
        const name = previous.find((one) => one.object === object)?.name;
        if (name === undefined) return;
        try {
          const done = await putBack(client, object, signal);
          if (done === 'unchanged') counts.unchanged++;
          else if (done === 'restored') {
            counts.restored++;
            emit({ type: 'object', action: 'restored', name: describeName(name) });
          } else left.push({ name, why: done.why });
        } catch (thrown) {
          const error = toSallyportError(thrown);
          if (error.code === 'ABORTED') throw error;
          failures.push(error);
        }
      }),
    );
    if (step.group === 'crds')
      await waitForDefinitions(
        { client, clock: request.clock, emit, signal, timeoutMs: 60_000 },
        step.objects.filter(({ metadata }) => !left.some(({ name }) => name.name === metadata.name)),
      );
  }
  const removable: ObjectName[] = [];
  for (const { name, object } of previous) {
    if (object !== undefined) continue;
    const live = await client.get(name, { signal });
    if (live === undefined) continue;
    const why = await whyLeft(client, live, previous, signal);
    if (why === undefined) removable.push(name);
    else left.push({ name, why });
  }
  await removeObjects(client, removable, knowledge, { signal, emit, clock: request.clock }).catch(
    (thrown: unknown) => {
      const error = toSallyportError(thrown);
      if (error.code === 'ABORTED') throw error;
      failures.push(...(error.parts.length === 0 ? [error] : error.parts));
    },
  );
  if (failures.length > 0)
    throw new SallyportError(
      'PARTIAL_FAILURE',
      `${formatCount(failures.length, 'object')} could not be brought back`,
      {
        parts: failures,
      },
    );
  return { ...counts, removed: removable.length, left };
}

async function whyLeft(
  client: ClusterClient,
  live: KubeObject,
  previous: readonly PreviousObject[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (live.kind === 'Namespace' && live.apiVersion === 'v1')
    return 'everything in the namespace would go with it';
  if (live.kind !== 'CustomResourceDefinition') return undefined;
  const added = new Set(
    previous.filter(({ object }) => object === undefined).map(({ name }) => identityOf(name)),
  );
  const objects = await objectsOf(client, live, { signal });
  const others = objects.filter(
    ({ apiVersion, kind, metadata }) =>
      !added.has(identityOf({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace })),
  );
  return others.length === 0 ? undefined : `${formatCount(others.length, 'object')} of it would be deleted`;
}

async function putBack(
  client: ClusterClient,
  object: KubeObject,
  signal: AbortSignal | undefined,
): Promise<'restored' | 'unchanged' | { readonly why: string }> {
  const { apiVersion, kind, metadata } = object;
  const name = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
  const clean = withoutServerFields(object);
  const live = await client.get(name, { signal });
  if (live === undefined) {
    if (kind === 'Job' && listAt(object, 'status', 'conditions').length > 0)
      return { why: 'a Job that ran is not run again' };
    await client.create(withoutOwnIdentity(clean), { fieldManager: MANAGER, signal });
    return 'restored';
  }
  if (sameJson(clean, withoutServerFields(live))) return 'unchanged';
  if (kind === 'CustomResourceDefinition') {
    const has = new Set(listAt(object, 'spec', 'versions').map((version) => textAt(version, 'name')));
    const stored = listAt(live, 'status', 'storedVersions').filter(
      (version): version is string => typeof version === 'string' && !has.has(version),
    );
    if (stored.length > 0)
      return { why: `objects are stored in the version ${stored.join(', ')} by now, which it did not have` };
  }
  const current = {
    ...clean,
    metadata: { ...clean.metadata, resourceVersion: live.metadata.resourceVersion ?? '' },
  };
  await client.replace(current as KubeObject, { fieldManager: MANAGER, signal });
  return 'restored';
}

/** A Service made anew gets its address from the server; the old one may be taken. */
function withoutOwnIdentity(object: KubeObject): KubeObject {
  if (object.kind !== 'Service' || object.apiVersion !== 'v1') return object;
  const { clusterIP, clusterIPs: _list, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>;
  return { ...object, spec: { ...spec, ...(clusterIP === 'None' ? { clusterIP } : {}) } };
}
