import { isDigest, isHost, isRepositoryPath, isTag, looksLikeHost } from '../../oci/index.ts';
import type { ScalarNode } from '../../yaml/index.ts';
import type { Registries } from '../registries.ts';
import type { Role } from '../roles.ts';
import type { ReferencePart } from '../types.ts';
import { type Piece, type Pieces, partRange } from './pieces.ts';
import { isRegistry } from './shared.ts';

/** A reference put together, and what from. */
export interface Composed {
  readonly reference: string;
  readonly range: readonly [number, number];
  readonly parts: readonly ReferencePart[];
  readonly scalars: readonly ScalarNode[];
  /** A tag or digest was among the pieces. */
  readonly isPinned: boolean;
}

/** What the keys around the map say. */
export interface Around {
  /** One of them has image in its name. */
  readonly aboutImage: boolean;
  /** The map is the value of a key that names one image. */
  readonly isImage: boolean;
  /** The map is a chart's, or says something for all images: what it names has a registry and a version too. */
  readonly isOther: boolean;
}

/** The reference that the pieces make up; one without tag and digest only where the pieces can be nothing but an image's. */
export function compose(pieces: Pieces, around: Around, registries: Registries): Composed | undefined {
  const { aboutImage } = around;
  const used: Piece[] = [];
  const host = hostOf(pieces.get('registry'), aboutImage && pieces.has('tag'));
  const base = baseOf(pieces, host, around, registries, used);
  if (base === undefined) return undefined;
  const hosted = looksLikeHost(base.split('/')[0] ?? '') && base.includes('/');
  const pinned = pinOf(pieces, used, aboutImage, hosted);
  // nothing but images and packages lies at such hosts, or has a registry of its own
  const isAtRegistry = registries.isBelowOrganisation(base) && (pinned !== '' || pieces.has('registry'));
  const isImages =
    aboutImage ||
    used.some((piece) => piece.saysImage) ||
    (isAtRegistry && !around.isOther && !isPackage(base));
  if (pinned === '' ? !isImages : used.length < 2 && !aboutImage) return undefined;
  const [tag, digest, name] = [pieces.get('tag'), pieces.get('digest'), pieces.get('name')];
  // A path without a host must be beside something that only images have; charts and sources have versions too.
  const isPlain = tag === undefined && digest === undefined && !aboutImage && name === undefined;
  const isSaid = hosted || pieces.get('repository')?.saysImage === true;
  if (pinned !== '' && isPlain && !(isSaid && isImages)) return undefined;
  const main = used.find((piece) => piece.role === 'repository') ?? used.find(isNamePiece);
  if (main === undefined) return undefined;
  const parts = used
    .map(
      (piece): ReferencePart => ({
        part: piece === main ? 'repository' : partOf(piece.role),
        value: piece.value,
        range: partRange(piece),
      }),
    )
    .sort((a, b) => a.range[0] - b.range[0]);
  return {
    reference: `${base}${pinned}`,
    range: partRange(main),
    parts,
    scalars: used.map(({ scalar }) => scalar),
    isPinned: pinned !== '',
  };
}

/** The name without tag and digest, with what it was put together from. */
function baseOf(
  pieces: Pieces,
  registry: Piece | undefined,
  around: Around,
  registries: Registries,
  used: Piece[],
): string | undefined {
  const { aboutImage, isImage } = around;
  const repository = pieces.get('repository');
  const label = pieces.get('label');
  // `image: {name: team/app, version: 1.0}`, or beside a registry
  const isName = label !== undefined && ((isImage && label.value.includes('/')) || registry !== undefined);
  const name = pieces.get('name') ?? (isName && repository === undefined ? label : undefined);
  const before = registry === undefined ? [] : [registry, pieces.get('path')].filter(isPiece);
  const prefix = before.map(({ value }) => `${value.replace(/\/$/, '')}/`).join('');
  if (repository !== undefined) {
    if (
      /^[a-z]+:\/\//i.test(repository.value) ||
      repository.value.endsWith('.git') ||
      (registry === undefined && repository.scalar.value.trim().startsWith('/')) ||
      !(isPath(repository.value) || isRegistry(repository.value))
    )
      return undefined;
    // `{repository: team, name: app, tag: v1}`: an organisation alone is no image
    const last =
      name ??
      (aboutImage &&
      (isImage || pieces.has('tag')) &&
      isOrganisation(registries.behindPrefix(repository.value), label?.value, isImage)
        ? label
        : undefined);
    const joins = last !== undefined && !/[/:]/.test(last.value) && isRepositoryPath(last.value);
    // `repository: localhost:5000` beside `image: app`
    if (!joins && !isPath(repository.value)) return undefined;
    used.push(...before, repository, ...(joins ? [last] : []));
    return `${prefix}${repository.value}${joins ? `/${last.value}` : ''}`;
  }
  if (name === undefined || !isPath(name.value)) return undefined;
  if (registry !== undefined) {
    used.push(...before, name);
    return `${prefix}${name.value}`;
  }
  const isPinned = pieces.has('tag') || pieces.has('digest');
  if (!isPinned && pieces.has('version') && !name.value.includes('/')) return undefined;
  used.push(name);
  return name.value;
}

/** Tag and digest, or a version where nothing else pins the image. */
function pinOf(pieces: Pieces, used: Piece[], aboutImage: boolean, hosted: boolean): string {
  const tag = pieces.get('tag') ?? (aboutImage ? pieces.get('release') : undefined);
  const digest = pieces.get('digest');
  const version = pieces.get('version');
  let pinned = '';
  if (tag !== undefined && isDigest(tag.value)) {
    used.push(tag);
    return `@${tag.value}`;
  }
  // `tag: v1@sha256:…` is how a tag field carries a digest to operators that only put a colon in between
  if (tag !== undefined && isPinnedTag(tag.value)) {
    pinned = `:${tag.value}`;
    used.push(tag);
    if (tag.value.includes('@')) return pinned;
  }
  const full = digest === undefined || digest.value.includes(':') ? digest?.value : `sha256:${digest.value}`;
  if (digest !== undefined && full !== undefined && isDigest(full)) {
    pinned += `@${full}`;
    used.push(digest);
  }
  const isBeside =
    hosted || used.some((piece) => isNamePiece(piece) || (piece.role === 'repository' && piece.saysImage));
  if (pinned !== '' || version === undefined || !isBeside) return pinned;
  if (!isDigest(version.value) && !isPinnedTag(version.value)) return '';
  used.push(version);
  return isDigest(version.value) ? `@${version.value}` : `:${version.value}`;
}

function isPiece(piece: Piece | undefined): piece is Piece {
  return piece !== undefined;
}

function isNamePiece({ role }: Piece): boolean {
  return role === 'name' || role === 'label';
}

/** `registry: quay.io`, also with a path behind the host; beside a tag below an image also an organisation of Docker Hub. */
function hostOf(registry: Piece | undefined, orOrganisation: boolean): Piece | undefined {
  if (registry === undefined || isRegistry(registry.value)) return registry;
  return orOrganisation && isRepositoryPath(registry.value) ? registry : undefined;
}

/**
 * `team` or `quay.io/team`, which no image is alone, and which does not end with the image's name already. Inside of `image: {…}` a
 * name can only be the image's, so that the organisation may be longer; in a list of images it is what the entry is called.
 */
function isOrganisation(repository: string, label: string | undefined, isImage: boolean): boolean {
  const segments = repository.split('/');
  const depth = looksLikeHost(segments[0] ?? '') ? segments.length - 1 : segments.length;
  return (isImage || depth <= 1) && segments.at(-1) !== label;
}

/** `ghcr.io/team/charts/app`: a package for another program than the one that runs images. */
export function isPackage(text: string): boolean {
  return /chart|helm/i.test(text);
}

/** `v1`, and `v1@sha256:…`. */
export function isPinnedTag(text: string): boolean {
  const at = text.indexOf('@');
  return at === -1 ? isTag(text) : isTag(text.slice(0, at)) && isDigest(text.slice(at + 1));
}

function partOf(role: Role): ReferencePart['part'] {
  if (role === 'label') return 'name';
  return role === 'release' ? 'tag' : role;
}

/** A repository, with or without its host. */
export function isPath(text: string): boolean {
  const slash = text.indexOf('/');
  const first = slash === -1 ? text : text.slice(0, slash);
  const hosted = slash !== -1 && looksLikeHost(first);
  return hosted ? isHost(first) && isRepositoryPath(text.slice(slash + 1)) : isRepositoryPath(text);
}
