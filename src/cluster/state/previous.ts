import { at, isFields, listAt, numberAt, textAt } from '../../base/index.ts';
import type { CallOptions, KubeObject, ObjectName } from '../types.ts';
import { deleteState, listStates, readState, type StatePlace, writeState } from './store.ts';

/** How the objects of one apply were before it. */
export interface PreviousState {
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  readonly objects: readonly PreviousObject[];
  /** Names of the inventory before. */
  readonly inventory: readonly ObjectName[];
}

export interface PreviousObject {
  readonly name: ObjectName;
  /** Absent when the object did not exist. */
  readonly object?: KubeObject;
}

/** States that are kept. One of full Che and DWO is about 300 kB; Helm keeps ten of less. */
const KEPT = 3;

export async function writePrevious(
  place: StatePlace,
  state: PreviousState,
  options: CallOptions,
): Promise<void> {
  const objects = state.objects.map(({ name, object }) => ({
    name,
    ...(object === undefined ? {} : { object: withoutNoise(object) }),
  }));
  await writeState(
    place,
    'previous',
    String(state.revision),
    { ...state, objects },
    {
      signal: options.signal,
      stamp: state.at,
    },
  );
  const revisions = await listPrevious(place, options);
  for (const old of revisions.slice(KEPT)) await deletePrevious(place, old, options);
}

/** Revisions whose state before is known, the newest first. */
export async function listPrevious(place: StatePlace, options: CallOptions): Promise<readonly number[]> {
  const states = await listStates(place, 'previous', options);
  return states
    .map(({ key }) => Number(key))
    .filter((revision) => Number.isInteger(revision))
    .sort((a, b) => b - a);
}

export async function readPrevious(
  place: StatePlace,
  revision: number,
  options: CallOptions,
): Promise<PreviousState | undefined> {
  const value = await readState(place, 'previous', String(revision), options);
  if (!isFields(value)) return undefined;
  return {
    revision: numberAt(value, 'revision') ?? revision,
    at: textAt(value, 'at') ?? '',
    objects: listAt(value, 'objects').filter(isFields) as unknown as readonly PreviousObject[],
    inventory: listAt(value, 'inventory').filter(isFields) as unknown as readonly ObjectName[],
  };
}

export function deletePrevious(place: StatePlace, revision: number, options: CallOptions): Promise<void> {
  return deleteState(place, 'previous', String(revision), options);
}

/** Who set which field is half of a CRD's size and cannot be given back anyway; the status is its controller's. */
function withoutNoise(object: KubeObject): KubeObject {
  const { managedFields: _managed, ...metadata } = object.metadata;
  const storedVersions = at(object, 'status', 'storedVersions');
  const { status: _status, ...rest } = object;
  return {
    ...rest,
    metadata,
    ...(storedVersions === undefined ? {} : { status: { storedVersions } }),
  } as KubeObject;
}
