import { isRepositoryPath } from '../../oci/index.ts';
import type { ScalarNode } from '../../yaml/index.ts';
import type { Registries } from '../registries.ts';
import type { Role } from '../roles.ts';
import { isNull } from '../shape.ts';
import { wordsOf } from '../words.ts';
import { isPath, isPinnedTag } from './compose.ts';
import type { Piece, Pieces } from './pieces.ts';
import { isRegistry } from './shared.ts';

/**
 * Keys and variables that are said once for all images beside them, by their words. Sources: Konveyor's REGISTRY and PROJECT, CDI's
 * DOCKER_REPO and DOCKER_TAG, Volcano's image_registry and image_tag_version.
 */
const COMMON: readonly {
  readonly words: RegExp;
  readonly role: Role;
  readonly isRight: (value: string) => boolean;
}[] = [
  {
    words: /^(?:docker|container|image) (?:registry|repo|hub|prefix)$/,
    role: 'registry',
    isRight: (value) => isRegistry(value) || isSegment(value),
  },
  // `REPO=app` is a repository of sources as well
  { words: /^(?:registry|repo|hub)$/, role: 'registry', isRight: isRegistry },
  {
    words: /^(?:(?:registry|image) )?(?:project|org|organi[sz]ation)$/,
    role: 'path',
    isRight: isRepositoryPath,
  },
  { words: /^(?:(?:docker|container|image) )?tag(?: version)?$/, role: 'tag', isRight: isPinnedTag },
];

/** What is said once for all images; undefined where nothing names their registry. */
export function commonAmong(siblings: ReadonlyMap<string, ScalarNode>): Pieces | undefined {
  const found = new Map<Role, Piece>();
  for (const [key, scalar] of siblings) {
    const value = scalar.value.trim();
    if (value === '' || isNull(scalar)) continue;
    const words = wordsOf(key).join(' ');
    const kind = COMMON.find((row) => row.words.test(words));
    if (kind?.isRight(value) === true && !found.has(kind.role))
      found.set(kind.role, { role: kind.role, scalar, value, saysImage: true, isWhole: false });
  }
  return found.has('registry') ? found : undefined;
}

/**
 * The pieces with what is said for all, when they name an image that is not whole and a tag for it is there. A registry that is no
 * host is an organisation of Docker Hub, and only that of names without one.
 */
export function withCommon(own: Pieces, common: Pieces, registries: Registries): Pieces | undefined {
  const name = own.get('repository') ?? own.get('name');
  const registry = common.get('registry');
  if (name === undefined || registry === undefined || own.has('registry') || name.scalar === registry.scalar)
    return undefined;
  const isSingle = isSegment(name.value);
  if (!isPath(name.value) || registries.isWhole(name.value, registry.value)) return undefined;
  if (!isSingle && !isRegistry(registry.value)) return undefined;
  const tag = own.get('tag') ?? common.get('tag');
  const isImages = name.saysImage || own.has('tag') || own.has('digest');
  if (!isImages || (tag === undefined && !own.has('digest'))) return undefined;
  const pieces = new Map<Role, Piece>([...own].filter(([role]) => role !== 'version'));
  pieces.set('registry', registry);
  const path = common.get('path');
  // beside a registry with an organisation of its own a project is another thing's
  if (isSingle && path !== undefined && !registry.value.includes('/')) pieces.set('path', path);
  if (tag !== undefined && !own.has('digest')) pieces.set('tag', tag);
  return pieces;
}

function isSegment(text: string): boolean {
  return !text.includes('/') && (isRepositoryPath(text) || /^[\w][\w.-]*$/.test(text));
}
