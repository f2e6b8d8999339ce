import { SallyportError } from '../../base/index.ts';
import { identityOf } from '../names.ts';
import { readInventory, unionOf, writeInventory } from '../state/inventory.ts';
import { deletePrevious, listPrevious, type PreviousState, readPrevious } from '../state/previous.ts';
import type { StatePlace } from '../state/store.ts';
import type { ObjectName } from '../types.ts';
import { readLive } from './release.ts';
import { type RestoreRequest, type RestoreResult, restore } from './restore.ts';

/** What a rollback is about to do. */
export interface RollbackPlan {
  /** Applies that are undone, the newest first. */
  readonly revisions: readonly number[];
  /** When the oldest of them was made, ISO 8601. */
  readonly at: string;
  /** Objects that were not there before. Namespaces and CRDs among them stay where deleting them would delete more. */
  readonly remove: readonly ObjectName[];
}

export interface RollbackRequest extends Omit<RestoreRequest, 'previous'> {
  readonly place: StatePlace;
  /** Undoes this apply and all after it; default: the last one. */
  readonly revision?: number | undefined;
  /** Asked before anything is touched; false ends it with `ABORTED`. */
  readonly confirm?: ((plan: RollbackPlan) => Promise<boolean>) | undefined;
}

export interface RollbackResult extends RestoreResult {
  /** The oldest apply that was undone. */
  readonly revision: number;
  /** When it was made, ISO 8601. */
  readonly at: string;
}

/**
 * Brings back how the objects of a release were before an apply. Several are undone one after the other, the newest first.
 * Throws `NO_PREVIOUS_STATE` when nothing is kept, `ABORTED`, and what `restore` throws.
 */
export async function rollbackRelease(request: RollbackRequest): Promise<RollbackResult> {
  const states = await statesToUndo(request);
  const oldest = states.at(-1);
  if (oldest === undefined) throw notKept(request.place, `no state before an apply is kept`);
  if (request.confirm !== undefined && !(await request.confirm(await planOf(request, states))))
    throw new SallyportError('ABORTED', 'nothing was changed', { facts: { untouched: true } });
  const results: RestoreResult[] = [];
  for (const state of states) results.push(await undo(request, state));
  const sum = (count: (result: RestoreResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    revision: oldest.revision,
    at: oldest.at,
    restored: sum(({ restored }) => restored),
    removed: sum(({ removed }) => removed),
    unchanged: results.at(-1)?.unchanged ?? 0,
    left: [
      ...new Map(results.flatMap(({ left }) => left).map((one) => [identityOf(one.name), one])).values(),
    ],
  };
}

/** Newest first. Throws `NO_PREVIOUS_STATE` for a revision that is not kept, or not whole. */
async function statesToUndo({ place, revision, signal }: RollbackRequest): Promise<PreviousState[]> {
  const kept = await listPrevious(place, { signal });
  const target = revision ?? kept[0];
  if (target === undefined) return [];
  if (!kept.includes(target))
    throw notKept(
      place,
      `revision ${target} is not kept${kept.length === 0 ? '' : `; there are: ${kept.join(', ')}`}`,
    );
  const states: PreviousState[] = [];
  for (const one of kept.filter((number) => number >= target)) {
    const state = await readPrevious(place, one, { signal });
    if (state === undefined) throw notKept(place, `revision ${one} is not whole and cannot be used`);
    states.push(state);
  }
  return states;
}

function notKept({ release, namespace }: StatePlace, message: string): SallyportError {
  return new SallyportError('NO_PREVIOUS_STATE', message, {
    subject: `release ${release} (namespace ${namespace})`,
  });
}

async function planOf(
  { client, signal }: RollbackRequest,
  states: readonly PreviousState[],
): Promise<RollbackPlan> {
  const added = unionOf(
    [],
    states.flatMap(({ objects }) =>
      objects.flatMap(({ name, object }) => (object === undefined ? [name] : [])),
    ),
  );
  const live = await readLive(client, added, { signal });
  return {
    revisions: states.map(({ revision }) => revision),
    at: states.at(-1)?.at ?? '',
    remove: added.filter((name) => live.has(identityOf(name))),
  };
}

async function undo(request: RollbackRequest, state: PreviousState): Promise<RestoreResult> {
  const { place, signal, clock } = request;
  const restored = await restore({ ...request, previous: state.objects });
  const { revision: last } = await readInventory(place, { signal });
  const objects = unionOf(
    state.inventory,
    restored.left.map(({ name }) => name),
  );
  // Numbers are never used twice, so that an apply that was undone cannot be taken for another.
  await writeInventory(
    place,
    { objects, revision: Math.max(last, state.revision) },
    { signal, stamp: new Date(clock.now()).toISOString() },
  );
  await deletePrevious(place, state.revision, { signal });
  return restored;
}
