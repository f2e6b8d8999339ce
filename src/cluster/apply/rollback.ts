import { SallyportError } from '../../base/index.ts';
import { readInventory, unionOf, writeInventory } from '../state/inventory.ts';
import { deletePrevious, listPrevious, readPrevious } from '../state/previous.ts';
import type { StatePlace } from '../state/store.ts';
import { type RestoreRequest, type RestoreResult, restore } from './restore.ts';

export interface RollbackRequest extends Omit<RestoreRequest, 'previous'> {
  readonly place: StatePlace;
  /** Undoes this apply and all after it; default: the last one. */
  readonly revision?: number | undefined;
}

export interface RollbackResult extends RestoreResult {
  readonly revision: number;
  /** When the apply that is undone was made, ISO 8601. */
  readonly at: string;
}

/**
 * Brings back how the objects of a release were before an apply. Several are undone one after the other, the newest first.
 * Throws `NO_PREVIOUS_STATE` when nothing is kept, and what `restore` throws.
 */
export async function rollbackRelease(request: RollbackRequest): Promise<RollbackResult> {
  const { place, signal } = request;
  const kept = await listPrevious(place, { signal });
  const [newest] = kept;
  const subject = `release ${place.release}`;
  if (newest === undefined)
    throw new SallyportError('NO_PREVIOUS_STATE', `no state before an apply is kept in ${place.namespace}`, {
      subject,
    });
  const target = request.revision ?? newest;
  if (!kept.includes(target))
    throw new SallyportError(
      'NO_PREVIOUS_STATE',
      `revision ${target} is not kept; there are: ${kept.join(', ')}`,
      {
        subject,
      },
    );
  let result: RollbackResult | undefined;
  for (const revision of kept.filter((one) => one >= target)) {
    const state = await readPrevious(place, revision, { signal });
    if (state === undefined)
      throw new SallyportError('NO_PREVIOUS_STATE', `revision ${revision} is not whole; it cannot be used`, {
        subject,
      });
    const restored = await restore({ ...request, previous: state.objects });
    const { revision: last } = await readInventory(place, { signal });
    await writeInventory(
      place,
      {
        objects: unionOf(
          state.inventory,
          restored.left.map(({ name }) => name),
        ),
        revision: Math.max(last, revision),
      },
      { signal, stamp: new Date(request.clock.now()).toISOString() },
    );
    await deletePrevious(place, revision, { signal });
    result = {
      revision,
      at: state.at,
      restored: restored.restored + (result?.restored ?? 0),
      removed: restored.removed + (result?.removed ?? 0),
      unchanged: restored.unchanged,
      left: [...(result?.left ?? []), ...restored.left],
    };
  }
  if (result === undefined) throw new SallyportError('INTERNAL', 'no revision was undone');
  return result;
}
