import type { YamlNode } from '../yaml/index.ts';
import type { Collector } from './collector.ts';
import type { KeyBook } from './keys.ts';
import type { Place } from './place.ts';

/** What a walk carries along. */
export interface Search {
  readonly collector: Collector;
  readonly keys: KeyBook;
  /** Goes on below a node: for text inside of scalars. */
  readonly walk: (search: Search, place: Place, node: YamlNode) => void;
}
