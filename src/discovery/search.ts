import type { YamlNode } from '../yaml/index.ts';
import type { Collector } from './collector.ts';
import type { KeyBook } from './keys.ts';
import type { Place } from './place.ts';
import type { Registries } from './registries.ts';

/** What a walk carries along. */
export interface Search {
  readonly collector: Collector;
  readonly keys: KeyBook;
  readonly registries: Registries;
  /** Goes on below a node: for text inside of scalars. */
  readonly walk: (search: Search, place: Place, node: YamlNode) => void;
}
