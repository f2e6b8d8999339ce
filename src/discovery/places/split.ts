import { looksLikeHost } from '../../oci/index.ts';
import type { MapNode, ScalarNode, YamlNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Place } from '../place.ts';
import type { Role } from '../roles.ts';
import { RULES, type Rule } from '../rules.ts';
import type { Search } from '../search.ts';
import { isNull } from '../shape.ts';
import { templateIn } from '../templates.ts';
import type { Unresolved } from '../types.ts';
import { isWithoutHost, withDefaults, withShared } from './around.ts';
import { withCommon } from './common.ts';
import { type Around, type Composed, compose, isPackage } from './compose.ts';
import { withNameless } from './nameless.ts';
import { type Piece, type Pieces, partRange, piecesByStem } from './pieces.ts';
import { isRelease } from './shared.ts';

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
  const isShared = place.shared?.tag !== undefined || place.release !== undefined;
  if (!aboutImage && !isShared && !mayBeSplit(keys, map)) return;
  const stems = piecesByStem(keys, siblings);
  for (const [stem, found] of stems) {
    if (isDefaults(stem, found)) continue;
    const plain = withNameless(search, stem, found, siblings);
    // Many things have names and versions; a stem of its own must be an image's.
    if (stem !== '' && !aboutImage && !saysImage(plain) && !isAtRegistry(search, plain)) continue;
    const isImage = keys.of(place.key).image;
    const own = stem === '' ? plain : withPlain(search, plain, stems.get(''), aboutImage);
    const asksForRegistry = isOpen(keys, map, stem, isImage, 'registry');
    const hasOpenTag = isOpen(keys, map, stem, isImage, 'tag');
    const pieces =
      place.shared?.scope === 'defaults'
        ? withDefaults(own, place.shared, asksForRegistry, hasOpenTag, search.registries)
        : withShared(own, place, { aboutImage, isImage, asksForRegistry }, search.registries);
    const why = templatedHead(keys, siblings, stem, own);
    const main = own.get('repository') ?? own.get('name');
    if (why !== undefined && main !== undefined) {
      search.collector.unknownAt(why, place, partRange(main), main.value);
      search.collector.take([main.scalar]);
      continue;
    }
    if (place.shared?.scope === 'choice' && main !== undefined && isWithoutHost(own, main)) {
      search.collector.unknownAt('missing-registry', place, partRange(main), main.value);
      search.collector.take([main.scalar]);
      continue;
    }
    const rule = pieces === own ? RULES.split : RULES.sharedSplit;
    tell(search, place, rule, pieces, {
      aboutImage,
      isImage,
      isOther: isPackage(place.key) || isRelease(place.key) || siblings.has('chart'),
      hasOpenTag,
    });
  }
}

export interface Told extends Around {
  /** The map has a key for a tag, and nothing there. */
  readonly hasOpenTag: boolean;
}

/** Reports what the pieces make up: a reference, or that its tag is chosen elsewhere. */
export function tell(
  { collector, registries }: Search,
  place: Place,
  rule: Rule,
  pieces: Pieces,
  around: Told,
): void {
  const found = compose(pieces, around, registries);
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
  const isPiece = pieces.get('repository')?.isWhole === false;
  const isHosted = reference.includes('/') && looksLikeHost(reference.split('/')[0] ?? '');
  return isHosted ? parts.length > 1 || isPiece : isPiece && around.aboutImage && reference.includes('/');
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
    // Helm's `tag: {{ tag }}` without quotes is a map to YAML
    const isTemplated = known?.role === 'tag' && value?.type === 'map';
    if (known?.stem !== stem || !(isTemplated || isEmpty(value))) continue;
    const isTag = role === 'tag' && known.role === 'version' && (known.saysImage || isImage);
    if (known.role === role || isTag) return true;
  }
  return false;
}

/** Nothing, or what only somebody else can complete. */
function isEmpty(node: YamlNode | undefined): boolean {
  if (node?.type !== 'scalar') return node === undefined;
  return node.value === '' || isNull(node) || templateIn(node.value) !== undefined;
}

/** Two pieces, or a tag or digest, which belongs to some name. Nearly all maps have not, and cost no more than this. */
function mayBeSplit(keys: KeyBook, map: MapNode): boolean {
  let count = 0;
  for (const { key } of map.entries) {
    const known = keys.of(key).role;
    if (known === undefined) continue;
    const isPin =
      known.role === 'digest' || known.role === 'tag' || (known.role === 'version' && known.saysImage);
    if (isPin || ++count === 2) return true;
  }
  return false;
}

export function saysImage(pieces: Pieces): boolean {
  return [...pieces.values()].some((piece) => piece.saysImage);
}

/** `registry: ${REGISTRY}` beside a name: what stands before it in the reference is known elsewhere. */
function templatedHead(
  keys: KeyBook,
  siblings: ReadonlyMap<string, ScalarNode>,
  stem: string,
  own: Pieces,
): Unresolved['why'] | undefined {
  for (const [key, { value }] of siblings) {
    const known = keys.of(key).role;
    if (known?.stem !== stem) continue;
    const isHead = known.role === 'registry' || (known.role === 'repository' && !known.isWhole);
    if (isHead && own.get(known.role === 'registry' ? 'repository' : 'name') !== undefined) {
      const why = templateIn(value);
      if (why !== undefined) return why;
    }
  }
  return undefined;
}

function wholeName(pieces: Pieces): string {
  return [pieces.get('registry'), pieces.get('repository')].flatMap((piece) => piece?.value ?? []).join('/');
}

/** `scanner.repository: ghcr.io/team/scanner` beside `scanner.tag`: the host serves images and hardly anything else. */
function isAtRegistry({ registries }: Search, pieces: Pieces): boolean {
  const isPinned = pieces.has('tag') || pieces.has('digest') || pieces.has('version');
  return (isPinned || pieces.has('registry')) && registries.isBelowOrganisation(wholeName(pieces));
}

/** What a stem lacks and the plain keys beside it have: `nftRepository` shares their tag, `defaultGpuImageVersion` their name. */
function withPlain(
  { registries }: Search,
  pieces: Pieces,
  plain: Pieces | undefined,
  aboutImage: boolean,
): Pieces {
  const [name, version] = [plain?.get('name'), pieces.get('version')];
  const isVariant = pieces.size === 1 && version?.saysImage === true && plain?.has('version') === true;
  if (name !== undefined && isVariant) return new Map([...pieces, ['name', name]]);
  const common = name === undefined ? commonOf(plain) : undefined;
  if (common !== undefined) return withCommon(pieces, common, registries) ?? pieces;
  return aboutImage ? withTag(pieces, plain) : pieces;
}

/** `imageRegistry` and `imageTag`, said once for `appImage` and `uiImage`. */
function commonOf(plain: Pieces | undefined): Pieces | undefined {
  const [registry, tag] = [plain?.get('registry'), plain?.get('tag')];
  if (registry?.saysImage !== true || tag?.saysImage !== true || plain?.has('repository')) return undefined;
  return new Map<Role, Piece>([
    ['registry', registry],
    ['tag', tag],
  ]);
}

/** `nftRepository` beside `repository` and `tag`: two images of one release. */
function withTag(pieces: Pieces, plain: Pieces | undefined): Pieces {
  const tag = plain?.get('tag');
  if (tag === undefined || pieces.size !== 1 || !pieces.has('repository') || !plain?.has('repository'))
    return pieces;
  return new Map([...pieces, ['tag', tag]]);
}

/** `defaultImageRegistry` and an organisation beside it are what others take, and no image. */
function isDefaults(stem: string, pieces: Pieces): boolean {
  const repository = pieces.get('repository')?.value;
  return stem === 'default' && pieces.has('registry') && repository?.includes('/') === false;
}
