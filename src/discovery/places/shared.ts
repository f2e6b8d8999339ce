import { isHost, isTag, looksLikeHost } from '../../oci/index.ts';
import type { MapNode, ScalarNode } from '../../yaml/index.ts';
import { isNull } from '../shape.ts';

/** What a map names for all images below it: a registry, perhaps with the organisation, and perhaps the tag of the release. */
export interface Shared {
  readonly registry: ScalarNode;
  readonly tag: ScalarNode | undefined;
  /** The organisation between them, for names of one segment. */
  readonly path?: ScalarNode | undefined;
  /**
   * `below`: said above, for all. `release`: said in a map beside, for the project's own images. `asked`: the same, for those that have
   * empty keys for it. `defaults`: each piece for those that have an empty key for just that. `choice`: there are several.
   */
  readonly scope: 'below' | 'release' | 'asked' | 'defaults' | 'choice';
}

/** Keys that name the registry of everything below them. */
const REGISTRY_KEYS = ['registry', 'imageRegistry', 'hub', 'base', 'baseRepo'];
const TAG_KEYS = ['tag', 'imageTag'];

/** With one of these a map speaks of an image of its own, so that its tag is no other's. */
const OWN_KEYS = ['image', 'imageName', 'name', 'repository'];

/**
 * Istio's `global: {hub, tag}`, NVIDIA's `global: {repository, version}`, Chaos Mesh's `images: {registry, tag}`: what the parts beside it
 * take when they name neither.
 */
const RELEASE = {
  scopes: { global: 'release', images: 'asked' } as Readonly<Record<string, Shared['scope']>>,
  registries: [...REGISTRY_KEYS, 'repository'],
  tags: [...TAG_KEYS, 'version'],
};

/** HwameiStor's `k8sImageRegistry` beside `hwameistorImageRegistry`: its templates know which image is from where. */
function prefixedRegistries(inner: ReadonlyMap<string, ScalarNode>): readonly ScalarNode[] {
  return [...inner].flatMap(([key, scalar]) =>
    /.ImageRegistry$/.test(key) && isRegistry(scalar.value.trim()) ? [scalar] : [],
  );
}

/** Whether what stands below this key is said for the whole release. */
export function isRelease(key: string): boolean {
  return Object.hasOwn(RELEASE.scopes, key);
}

/** Strimzi's settings for all images that have empty keys for them. */
const DEFAULTS = {
  registry: 'defaultImageRegistry',
  path: 'defaultImageRepository',
  tag: 'defaultImageTag',
} as const;

/** Falco's `registry: {name: HOST}` beside `image: {repository, tag}`. */
const HOST_KEYS = ['name', 'host', 'url'];

/** What the map names for the images below it; what stands for a release names registry and tag. */
export function sharedIn(map: MapNode, siblings: ReadonlyMap<string, ScalarNode>): Shared | undefined {
  const registry = first(siblings, REGISTRY_KEYS, isRegistry);
  if (registry !== undefined)
    return {
      registry,
      tag: OWN_KEYS.some((key) => siblings.has(key)) ? undefined : first(siblings, TAG_KEYS),
      scope: 'below',
    };
  const byDefault = first(siblings, [DEFAULTS.registry], isRegistry);
  if (byDefault !== undefined)
    return {
      registry: byDefault,
      path: first(siblings, [DEFAULTS.path]),
      tag: first(siblings, [DEFAULTS.tag]),
      scope: 'defaults',
    };
  for (const { key, value } of map.entries) {
    const scope = Object.hasOwn(RELEASE.scopes, key) ? RELEASE.scopes[key] : undefined;
    if (value?.type !== 'map' || (scope === undefined && key !== 'registry' && key !== 'image')) continue;
    const inner = new Map<string, ScalarNode>();
    for (const entry of value.entries) if (entry.value?.type === 'scalar') inner.set(entry.key, entry.value);
    // StackRox: a map for an image that names none speaks for all beside it
    if (key === 'image') {
      const forAll = OWN_KEYS.some((own) => inner.has(own))
        ? undefined
        : first(inner, REGISTRY_KEYS, isRegistry);
      if (forAll !== undefined) return { registry: forAll, tag: undefined, scope: 'below' };
      continue;
    }
    const host = first(inner, scope === undefined ? HOST_KEYS : RELEASE.registries, isRegistry);
    const tag = scope === undefined ? undefined : first(inner, RELEASE.tags);
    if (host !== undefined && (scope === undefined || tag !== undefined))
      return { registry: host, tag, scope: scope ?? 'below' };
    const [one, another] = key === 'global' && host === undefined ? prefixedRegistries(inner) : [];
    if (one !== undefined && another !== undefined) return { registry: one, tag: undefined, scope: 'choice' };
  }
  return undefined;
}

/** TiDB's `version` above `pd: {baseImage}` and `tikv: {baseImage}`, which have none of their own. */
export function releaseIn(map: MapNode, siblings: ReadonlyMap<string, ScalarNode>): ScalarNode | undefined {
  const version = siblings.get('version');
  if (version === undefined || !isTag(version.value)) return undefined;
  const hasBase = map.entries.some(
    ({ value }) => value?.type === 'map' && value.entries.some(({ key }) => key === 'baseImage'),
  );
  return hasBase ? version : undefined;
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
