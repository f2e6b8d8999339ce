import { isDigest, isHost, isRepositoryPath, isTag, looksLikeHost } from '../oci/index.ts';
import type { MapEntry, MapNode, ScalarNode } from '../yaml/index.ts';
import type { Collector, Place } from './context.ts';
import { RULES } from './rules.ts';
import { isNull } from './shape.ts';
import type { ReferencePart } from './types.ts';
import { wordsOf } from './words.ts';

type Part = ReferencePart['part'];
/** `label`: a key `name`, which names the image only where nothing else does. `release`: a tag below a key that says image. */
type Role = Part | 'label' | 'release';

/**
 * Which key holds which piece, by the last words of the key; what stands before them is the stem that the keys of one reference share
 * (`imageRepository` beside `imageTag`, `_redis_image` beside `_redis_image_version`). The longest row wins. Sources: Helm's create
 * template, NVIDIA's GPU operator ClusterPolicy, prometheus-operator's baseImage, KServe's ConfigMap, Ansible role defaults.
 */
const ENDINGS: readonly (readonly [words: string, role: Role])[] = [
  ['image registry', 'registry'],
  ['registry host', 'registry'],
  ['registry', 'registry'],
  ['hub', 'registry'],
  ['image repository', 'repository'],
  ['image repo', 'repository'],
  ['image prefix', 'repository'],
  ['image remote', 'repository'],
  ['base image', 'repository'],
  ['repository', 'repository'],
  ['repo', 'repository'],
  ['image name', 'name'],
  ['image', 'name'],
  ['name', 'label'],
  ['image tag', 'tag'],
  ['tag', 'tag'],
  ['image digest', 'digest'],
  ['image sha', 'digest'],
  ['digest', 'digest'],
  ['sha256', 'digest'],
  ['sha', 'digest'],
  ['default image version', 'version'],
  ['image version', 'version'],
  ['version', 'version'],
  ['release', 'release'],
];

interface Piece {
  readonly role: Role;
  readonly scalar: ScalarNode;
  readonly value: string;
  /** The key itself says image. */
  readonly saysImage: boolean;
}

type Pieces = ReadonlyMap<Role, Piece>;

/** Puts references together that are spread over the keys of one map, a reference per stem. */
export function splitReferences(collector: Collector, place: Place, map: MapNode): void {
  const stems = new Map<string, Map<Role, Piece>>();
  for (const entry of map.entries) {
    const read = pieceOf(entry);
    if (read === undefined) continue;
    const pieces = stems.get(read.stem) ?? new Map<Role, Piece>();
    stems.set(read.stem, pieces);
    if (!pieces.has(read.piece.role)) pieces.set(read.piece.role, read.piece);
  }
  for (const [stem, pieces] of stems) {
    if (pieces.size < 2) continue;
    // Many things have names and versions; a stem of its own must be an image's.
    if (stem !== '' && ![...pieces.values()].some((piece) => piece.saysImage)) continue;
    const reference = compose(
      pieces,
      place.keys.slice(-2).some((key) => /image/i.test(key)),
    );
    if (reference !== undefined) collector.use(RULES.split, place, reference);
  }
}

function pieceOf(entry: MapEntry): { readonly stem: string; readonly piece: Piece } | undefined {
  const { value } = entry;
  if (value?.type !== 'scalar' || isNull(value)) return undefined;
  const text = value.value.trim();
  if (text === '' || /\s/.test(text)) return undefined;
  // `ceimageTag`: the stem is glued to the word
  const words = wordsOf(entry.key).flatMap((word) =>
    word.length > 5 && word.endsWith('image') ? [word.slice(0, -5), 'image'] : [word],
  );
  const joined = words.join(' ');
  const ending = ENDINGS.find(([end]) => joined === end || joined.endsWith(` ${end}`));
  if (ending === undefined) return undefined;
  const stem = joined.slice(0, joined.length - ending[0].length).trim();
  return { stem, piece: { role: ending[1], scalar: value, value: text, saysImage: words.includes('image') } };
}

function compose(
  pieces: Pieces,
  aboutImage: boolean,
): { reference: string; range: readonly [number, number]; parts: ReferencePart[] } | undefined {
  const used: Piece[] = [];
  const host = hostOf(pieces.get('registry'), aboutImage && pieces.has('tag'));
  const base = baseOf(pieces, host, aboutImage, used);
  if (base === undefined) return undefined;
  const hosted = looksLikeHost(base.split('/')[0] ?? '') && base.includes('/');
  const pinned = pinOf(pieces, used, aboutImage, hosted);
  if (pinned === '' && !(hosted && aboutImage)) return undefined;
  if (used.length < 2 && !aboutImage) return undefined;
  const [tag, digest, name] = [pieces.get('tag'), pieces.get('digest'), pieces.get('name')];
  // A path without a host must be beside something that only images have.
  if (!hosted && tag === undefined && digest === undefined && !(aboutImage || name !== undefined))
    return undefined;
  const main =
    used.find((piece) => piece.role === 'repository') ??
    used.find((piece) => piece.role === 'name' || piece.role === 'label');
  if (main === undefined) return undefined;
  const parts = used
    .map(
      (piece): ReferencePart => ({
        part: piece === main ? 'repository' : partOf(piece.role),
        value: piece.value,
        range: rangeOf(piece),
      }),
    )
    .sort((a, b) => a.range[0] - b.range[0]);
  return { reference: `${base}${pinned}`, range: rangeOf(main), parts };
}

/** The name without tag and digest, with what it was put together from. */
function baseOf(
  pieces: Pieces,
  registry: Piece | undefined,
  aboutImage: boolean,
  used: Piece[],
): string | undefined {
  const repository = pieces.get('repository');
  const label = pieces.get('label');
  const name = pieces.get('name') ?? (registry !== undefined && repository === undefined ? label : undefined);
  const prefix = registry === undefined ? '' : `${registry.value.replace(/\/$/, '')}/`;
  if (repository !== undefined) {
    if (
      /^[a-z]+:\/\//i.test(repository.value) ||
      repository.value.endsWith('.git') ||
      !isPath(repository.value)
    )
      return undefined;
    // `{repository: team, name: app, tag: v1}`: an organisation alone is no image
    const last =
      name ??
      (aboutImage && pieces.has('tag') && isOrganisation(repository.value, label?.value) ? label : undefined);
    const joins = last !== undefined && !/[/:]/.test(last.value) && isRepositoryPath(last.value);
    if (registry !== undefined) used.push(registry);
    used.push(repository, ...(joins ? [last] : []));
    return `${prefix}${repository.value}${joins ? `/${last.value}` : ''}`;
  }
  if (name === undefined || !isPath(name.value)) return undefined;
  if (registry !== undefined) {
    used.push(registry, name);
    return `${prefix}${name.value}`;
  }
  const pinned = pieces.has('tag') || pieces.has('digest');
  if (!pinned && !(pieces.has('version') && name.value.includes('/'))) return undefined;
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
  if (digest !== undefined && isDigest(digest.value)) {
    pinned += `@${digest.value}`;
    used.push(digest);
  }
  if (pinned !== '' || version === undefined || !(hosted || pieces.has('name'))) return pinned;
  if (!isDigest(version.value) && !isTag(version.value)) return '';
  used.push(version);
  return isDigest(version.value) ? `@${version.value}` : `:${version.value}`;
}

/** `registry: quay.io`, also with a path behind the host; beside a tag below an image also an organisation of Docker Hub. */
function hostOf(registry: Piece | undefined, orOrganisation: boolean): Piece | undefined {
  const host = registry?.value.split('/')[0] ?? '';
  if (isHost(host) && looksLikeHost(host)) return registry;
  return orOrganisation && isRepositoryPath(registry?.value ?? '') ? registry : undefined;
}

/** `team` or `quay.io/team`, which no image is alone, and which does not end with the image's name already. */
function isOrganisation(repository: string, label: string | undefined): boolean {
  const segments = repository.split('/');
  const depth = looksLikeHost(segments[0] ?? '') ? segments.length - 1 : segments.length;
  return depth <= 1 && segments.at(-1) !== label;
}

function isPinnedTag(text: string): boolean {
  const at = text.indexOf('@');
  return at === -1 ? isTag(text) : isTag(text.slice(0, at)) && isDigest(text.slice(at + 1));
}

function partOf(role: Role): Part {
  if (role === 'label') return 'name';
  return role === 'release' ? 'tag' : role;
}

function isPath(text: string): boolean {
  const slash = text.indexOf('/');
  const first = slash === -1 ? text : text.slice(0, slash);
  const hosted = slash !== -1 && looksLikeHost(first);
  return hosted ? isHost(first) && isRepositoryPath(text.slice(slash + 1)) : isRepositoryPath(text);
}

function rangeOf(piece: Pick<Piece, 'scalar' | 'value'>): readonly [number, number] {
  const at = piece.scalar.value.indexOf(piece.value);
  return piece.scalar.rangeOf(at, at + piece.value.length);
}

/** kustomize: `newName` (or `name`) with `newTag` and `digest`. A name alone is only what to search for. */
export function kustomizeImage(collector: Collector, place: Place, map: MapNode): boolean {
  const pieceFor = (key: string): Pick<Piece, 'scalar' | 'value'> | undefined => {
    const value = map.entries.find((entry) => entry.key === key)?.value;
    if (value?.type !== 'scalar' || isNull(value) || value.value.trim() === '') return undefined;
    return { scalar: value, value: value.value.trim() };
  };
  const [newName, name, tag, digest] = [
    pieceFor('newName'),
    pieceFor('name'),
    pieceFor('newTag'),
    pieceFor('digest'),
  ];
  const repository = newName ?? name;
  if (repository === undefined || (newName === undefined && tag === undefined && digest === undefined))
    return false;
  const named = [
    ['repository', repository],
    ['tag', tag],
    ['digest', digest],
  ] as const;
  const parts = named
    .flatMap(([part, piece]): ReferencePart[] =>
      piece === undefined ? [] : [{ part, value: piece.value, range: rangeOf(piece) }],
    )
    .sort((a, b) => a.range[0] - b.range[0]);
  const reference = `${repository.value}${tag === undefined ? '' : `:${tag.value}`}${digest === undefined ? '' : `@${digest.value}`}`;
  collector.use(RULES.kustomizeImage, place, {
    reference,
    range: rangeOf(repository),
    ...(parts.length > 1 ? { parts } : {}),
  });
  return true;
}
