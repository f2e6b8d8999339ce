import type { ScalarNode } from '../../yaml/index.ts';
import type { Search } from '../search.ts';
import { saysImage, wordsOf } from '../words.ts';
import { isPath } from './compose.ts';
import type { Piece, Pieces } from './pieces.ts';

/**
 * With the name that a tag or digest belongs to, where its key says nothing: `proxy: quay.io/team/proxy` beside `proxyTag`,
 * `source: quay.io/team/app` beside `digest`, `image_web` beside `image_web_version`. Where no word says image, the name must be whole, at a host that serves images and hardly anything else, and the only
 * one that it can be.
 */
export function withNameless(
  { keys, registries }: Search,
  stem: string,
  pieces: Pieces,
  siblings: ReadonlyMap<string, ScalarNode>,
): Pieces {
  const version = stem !== '' && saysImage(stem) && pieces.has('version');
  if (!pieces.has('digest') && !pieces.has('tag') && !version) return pieces;
  if (pieces.has('repository') || pieces.has('name') || pieces.has('registry')) return pieces;
  const names: Piece[] = [];
  for (const [key, scalar] of siblings) {
    if (keys.of(key).role !== undefined || (stem !== '' && wordsOf(key).join(' ') !== stem)) continue;
    const value = scalar.value.trim();
    if ((registries.isBelowOrganisation(value) || version) && value.includes('/') && isPath(value))
      names.push({ role: 'repository', scalar, value, saysImage: version, isWhole: true });
  }
  const [name] = names;
  return name === undefined || names.length > 1 ? pieces : new Map([...pieces, ['repository', name]]);
}
