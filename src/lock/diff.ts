import type { Digest } from '../oci/index.ts';
import { inputChanges } from './check-inputs.ts';
import type { Lock, LockedImage } from './types.ts';
import { sortedImage, writeLock } from './write-lock.ts';

/** What separates two locks. `same` speaks of the bytes of the files; the lists name the reasons when it is false. */
export interface LockDiff {
  readonly same: boolean;
  readonly added: readonly LockedImage[];
  readonly removed: readonly LockedImage[];
  /** References that stand for other content now. */
  readonly moved: readonly { readonly reference: string; readonly from: Digest; readonly to: Digest }[];
  /** Other changes, by image; `(lock)` stands for what concerns all images. */
  readonly changed: readonly { readonly reference: string; readonly what: string }[];
  readonly inputs: readonly { readonly file: string; readonly what: string }[];
}

/** The steps from lock `a` to lock `b`, each list sorted by reference or file. */
export function diffLocks(a: Lock, b: Lock): LockDiff {
  const before = byReference(a.images);
  const after = byReference(b.images);
  const both = [...before].flatMap(([reference, old]) => {
    const now = after.get(reference);
    return now === undefined ? [] : [{ reference, old, now }];
  });
  return {
    same: writeLock(a).equals(writeLock(b)),
    added: [...after.values()].filter(({ reference }) => !before.has(reference)),
    removed: [...before.values()].filter(({ reference }) => !after.has(reference)),
    moved: both.flatMap(({ reference, old, now }) =>
      old.digest === now.digest ? [] : [{ reference, from: old.digest, to: now.digest }],
    ),
    changed: [
      ...lockChanges(a, b).map((what) => ({ reference: '(lock)', what })),
      ...both.flatMap(({ reference, old, now }) => {
        const what = imageChanges(old, now);
        return what.length === 0 ? [] : [{ reference, what: what.join(', ') }];
      }),
      ...exclusionChanges(a, b),
    ],
    inputs: [...profileChanges(a, b), ...inputChanges(a.madeFrom.inputs, b.madeFrom.inputs)],
  };
}

function byReference(images: readonly LockedImage[]): Map<string, LockedImage> {
  const sorted = images.map(sortedImage).sort((a, b) => (a.reference < b.reference ? -1 : 1));
  return new Map(sorted.map((image) => [image.reference, image]));
}

/** How each part of an image is shown when it changes; what follows from a moved digest is not said a second time. */
const PARTS: readonly {
  readonly name: string;
  readonly ofContent: boolean;
  readonly show: (image: LockedImage) => string | undefined;
}[] = [
  { name: 'media type', ofContent: true, show: (image) => image.mediaType },
  { name: 'size', ofContent: true, show: (image) => String(image.size) },
  {
    name: 'platforms',
    ofContent: true,
    show: (image) => image.platforms.map(({ platform }) => platform).join(','),
  },
  { name: 'referrers', ofContent: true, show: (image) => String(image.referrers.length) },
  {
    name: 'target',
    ofContent: false,
    show: ({ target }) => (target === undefined ? undefined : `${target.repository}:${target.tag}`),
  },
  { name: 'mark', ofContent: false, show: (image) => image.mark },
  { name: 'group', ofContent: false, show: (image) => image.group },
  { name: 'condition', ofContent: false, show: (image) => image.condition },
  { name: 'uses', ofContent: false, show: (image) => String(image.uses.length) },
];

function imageChanges(old: LockedImage, now: LockedImage): string[] {
  const moved = old.digest !== now.digest;
  const parts = PARTS.filter(({ ofContent }) => !(moved && ofContent));
  const said = parts.flatMap(({ name, show }) => arrow(name, show(old), show(now)));
  if (said.length > 0 || moved) return said;
  // the parts are equal as shown, so a list differs within
  return (['platforms', 'referrers', 'uses'] as const)
    .filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]))
    .map((key) => `${key} differ`);
}

function lockChanges(a: Lock, b: Lock): string[] {
  const list = (platforms: readonly string[]) =>
    platforms.length === 0 ? 'all' : [...new Set(platforms)].sort().join(',');
  return [
    ...arrow('name', a.metadata.name, b.metadata.name),
    ...arrow('target prefix', a.target?.prefix, b.target?.prefix),
    ...arrow('naming', a.target?.naming, b.target?.naming),
    ...arrow('reference', a.target?.reference, b.target?.reference),
    ...arrow('pull secret', a.target?.pullSecret?.name, b.target?.pullSecret?.name),
    ...arrow('platforms', list(a.platforms), list(b.platforms)),
  ];
}

function exclusionChanges(a: Lock, b: Lock): { reference: string; what: string }[] {
  const [before, after] = [a, b].map(
    ({ excluded }) => new Map(excluded.map(({ reference, reason }) => [reference, reason])),
  ) as [Map<string, string>, Map<string, string>];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .flatMap((reference) =>
      arrow('left out', before.get(reference), after.get(reference)).map((what) => ({ reference, what })),
    );
}

function profileChanges(a: Lock, b: Lock): { file: string; what: string }[] {
  const [old, now] = [a.madeFrom.profile, b.madeFrom.profile];
  const components = [
    ...new Set([...Object.keys(old?.components ?? {}), ...Object.keys(now?.components ?? {})]),
  ];
  return [
    ...arrow('name', old?.name, now?.name),
    ...arrow('version', old?.version, now?.version),
    ...arrow('platform', old?.platform, now?.platform),
    ...components.sort().flatMap((name) => arrow(name, old?.components[name], now?.components[name])),
  ].map((what) => ({ file: 'profile', what }));
}

function arrow(name: string, from: string | undefined, to: string | undefined): string[] {
  return from === to ? [] : [`${name} ${from ?? '(none)'} → ${to ?? '(none)'}`];
}
