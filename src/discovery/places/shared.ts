import { isHost, looksLikeHost } from '../../oci/index.ts';
import type { MapNode, ScalarNode } from '../../yaml/index.ts';
import { isNull } from '../shape.ts';

/** What a map names for all images below it: a registry, perhaps with the organisation, and perhaps the tag of the release. */
export interface Shared {
  readonly registry: ScalarNode;
  readonly tag: ScalarNode | undefined;
  /** Said by a `global` for its own project's images, not for all. */
  readonly isRelease: boolean;
}

/** Keys that name the registry of everything below them. */
const REGISTRY_KEYS = ['registry', 'imageRegistry', 'hub', 'base'];
const TAG_KEYS = ['tag', 'imageTag'];

/** With one of these a map speaks of an image of its own, so that its tag is no other's. */
const OWN_KEYS = ['image', 'imageName', 'name', 'repository'];

/** Istio's `global: {hub, tag}`, NVIDIA's `global: {repository, version}`: what the parts beside it take when they name neither. */
const GLOBAL = {
  key: 'global',
  registries: [...REGISTRY_KEYS, 'repository'],
  tags: [...TAG_KEYS, 'version'],
};

/** Falco's `registry: {name: HOST}` beside `image: {repository, tag}`. */
const HOST_KEYS = ['name', 'host', 'url'];

/** What the map names for the images below it; a `global` beside them only counts when it names registry and tag. */
export function sharedIn(map: MapNode, siblings: ReadonlyMap<string, ScalarNode>): Shared | undefined {
  const registry = first(siblings, REGISTRY_KEYS, isRegistry);
  if (registry !== undefined)
    return {
      registry,
      tag: OWN_KEYS.some((key) => siblings.has(key)) ? undefined : first(siblings, TAG_KEYS),
      isRelease: false,
    };
  for (const { key, value } of map.entries) {
    if (value?.type !== 'map' || (key !== GLOBAL.key && key !== 'registry')) continue;
    const inner = new Map<string, ScalarNode>();
    for (const entry of value.entries) if (entry.value?.type === 'scalar') inner.set(entry.key, entry.value);
    const host = first(inner, key === GLOBAL.key ? GLOBAL.registries : HOST_KEYS, isRegistry);
    const tag = key === GLOBAL.key ? first(inner, GLOBAL.tags) : undefined;
    if (host !== undefined && (tag !== undefined || key !== GLOBAL.key))
      return { registry: host, tag, isRelease: key === GLOBAL.key };
  }
  return undefined;
}

function first(
  siblings: ReadonlyMap<string, ScalarNode>,
  keys: readonly string[],
  isRight: (text: string) => boolean = (text) => text !== '' && !/[\s{}$]/.test(text),
): ScalarNode | undefined {
  for (const key of keys) {
    const scalar = siblings.get(key);
    if (scalar !== undefined && !isNull(scalar) && isRight(scalar.value.trim())) return scalar;
  }
  return undefined;
}

/** `quay.io`, also with a path behind the host. */
export function isRegistry(text: string): boolean {
  const host = text.split('/')[0] ?? '';
  return isHost(host) && looksLikeHost(host);
}
