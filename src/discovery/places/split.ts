import { looksLikeHost } from '../../oci/index.ts';
import type { ScalarNode, SeqNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Place } from '../place.ts';
import type { Role } from '../roles.ts';
import { RULES } from '../rules.ts';
import type { Search } from '../search.ts';
import { isRegistryHost } from '../shape.ts';
import { type Around, type Composed, compose, isPath } from './compose.ts';
import { type Piece, type Pieces, piecesByStem } from './pieces.ts';
import { holdsContainers } from './workloads.ts';

/** Puts references together that are spread over the keys of one map, a reference per stem. */
export function splitReferences(
  search: Search,
  place: Place,
  siblings: ReadonlyMap<string, ScalarNode>,
): void {
  const { keys } = search;
  const aboutImage = keys.of(place.key).about || keys.of(place.keyAbove).about || place.images;
  // one piece is one only with what stands further out, or without its tag below a key that says image
  if (!aboutImage && place.shared?.tag === undefined && !haveTwoPieces(keys, siblings)) return;
  const stems = piecesByStem(keys, siblings);
  for (const [stem, own] of stems) {
    // Many things have names and versions; a stem of its own must be an image's.
    if (stem !== '' && !aboutImage && !saysImage(own) && !isAtRegistry(own)) continue;
    const pieces = withShared(
      stem !== '' && aboutImage ? withTag(own, stems.get('')) : own,
      place,
      aboutImage,
    );
    tell(search, place, pieces, {
      aboutImage,
      isImage: keys.of(place.key).image,
      hasOpenTag: hasOpenTag(keys, siblings, stem, keys.of(place.key).image),
    });
  }
}

/** The same for the variables of a list: `X_IMAGE_REPOSITORY` beside `X_VERSION`, `X_REPO` beside `X_IMAGE`. */
export function splitVariables(search: Search, place: Place, list: SeqNode): void {
  const variables = new Map<string, ScalarNode>();
  for (const item of list.items) {
    if (item?.type !== 'map') continue;
    const [name, value] = ['name', 'value'].map(
      (key) => item.entries.find((entry) => entry.key === key)?.value,
    );
    if (name?.type === 'scalar' && value?.type === 'scalar') variables.set(name.value, value);
  }
  for (const own of piecesByStem(search.keys, variables).values()) {
    const name = own.get('name');
    // `X_IMAGE` with a whole reference needs nothing of the others
    if (!saysImage(own) || (name !== undefined && !isPath(name.value))) continue;
    const version = own.get('version');
    // the version of a program beside its image is no tag
    const isTag = version === undefined || version.saysImage || own.has('repository');
    const pieces = isTag ? own : new Map([...own].filter(([role]) => role !== 'version'));
    if (pieces.size > 1 || isBelowOrganisation(pieces.get('repository')))
      tell(search, place, pieces, { aboutImage: false, isImage: false, hasOpenTag: false });
  }
}

interface Told extends Around {
  /** The map has a key for a tag, and nothing there. */
  readonly hasOpenTag: boolean;
}

/** Reports what the pieces make up: a reference, or that its tag is chosen elsewhere. */
function tell({ collector }: Search, place: Place, pieces: Pieces, around: Told): void {
  const found = compose(pieces, around);
  if (found === undefined) return;
  if (found.isPinned) collector.use(RULES.split, place, found);
  else if (isUntagged(found, pieces, around))
    collector.unknownAt('missing-tag', place, found.range, found.reference);
  else return;
  collector.take(found.scalars);
}

/** A name alone is a whole reference, and means the latest; pieces of one do not, and neither does one beside an empty tag. */
function isUntagged({ reference, parts }: Composed, pieces: Pieces, around: Told): boolean {
  if (around.hasOpenTag) return true;
  const isHosted = reference.includes('/') && looksLikeHost(reference.split('/')[0] ?? '');
  return isHosted && (parts.length > 1 || pieces.get('repository')?.isWhole === false);
}

/** `tag: ""` beside the name; a version only where it can be nothing else. */
function hasOpenTag(
  keys: KeyBook,
  siblings: ReadonlyMap<string, ScalarNode>,
  stem: string,
  isImage: boolean,
): boolean {
  for (const [key, { value, style }] of siblings) {
    const known = keys.of(key).role;
    if (known?.stem !== stem || !(value === '' || (style === 'plain' && /^(?:~|null)$/i.test(value))))
      continue;
    if (known.role === 'tag' || (known.role === 'version' && (known.saysImage || isImage))) return true;
  }
  return false;
}

/** Nearly all maps have not, and cost no more than this. */
function haveTwoPieces(keys: KeyBook, siblings: ReadonlyMap<string, ScalarNode>): boolean {
  let count = 0;
  for (const key of siblings.keys()) if (keys.of(key).role !== undefined && ++count === 2) return true;
  return false;
}

function saysImage(pieces: Pieces): boolean {
  return [...pieces.values()].some((piece) => piece.saysImage);
}

/** `scanner.repository: ghcr.io/team/scanner` beside `scanner.tag`: the host serves images and hardly anything else. */
function isAtRegistry(pieces: Pieces): boolean {
  return pieces.has('tag') && isBelowOrganisation(pieces.get('repository'));
}

function isBelowOrganisation(repository: Piece | undefined): boolean {
  const segments = repository?.value.split('/') ?? [];
  return segments.length > 2 && isRegistryHost(segments[0] ?? '');
}

/** `nftRepository` beside `repository` and `tag`: two images of one release. */
function withTag(pieces: Pieces, plain: Pieces | undefined): Pieces {
  const tag = plain?.get('tag');
  if (tag === undefined || pieces.size !== 1 || !pieces.has('repository') || !plain?.has('repository'))
    return pieces;
  return new Map([...pieces, ['tag', tag]]);
}

/** With what stands further out: the registry, and where there is no tag the release's. */
function withShared(pieces: Pieces, place: Place, aboutImage: boolean): Pieces {
  const { shared } = place;
  const name = pieces.get('repository') ?? pieces.get('name');
  if (shared === undefined || name === undefined || pieces.has('registry')) return pieces;
  if (looksLikeHost(name.value.split('/')[0] ?? '') || !isPath(name.value)) return pieces;
  const registry = new Map<Role, Piece>([...pieces, ['registry', pieceOf('registry', shared.registry)]]);
  // what has a tag of its own beside a release's is another project's image
  if (pieces.has('tag')) return shared.isRelease ? pieces : registry;
  // a pod's containers are whole, whatever stands around them
  const isOfRelease =
    shared.tag !== undefined && (aboutImage || name.saysImage) && !holdsContainers(place.key);
  if (!isOfRelease || pieces.has('digest')) return pieces;
  return pieces.has('version') ? registry : registry.set('tag', pieceOf('tag', shared.tag));
}

function pieceOf(role: Role, scalar: ScalarNode): Piece {
  return { role, scalar, value: scalar.value.trim(), saysImage: false, isWhole: false };
}
