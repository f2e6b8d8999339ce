import type { ScalarNode } from '../yaml/index.ts';
import type { KeyFacts } from './keys.ts';
import type { Place } from './place.ts';
import type { Search } from './search.ts';

/** A scalar that may name something, with all that its place says. */
export interface Spot {
  readonly search: Search;
  readonly place: Place;
  /** Of the key whose value it is; for items of a list, of the list's key. */
  readonly facts: KeyFacts;
  readonly scalar: ScalarNode;
  /** The scalars of the map it stands in, itself included; undefined for an item of a list. */
  readonly siblings: ReadonlyMap<string, ScalarNode> | undefined;
}

/** A kind of place: takes a scalar as what stands there, or says false and leaves it to the next. */
export type PlaceKind = (spot: Spot) => boolean;

/** The text of a scalar beside this one. */
export function sibling(spot: Spot, key: string): string | undefined {
  return spot.siblings?.get(key)?.value;
}
