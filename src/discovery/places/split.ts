import { looksLikeHost } from '../../oci/index.ts';
import type { MapNode, ScalarNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Place } from '../place.ts';
import type { Role } from '../roles.ts';
import { RULES, type Rule } from '../rules.ts';
import type { Search } from '../search.ts';
import { behindHead, isWithoutHost, withDefaults, withShared } from './around.ts';
import { withCommon } from './common.ts';
import { type Around, type Composed, compose, isPackage } from './compose.ts';
import { Nameless } from './nameless.ts';
import { openRoles, templatedHeads } from './open.ts';
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
  const nameless = new Nameless(search, siblings);
  const isImage = keys.of(place.key).image;
  const open = openRoles(keys, map, isImage);
  const heads = templatedHeads(keys, siblings);
  for (const [stem, found] of stems) {
    if (isDefaults(stem, found)) continue;
    const plain = nameless.complete(stem, found);
    // Many things have names and versions; a stem of its own must be an image's.
    if (stem !== '' && !aboutImage && !saysImage(plain) && !isAtRegistry(search, plain)) continue;
    const own = stem === '' ? plain : withPlain(search, plain, stems.get(''), aboutImage);
    const asksForRegistry = open.get(stem)?.has('registry') === true;
    const hasOpenTag = open.get(stem)?.has('tag') === true;
    const pieces =
      place.shared?.scope === 'defaults'
        ? withDefaults(own, place.shared, asksForRegistry, hasOpenTag, search.registries)
        : withShared(own, place, { aboutImage, isImage, asksForRegistry }, search.registries);
    const [behind] = (heads.get(stem) ?? []).flatMap((head) => behindHead(own, head) ?? []);
    if (behind !== undefined) {
      search.collector.unknownAt(behind.why, place, partRange(behind.name), behind.name.value);
      search.collector.take([behind.name.scalar]);
      continue;
    }
    const main = own.get('repository') ?? own.get('name');
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
