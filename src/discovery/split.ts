import { isDigest, isHost, isRepositoryPath, isTag, looksLikeHost } from '../oci/index.ts';
import type { MapEntry, MapNode, ScalarNode } from '../yaml/index.ts';
import type { Collector, Place } from './context.ts';
import { RULES, type Rule } from './rules.ts';
import type { ReferencePart } from './types.ts';
import { wordsOf } from './words.ts';

type Part = ReferencePart['part'];
/** `label`: a key `name`, which names the image only where nothing else does. */
type Role = Part | 'label';

/**
 * Which key holds which piece, by the words of the key without a leading `image`; prefixes are shared by the siblings of one
 * reference (`imageRepository` beside `imageTag`, `repository` beside `tag`). Sources: Helm's create template, NVIDIA's GPU operator
 * ClusterPolicy, prometheus-operator's baseImage, KServe's ConfigMap, kustomize.
 */
const KEYS: Readonly<Record<string, Role>> = {
  registry: 'registry',
  'registry host': 'registry',
  hub: 'registry',
  repository: 'repository',
  repo: 'repository',
  'base image': 'repository',
  'image name': 'name',
  name: 'label',
  image: 'name',
  tag: 'tag',
  digest: 'digest',
  sha: 'digest',
  sha256: 'digest',
  version: 'version',
  'default image version': 'version',
  'image version': 'version',
};

interface Piece {
  readonly part: Role;
  readonly scalar: ScalarNode;
  readonly value: string;
}

/** Puts references together that are spread over the keys of one map. */
export function splitReferences(collector: Collector, place: Place, map: MapNode): void {
  const pieces = new Map<Role, Piece>();
  for (const entry of map.entries) {
    const piece = pieceOf(entry);
    if (piece !== undefined && !pieces.has(piece.part)) pieces.set(piece.part, piece);
  }
  if (pieces.size < 2) return;
  const reference = compose(pieces, place);
  if (reference === undefined) return;
  collector.use(RULES.split, place, reference);
}

function pieceOf(entry: MapEntry): Piece | undefined {
  const { value } = entry;
  if (value?.type !== 'scalar') return undefined;
  const words = wordsOf(entry.key);
  const part =
    KEYS[words.join(' ')] ??
    (words[0] === 'image' && words.length > 1 ? KEYS[words.slice(1).join(' ')] : undefined);
  const text = value.value.trim();
  return part === undefined || text === '' || /\s/.test(text)
    ? undefined
    : { part, scalar: value, value: text };
}

function compose(
  pieces: ReadonlyMap<Role, Piece>,
  place: Place,
): { reference: string; range: readonly [number, number]; parts: ReferencePart[] } | undefined {
  const registry = pieces.get('registry');
  // `name` counts only beside a registry: `{registry: docker.io, name: team/app, tag: v1}`.
  const name =
    pieces.get('name') ??
    (registry !== undefined && !pieces.has('repository') ? pieces.get('label') : undefined);
  let repository = pieces.get('repository');
  const tag = pieces.get('tag');
  const digest = pieces.get('digest');
  const version = pieces.get('version');
  const used: Piece[] = [];
  const parent = place.keys.at(-1) ?? '';
  const aboutImage = /image/i.test(parent);
  let base: string;
  if (repository !== undefined) {
    if (
      /^[a-z]+:\/\//i.test(repository.value) ||
      repository.value.endsWith('.git') ||
      !isPath(repository.value)
    )
      return undefined;
    base = repository.value;
    used.push(repository);
    if (registry !== undefined && isHost(registry.value.replace(/\/.*$/, ''))) {
      base = `${registry.value.replace(/\/$/, '')}/${base}`;
      used.push(registry);
    }
    const bare =
      name !== undefined &&
      !name.value.includes('/') &&
      !name.value.includes(':') &&
      isRepositoryPath(name.value);
    if (name !== undefined && bare) {
      base = `${base}/${name.value}`;
      used.push(name);
    }
  } else if (name !== undefined && isPath(name.value)) {
    // `image: quay.io/x/y` beside a version or tag; or `registry` + `image`.
    if (
      registry !== undefined &&
      isHost(registry.value.replace(/\/.*$/, '')) &&
      looksLikeHost(registry.value.split('/')[0] ?? '')
    ) {
      base = `${registry.value.replace(/\/$/, '')}/${name.value}`;
      used.push(registry, name);
    } else if (
      name.value.includes('/') &&
      (tag !== undefined || digest !== undefined || version !== undefined)
    ) {
      base = name.value;
      used.push(name);
    } else return undefined;
    repository = name;
  } else return undefined;
  const hosted = looksLikeHost(base.split('/')[0] ?? '') && base.includes('/');
  let pinned = '';
  if (tag !== undefined && isTag(tag.value)) {
    pinned = `:${tag.value}`;
    used.push(tag);
  }
  if (digest !== undefined && isDigest(digest.value)) {
    pinned += `@${digest.value}`;
    used.push(digest);
  }
  if (pinned === '' && version !== undefined && (hosted || name !== undefined)) {
    if (isDigest(version.value)) pinned = `@${version.value}`;
    else if (isTag(version.value)) pinned = `:${version.value}`;
    if (pinned !== '') used.push(version);
  }
  if (pinned === '' && !(hosted && aboutImage)) return undefined;
  if (used.length < 2 && !aboutImage) return undefined;
  // A path without a host must be beside something that only images have.
  if (!hosted && tag === undefined && digest === undefined && !(aboutImage || name !== undefined))
    return undefined;
  const parts = used
    .map(
      (piece): ReferencePart => ({
        part: piece === repository ? 'repository' : partOf(piece.part),
        value: piece.value,
        range: rangeOf(piece),
      }),
    )
    .sort((a, b) => a.range[0] - b.range[0]);
  return { reference: `${base}${pinned}`, range: rangeOf(repository), parts };
}

function partOf(role: Role): Part {
  return role === 'label' ? 'name' : role;
}

function isPath(text: string): boolean {
  const slash = text.indexOf('/');
  const first = slash === -1 ? text : text.slice(0, slash);
  const hosted = slash !== -1 && looksLikeHost(first);
  return hosted ? isHost(first) && isRepositoryPath(text.slice(slash + 1)) : isRepositoryPath(text);
}

function rangeOf(piece: Piece): readonly [number, number] {
  const at = piece.scalar.value.indexOf(piece.value);
  return piece.scalar.rangeOf(at, at + piece.value.length);
}

/** kustomize: `newName` (or `name`) with `newTag` and `digest`. A name alone is only what to search for. */
export function kustomizeImage(collector: Collector, place: Place, map: MapNode): boolean {
  const of = (key: string): ScalarNode | undefined => {
    const value = map.entries.find((entry) => entry.key === key)?.value;
    return value?.type === 'scalar' && value.value.trim() !== '' ? value : undefined;
  };
  const [newName, name, newTag, digest] = [of('newName'), of('name'), of('newTag'), of('digest')];
  const repository = newName ?? name;
  if (repository === undefined || (newName === undefined && newTag === undefined && digest === undefined))
    return false;
  const parts: ReferencePart[] = [];
  const add = (part: Part, scalar: ScalarNode | undefined) => {
    if (scalar !== undefined)
      parts.push({
        part,
        value: scalar.value.trim(),
        range: rangeOf({ part, scalar, value: scalar.value.trim() }),
      });
  };
  add('repository', repository);
  add('tag', newTag);
  add('digest', digest);
  const rule: Rule = RULES.kustomizeImage;
  const text = `${repository.value.trim()}${newTag === undefined ? '' : `:${newTag.value.trim()}`}${digest === undefined ? '' : `@${digest.value.trim()}`}`;
  collector.use(rule, place, {
    reference: text,
    range: rangeOf({ part: 'repository', scalar: repository, value: repository.value.trim() }),
    ...(parts.length > 1 ? { parts: parts.sort((a, b) => a.range[0] - b.range[0]) } : {}),
  });
  return true;
}
