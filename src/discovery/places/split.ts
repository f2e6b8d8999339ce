import { looksLikeHost } from '../../oci/index.ts';
import type { MapNode, ScalarNode, SeqNode, YamlNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Place } from '../place.ts';
import type { Role } from '../roles.ts';
import { RULES, type Rule } from '../rules.ts';
import type { Search } from '../search.ts';
import { isNull, isRegistryHost } from '../shape.ts';
import { type Around, type Composed, compose, isPath } from './compose.ts';
import { type Piece, type Pieces, piecesByStem } from './pieces.ts';
import { holdsContainers } from './workloads.ts';

/** Puts references together that are spread over the keys of one map, a reference per stem. */
export function splitReferences(
  search: Search,
  place: Place,
  map: MapNode,
  siblings: ReadonlyMap<string, ScalarNode>,
): void {
  const { keys } = search;
  const aboutImage = keys.of(place.key).about || keys.of(place.keyAbove).about || place.images;
  // one piece is one only with what stands further out, or without its tag below a key that says image
  if (!aboutImage && place.shared?.tag === undefined && !haveTwoPieces(keys, map)) return;
  const stems = piecesByStem(keys, siblings);
  for (const [stem, plain] of stems) {
    // Many things have names and versions; a stem of its own must be an image's.
    if (stem !== '' && !aboutImage && !saysImage(plain) && !isAtRegistry(plain)) continue;
    const isImage = keys.of(place.key).image;
    const own = stem === '' ? plain : withPlain(plain, stems.get(''), aboutImage);
    const asksForRegistry = isOpen(keys, map, stem, isImage, 'registry');
    const pieces = withShared(own, place, aboutImage, asksForRegistry);
    const rule = pieces === own ? RULES.split : RULES.sharedSplit;
    tell(search, place, rule, pieces, {
      aboutImage,
      isImage,
      hasOpenTag: isOpen(keys, map, stem, isImage, 'tag'),
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
      tell(search, place, RULES.splitVariables, pieces, {
        aboutImage: false,
        isImage: false,
        hasOpenTag: false,
      });
  }
}

interface Told extends Around {
  /** The map has a key for a tag, and nothing there. */
  readonly hasOpenTag: boolean;
}

/** Reports what the pieces make up: a reference, or that its tag is chosen elsewhere. */
function tell({ collector }: Search, place: Place, rule: Rule, pieces: Pieces, around: Told): void {
  const found = compose(pieces, around);
  if (found === undefined) return;
  if (found.isPinned) collector.use(rule, place, found);
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

/** `tag: ""` or `registry: ""` beside the name; for a tag also a version, where it can be nothing else. */
function isOpen(
  keys: KeyBook,
  map: MapNode,
  stem: string,
  isImage: boolean,
  role: 'tag' | 'registry',
): boolean {
  for (const { key, value } of map.entries) {
    const known = keys.of(key).role;
    if (known?.stem !== stem || !isEmpty(value)) continue;
    const isTag = role === 'tag' && known.role === 'version' && (known.saysImage || isImage);
    if (known.role === role || isTag) return true;
  }
  return false;
}

function isEmpty(node: YamlNode | undefined): boolean {
  return node === undefined || (node.type === 'scalar' && (node.value === '' || isNull(node)));
}

/** Nearly all maps have not, and cost no more than this. */
function haveTwoPieces(keys: KeyBook, map: MapNode): boolean {
  let count = 0;
  for (const { key } of map.entries) if (keys.of(key).role !== undefined && ++count === 2) return true;
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

/** What a stem lacks and the plain keys beside it have: `nftRepository` shares their tag, `defaultGpuImageVersion` their name. */
function withPlain(pieces: Pieces, plain: Pieces | undefined, aboutImage: boolean): Pieces {
  const [name, version] = [plain?.get('name'), pieces.get('version')];
  const isVariant = pieces.size === 1 && version?.saysImage === true && plain?.has('version') === true;
  if (name !== undefined && isVariant) return new Map([...pieces, ['name', name]]);
  return aboutImage ? withTag(pieces, plain) : pieces;
}

/** `nftRepository` beside `repository` and `tag`: two images of one release. */
function withTag(pieces: Pieces, plain: Pieces | undefined): Pieces {
  const tag = plain?.get('tag');
  if (tag === undefined || pieces.size !== 1 || !pieces.has('repository') || !plain?.has('repository'))
    return pieces;
  return new Map([...pieces, ['tag', tag]]);
}

/** With what stands further out: the registry, and where there is no tag the release's. */
function withShared(pieces: Pieces, place: Place, aboutImage: boolean, asksForRegistry: boolean): Pieces {
  const { shared } = place;
  const name = pieces.get('repository') ?? pieces.get('name');
  if (shared === undefined || name === undefined || pieces.has('registry')) return pieces;
  if (looksLikeHost(name.value.split('/')[0] ?? '') || !isPath(name.value)) return pieces;
  const registry = new Map<Role, Piece>([...pieces, ['registry', pieceOf('registry', shared.registry)]]);
  // what has a tag of its own beside a release's is another project's image, but for an empty key that asks for the registry
  if (pieces.has('tag')) return shared.scope === 'below' || asksForRegistry ? registry : pieces;
  // a pod's containers are whole, whatever stands around them
  const isOfRelease =
    shared.tag !== undefined && (aboutImage || name.saysImage) && !holdsContainers(place.key);
  if (!isOfRelease || pieces.has('digest') || (shared.scope === 'asked' && !asksForRegistry)) return pieces;
  return pieces.has('version') ? registry : registry.set('tag', pieceOf('tag', shared.tag));
}

function pieceOf(role: Role, scalar: ScalarNode): Piece {
  return { role, scalar, value: scalar.value.trim(), saysImage: false, isWhole: false };
}
