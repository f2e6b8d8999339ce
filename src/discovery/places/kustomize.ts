import type { ScalarNode } from '../../yaml/index.ts';
import type { Place } from '../place.ts';
import { RULES } from '../rules.ts';
import type { Search } from '../search.ts';
import { isNull } from '../shape.ts';
import type { ReferencePart } from '../types.ts';
import { type Piece, partRange } from './pieces.ts';

/** kustomize `images[]`: `newName` (or `name`) with `newTag` and `digest`. A name alone is only what to search for: false. */
export function kustomizeImage(
  search: Search,
  place: Place,
  siblings: ReadonlyMap<string, ScalarNode>,
): boolean {
  const pieceOf = (key: string): Pick<Piece, 'scalar' | 'value'> | undefined => {
    const scalar = siblings.get(key);
    const value = scalar?.value.trim() ?? '';
    return scalar === undefined || isNull(scalar) || value === '' ? undefined : { scalar, value };
  };
  const [newName, tag, digest] = [pieceOf('newName'), pieceOf('newTag'), pieceOf('digest')];
  if (newName === undefined && tag === undefined && digest === undefined) return false;
  const repository = newName ?? pieceOf('name');
  // with a `repository` it is an entry of a chart's table
  if (repository === undefined || siblings.has('repository')) return false;
  const named = [
    ['repository', repository],
    ['tag', tag],
    ['digest', digest],
  ] as const;
  const parts = named
    .flatMap(([part, piece]): ReferencePart[] =>
      piece === undefined ? [] : [{ part, value: piece.value, range: partRange(piece) }],
    )
    .sort((a, b) => a.range[0] - b.range[0]);
  const reference = `${repository.value}${tag === undefined ? '' : `:${tag.value}`}${digest === undefined ? '' : `@${digest.value}`}`;
  search.collector.use(RULES.kustomizeImage, place, {
    reference,
    range: partRange(repository),
    ...(parts.length > 1 ? { parts } : {}),
  });
  return true;
}
