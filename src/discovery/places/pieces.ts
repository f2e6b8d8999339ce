import type { ScalarNode } from '../../yaml/index.ts';
import { isNull } from '../shape.ts';
import type { ReferencePart } from '../types.ts';
import { wordsOf } from '../words.ts';

/** `label`: a key `name`, which names the image only where nothing else does. `release`: a tag below a key that says image. */
export type Role = ReferencePart['part'] | 'label' | 'release';

/** A scalar that may be a piece of a reference. */
export interface Piece {
  readonly role: Role;
  readonly scalar: ScalarNode;
  readonly value: string;
  /** The key itself says image. */
  readonly saysImage: boolean;
}

export type Pieces = ReadonlyMap<Role, Piece>;

/**
 * Which key holds which piece, by the last words of the key; what stands before them is the stem that the keys of one reference share
 * (`imageRepository` beside `imageTag`, `_redis_image` beside `_redis_image_version`). The first row that fits wins. Sources: Helm's
 * create template, NVIDIA's GPU operator ClusterPolicy, prometheus-operator's baseImage, KServe's ConfigMap, Ansible role defaults.
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

interface KeyRole {
  readonly stem: string;
  readonly role: Role;
  readonly saysImage: boolean;
}

/** Last letters of the words above: most keys end differently and need no splitting. */
const MAY_END =
  /(?:registry|host|hub|repo(?:sitory)?|prefix|remote|image|name|tag|digest|sha(?:256)?|version|release)$/i;

/** The pieces of each stem among the scalars of one map, in the order of the keys. */
export function piecesByStem(siblings: ReadonlyMap<string, ScalarNode>): ReadonlyMap<string, Pieces> {
  const stems = new Map<string, Map<Role, Piece>>();
  for (const [key, scalar] of siblings) {
    const known = roleOf(key);
    if (known === undefined || isNull(scalar)) continue;
    const value = scalar.value.trim();
    if (value === '' || /\s/.test(value)) continue;
    const pieces = stems.get(known.stem) ?? new Map<Role, Piece>();
    stems.set(known.stem, pieces);
    const { role, saysImage } = known;
    if (!pieces.has(role)) pieces.set(role, { role, scalar, value, saysImage });
  }
  return stems;
}

function roleOf(key: string): KeyRole | undefined {
  if (!MAY_END.test(key)) return undefined;
  // `ceimageTag`: the stem is glued to the word
  const words = wordsOf(key).flatMap((word) =>
    word.length > 5 && word.endsWith('image') ? [word.slice(0, -5), 'image'] : [word],
  );
  const joined = words.join(' ');
  const ending = ENDINGS.find(([end]) => joined === end || joined.endsWith(` ${end}`));
  if (ending === undefined) return undefined;
  const stem = joined.slice(0, joined.length - ending[0].length).trim();
  return { stem, role: ending[1], saysImage: words.includes('image') };
}

/** The bytes of a piece, without white space around it. */
export function partRange({ scalar, value }: Pick<Piece, 'scalar' | 'value'>): readonly [number, number] {
  const at = scalar.value.indexOf(value);
  return scalar.rangeOf(at, at + value.length);
}
