import type { ReferencePart } from './types.ts';
import { wordsOf } from './words.ts';

/** `label`: a key `name`, which names the image only where nothing else does. `release`: a tag below a key that says image. */
export type Role = ReferencePart['part'] | 'label' | 'release';

/** What piece of a reference the value of a key may be. */
export interface KeyRole {
  readonly role: Role;
  /** What stands before it in the key; the keys of one reference share it. */
  readonly stem: string;
  /** The key itself says image. */
  readonly saysImage: boolean;
  /** It ends so: `baseImage` may be a whole reference, `imageRepository` is a piece of one. */
  readonly isWhole: boolean;
}

/**
 * Which key holds which piece, by the last words of the key; what stands before them is the stem that the keys of one reference share
 * (`imageRepository` beside `imageTag`, `_redis_image` beside `_redis_image_version`). The first row that fits wins. Sources: Helm's
 * create template, NVIDIA's GPU operator ClusterPolicy, prometheus-operator's baseImage, KServe's ConfigMap, Ansible role
 * defaults, MongoDB's *_REPO_URL, Redis Enterprise's versionTag, Volcano's image_tag_version, KubeVirt's *_SHASUM.
 */
const ENDINGS: readonly (readonly [words: string, role: Role])[] = [
  ['image registry', 'registry'],
  ['registry host', 'registry'],
  ['registry', 'registry'],
  ['hub', 'registry'],
  ['base repo', 'registry'],
  ['image repository', 'repository'],
  ['image repo', 'repository'],
  ['image prefix', 'repository'],
  ['image remote', 'repository'],
  ['base image', 'repository'],
  ['repository', 'repository'],
  ['repo', 'repository'],
  ['repo url', 'repository'],
  ['image name', 'name'],
  ['image', 'name'],
  ['name', 'label'],
  ['image tag', 'tag'],
  ['version tag', 'tag'],
  ['image tag version', 'tag'],
  ['tag', 'tag'],
  ['image digest', 'digest'],
  ['image sha', 'digest'],
  ['digest', 'digest'],
  ['sha256', 'digest'],
  ['sha', 'digest'],
  ['shasum', 'digest'],
  ['default image version', 'version'],
  ['image version', 'version'],
  ['version', 'version'],
  ['release', 'release'],
];

/** Undefined for keys that hold no piece. */
export function roleOf(key: string): KeyRole | undefined {
  // `ceimageTag`: the stem is glued to the word
  const words = wordsOf(key).flatMap((word) =>
    word.length > 5 && word.endsWith('image') ? [word.slice(0, -5), 'image'] : [word],
  );
  const joined = words.join(' ');
  const ending = ENDINGS.find(([end]) => joined === end || joined.endsWith(` ${end}`));
  if (ending === undefined) return undefined;
  const stem = joined.slice(0, joined.length - ending[0].length).trim();
  return { stem, role: ending[1], saysImage: words.includes('image'), isWhole: words.at(-1) === 'image' };
}
