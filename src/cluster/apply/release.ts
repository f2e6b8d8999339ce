import pLimit from 'p-limit';
import { combineErrors, formatCount, SallyportError, toSallyportError } from '../../base/index.ts';
import { describeName, identityOf, nameOf } from '../names.ts';
import { goneFrom, readInventory, unionOf, writeInventory } from '../state/inventory.ts';
import { deletePrevious, type PreviousObject, writePrevious } from '../state/previous.ts';
import type { StatePlace } from '../state/store.ts';
import type { CallOptions, ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { type AppliedObject, type ApplyRun, applyInOrder } from './apply.ts';
import { placeObjects } from './place.ts';
import { checkPreconditions } from './preconditions.ts';
import { type PrunePlan, planPrune, stillThere } from './prune.ts';
import { removeObjects, tellWhatStays } from './remove.ts';
import { restartsOf } from './restarts.ts';
import { type RestoreResult, restore } from './restore.ts';

export interface ReleaseRequest extends ApplyRun {
  readonly objects: readonly KubeObject[];
  readonly place: StatePlace;
  /** Goes on over what is known not to fit, where that is possible at all. */
  readonly force: boolean;
  /** Asked with what would be deleted, when something would; nothing is deleted without it. */
  readonly confirmPrune?: ((plan: PrunePlan) => Promise<boolean>) | undefined;
  readonly rollbackOnFailure: boolean;
  /** Keeps how the objects were, so that `rollback` can bring it back. */
  readonly record: boolean;
}

export interface ReleaseResult {
  readonly revision: number;
  readonly objects: readonly AppliedObject[];
  readonly pruned: readonly ObjectName[];
  /** What was applied before, is not wanted now and is still there, with the reason. */
  readonly left: readonly { readonly name: ObjectName; readonly why: string }[];
}

const AT_ONCE = 16;

/** Objects as they are on the server, by identity; those that are not there are left out. */
export async function readLive(
  client: ClusterClient,
  names: readonly ObjectName[],
  options: CallOptions,
): Promise<Map<string, KubeObject>> {
  const limit = pLimit(AT_ONCE);
  const live = new Map<string, KubeObject>();
  await Promise.all(
    names.map((name) =>
      limit(async () => {
        const found = await client.get(name, options);
        if (found !== undefined) live.set(identityOf(name), found);
      }),
    ),
  );
  return live;
}

/**
 * Applies a whole release: checks first, notes what will be there and how it was, applies in order, waits, and removes what is no longer
 * wanted. Whatever happens in the middle, the inventory names everything that may have been applied.
 * Throws `CHANGE_BREAKS` and what `applyInOrder` and `waitUntilReady` throw; with `rollbackOnFailure` after the old state is back.
 */
export async function applyRelease(request: ReleaseRequest): Promise<ReleaseResult> {
  const { client, place, signal, emit, clock, knowledge } = request;
  const options: CallOptions = { signal };
  const { objects } = await placeObjects(client, request.objects, knowledge, options);
  const names = objects.map(nameOf);
  const [live, inventory] = await Promise.all([
    readLive(client, names, options),
    readInventory(place, options),
  ]);
  refuse(await checkPreconditions(client, objects, live, knowledge, options), request);

  for (const { object, because, reason } of await restartsOf(client, objects, live, knowledge, options))
    emit({
      type: 'note',
      level: 'warning',
      subject: describeName(object),
      message: `runs and will be restarted by the new ${describeName(because)}: ${reason}`,
    });

  const gone = await stillThere(client, goneFrom(inventory.objects, names), options);
  const plan =
    request.confirmPrune === undefined || gone.length === 0
      ? undefined
      : await planPrune(client, gone, options);
  const pruning =
    plan !== undefined && plan.remove.length > 0 && (await request.confirmPrune?.(plan)) === true;
  const remove = pruning ? plan.remove : [];

  const revision = inventory.revision + 1;
  const stamp = new Date(clock.now()).toISOString();
  const previous = [...names, ...remove].map((name): PreviousObject => {
    const object = live.get(identityOf(name));
    return { name, ...(object === undefined ? {} : { object }) };
  });
  if (remove.length > 0) {
    const going = await readLive(client, remove, options);
    for (const [index, entry] of previous.entries()) {
      const object = going.get(identityOf(entry.name));
      if (object !== undefined) previous[index] = { name: entry.name, object };
    }
  }
  const state = { revision, at: stamp, objects: previous, inventory: inventory.objects };
  if (request.record) await writePrevious(place, state, options);
  await writeInventory(place, { objects: unionOf(gone, names), revision }, { ...options, stamp });

  const applied: AppliedObject[] = [];
  try {
    await applyInOrder(request, objects, live, (one) => applied.push(one));
    if (remove.length > 0) {
      await removeObjects(client, remove, knowledge, { ...options, clock, emit });
      if (request.wait) await tellWhatStays(client, remove, { ...options, clock, emit });
    }
  } catch (thrown) {
    if (!request.rollbackOnFailure) throw thrown;
    throw await rolledBack(request, thrown, state.objects, inventory);
  }
  const kept = plan?.keep ?? gone.map((name) => ({ name, why: 'not asked to remove it (--prune)' }));
  const changed = applied.some(({ action }) => action !== 'unchanged') || remove.length > 0;
  // An apply that changed nothing is no revision: it would push out a state that somebody may want back.
  if (!changed && request.record) await deletePrevious(place, revision, options);
  const left = pruning
    ? kept
    : [...kept, ...(plan?.remove ?? []).map((name) => ({ name, why: 'not confirmed' }))];
  await writeInventory(
    place,
    {
      objects: unionOf(
        left.map(({ name }) => name),
        names,
      ),
      revision: changed ? revision : inventory.revision,
    },
    { ...options, stamp },
  );
  return { revision: changed ? revision : inventory.revision, objects: applied, pruned: remove, left };
}

/** Everything that speaks against it at once; with `force` what can be overridden is only told. */
function refuse(problems: readonly SallyportError[], { force, emit }: ReleaseRequest): void {
  const hard = problems.filter(({ facts }) => !(force && facts['forcible'] === true));
  for (const problem of problems)
    if (!hard.includes(problem))
      emit({
        type: 'note',
        level: 'warning',
        ...(problem.subject === undefined ? {} : { subject: problem.subject }),
        message: problem.message,
      });
  if (hard.length === 0) return;
  if (hard.some(({ code }) => code !== 'CHANGE_BREAKS')) throw combineErrors(hard, 'nothing was applied');
  const [first] = hard;
  if (hard.length === 1 && first !== undefined) throw first;
  throw new SallyportError('CHANGE_BREAKS', `${hard.length} changes would break; nothing was applied`, {
    parts: hard,
  });
}

/** Brings the old state back after a failure; what was wrong first is what is told. */
async function rolledBack(
  request: ReleaseRequest,
  thrown: unknown,
  previous: readonly PreviousObject[],
  inventory: { readonly objects: readonly ObjectName[]; readonly revision: number },
): Promise<unknown> {
  const error = toSallyportError(thrown);
  if (error.code === 'ABORTED') return error;
  const { client, knowledge, emit, signal, place, clock } = request;
  emit({ type: 'note', level: 'warning', message: `${error.message}; bringing the state before back` });
  let result: RestoreResult;
  try {
    result = await restore({ client, knowledge, clock, emit, signal, previous });
  } catch (second) {
    const other = toSallyportError(second);
    return new SallyportError(
      'PARTIAL_FAILURE',
      'the apply failed, and so did bringing the state before back',
      {
        parts: [error, ...(other.parts.length === 0 ? [other] : other.parts)],
      },
    );
  }
  await writeInventory(
    place,
    {
      objects: unionOf(
        inventory.objects,
        result.left.map(({ name }) => name),
      ),
      revision: inventory.revision,
    },
    { signal, stamp: new Date(clock.now()).toISOString() },
  );
  const left = result.left.map(({ name, why }) => `${describeName(name)} (${why})`).join(', ');
  emit({
    type: 'note',
    level: 'info',
    message: `rolled back: ${formatCount(result.restored, 'object')} restored, ${result.removed} removed${left === '' ? '' : `; left: ${left}`}`,
  });
  return error;
}
