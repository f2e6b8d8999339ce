import type { ScalarNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Role } from '../roles.ts';
import { isNull } from '../shape.ts';

/** A scalar that may be a piece of a reference. */
export interface Piece {
  readonly role: Role;
  readonly scalar: ScalarNode;
  readonly value: string;
  /** The key itself says image. */
  readonly saysImage: boolean;
  /** It ends so, and may hold a whole reference. */
  readonly isWhole: boolean;
}

export type Pieces = ReadonlyMap<Role, Piece>;

/** The pieces of each stem among the scalars of one map, in the order of the keys. */
export function piecesByStem(
  keys: KeyBook,
  siblings: ReadonlyMap<string, ScalarNode>,
): ReadonlyMap<string, Pieces> {
  const stems = new Map<string, Map<Role, Piece>>();
  for (const [key, scalar] of siblings) {
    const known = keys.of(key).role;
    if (known === undefined || isNull(scalar)) continue;
    const text = scalar.value.trim();
    // `/app`, `/team/app` are to be put behind a registry further out
    const value = known.role === 'repository' && /^\/[^/]/.test(text) ? text.slice(1) : text;
    if (value === '' || /\s/.test(value)) continue;
    const pieces = stems.get(known.stem) ?? new Map<Role, Piece>();
    stems.set(known.stem, pieces);
    const { role, saysImage, isWhole } = known;
    if (!pieces.has(role)) pieces.set(role, { role, scalar, value, saysImage, isWhole });
  }
  return stems;
}

/** The bytes of a piece, without white space around it. */
export function partRange({ scalar, value }: Pick<Piece, 'scalar' | 'value'>): readonly [number, number] {
  const at = scalar.value.indexOf(value);
  return scalar.rangeOf(at, at + value.length);
}
