import { at, listAt, SallyportError, textAt } from '../../base/index.ts';
import { identityOf } from '../names.ts';
import type { CallOptions, ObjectName } from '../types.ts';
import { readState, type StatePlace, writeState } from './store.ts';

/** What a release has applied, so that a later run knows what is no longer wanted. */
export interface Inventory {
  readonly objects: readonly ObjectName[];
  /** Number of the last apply. */
  readonly revision: number;
}

const NONE: Inventory = { objects: [], revision: 0 };
const KEY = 'current';

/** Throws `STATE_INVALID` for what is there and cannot be read. */
export async function readInventory(place: StatePlace, options: CallOptions): Promise<Inventory> {
  const value = await readState(place, 'inventory', KEY, options);
  if (value === undefined) return NONE;
  const revision = at(value, 'revision');
  const objects = listAt(value, 'objects').map((entry): ObjectName => {
    const [apiVersion, kind, name] = [
      textAt(entry, 'apiVersion'),
      textAt(entry, 'kind'),
      textAt(entry, 'name'),
    ];
    const namespace = textAt(entry, 'namespace');
    if (apiVersion === undefined || kind === undefined || name === undefined)
      throw new SallyportError('STATE_INVALID', 'an entry of the inventory names no object', {
        subject: `ConfigMap ${place.namespace}/sallyport-${place.release}`,
      });
    return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  });
  return { objects, revision: typeof revision === 'number' ? revision : 0 };
}

export function writeInventory(
  place: StatePlace,
  inventory: Inventory,
  options: CallOptions & { readonly stamp: string },
): Promise<void> {
  return writeState(place, 'inventory', KEY, inventory, options);
}

/** Both without repetition; the later wins where the same object is named in another version. */
export function unionOf(before: readonly ObjectName[], after: readonly ObjectName[]): readonly ObjectName[] {
  return [...new Map([...before, ...after].map((name) => [identityOf(name), name])).values()];
}

/** What was applied once and is not any more. */
export function goneFrom(before: readonly ObjectName[], after: readonly ObjectName[]): readonly ObjectName[] {
  const still = new Set(after.map(identityOf));
  return before.filter((name) => !still.has(identityOf(name)));
}
