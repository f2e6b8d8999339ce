import type { ScalarNode } from '../../yaml/index.ts';
import type { Search } from '../search.ts';
import { saysImage, wordsOf } from '../words.ts';
import { isPath } from './compose.ts';
import type { Piece, Pieces } from './pieces.ts';

/** What could be the name that a tag or digest belongs to: a path under a key that says nothing. */
interface Candidate {
  readonly scalar: ScalarNode;
  readonly value: string;
  /** At a host that serves images and hardly anything else. */
  readonly isAtRegistry: boolean;
}

/** The keys of one map, or the variables of one list, whose words say nothing; looked through once, when the first pin asks. */
export class Nameless {
  readonly #search: Search;
  readonly #siblings: ReadonlyMap<string, ScalarNode>;
  #byWords: ReadonlyMap<string, readonly Candidate[]> | undefined;

  constructor(search: Search, siblings: ReadonlyMap<string, ScalarNode>) {
    this.#search = search;
    this.#siblings = siblings;
  }

  /**
   * The pieces with the name that their tag or digest belongs to: `proxy: quay.io/team/proxy` beside `proxyTag`, `source: quay.io/team/app`
   * beside `digest`, `image_web` beside `image_web_version`. Where no word says image, the name must be whole, at a host that serves
   * images and hardly anything else, and the only one that it can be.
   */
  complete(stem: string, pieces: Pieces): Pieces {
    const version = stem !== '' && saysImage(stem) && pieces.has('version');
    if (!pieces.has('digest') && !pieces.has('tag') && !version) return pieces;
    if (pieces.has('repository') || pieces.has('name') || pieces.has('registry')) return pieces;
    const [name, another] = this.#named(stem).filter(({ isAtRegistry }) => isAtRegistry || version);
    if (name === undefined || another !== undefined) return pieces;
    const { scalar, value } = name;
    const piece: Piece = { role: 'repository', scalar, value, saysImage: version, isWhole: true };
    return new Map([...pieces, ['repository', piece]]);
  }

  /** Those of a stem; pins without one may belong to any. */
  #named(stem: string): readonly Candidate[] {
    this.#byWords ??= candidatesIn(this.#search, this.#siblings);
    return stem === '' ? [...this.#byWords.values()].flat() : (this.#byWords.get(stem) ?? []);
  }
}

function candidatesIn(
  { keys, registries }: Search,
  siblings: ReadonlyMap<string, ScalarNode>,
): ReadonlyMap<string, readonly Candidate[]> {
  const byWords = new Map<string, Candidate[]>();
  for (const [key, scalar] of siblings) {
    const value = scalar.value.trim();
    if (!value.includes('/') || keys.of(key).role !== undefined || !isPath(value)) continue;
    const words = wordsOf(key).join(' ');
    const same = byWords.get(words) ?? [];
    byWords.set(words, same);
    same.push({ scalar, value, isAtRegistry: registries.isBelowOrganisation(value) });
  }
  return byWords;
}
