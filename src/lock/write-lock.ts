import { compareText } from '../base/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { Lock, LockedImage, LockedReferrer, LockedUse } from './types.ts';

/** Says what the file is to whoever meets it in a diff; it names no time and no version, which would change without reason. */
const HEADER = '# Written by `sallyport lock`: every image pinned to a digest. Not meant to be edited.\n';

/**
 * The lock as the bytes of `sallyport.lock.yaml`. Keys in one order, lists sorted, repetitions dropped: the same content
 * gives the same bytes, in whatever order it was found.
 */
export function writeLock(lock: Lock): Buffer {
  return Buffer.from(`${HEADER}${stringifyYaml(sortedLock(lock))}`);
}

function sortedLock(lock: Lock): Lock {
  const { profile, inputs } = lock.madeFrom;
  return {
    apiVersion: lock.apiVersion,
    kind: lock.kind,
    metadata: { name: lock.metadata.name },
    madeFrom: {
      ...(profile === undefined
        ? {}
        : {
            profile: {
              name: profile.name,
              version: profile.version,
              platform: profile.platform,
              components: Object.fromEntries(
                Object.entries(profile.components).sort(([a], [b]) => compareText(a, b)),
              ),
            },
          }),
      inputs: sortedBy(
        inputs.map(({ file, digest }) => ({ file, digest })),
        ({ file, digest }) => [file, digest],
      ),
    },
    ...(lock.target === undefined
      ? {}
      : {
          target: {
            prefix: lock.target.prefix,
            naming: lock.target.naming,
            reference: lock.target.reference,
            ...(lock.target.pullSecret === undefined
              ? {}
              : { pullSecret: { name: lock.target.pullSecret.name } }),
          },
        }),
    platforms: sortedBy(lock.platforms, (platform) => [platform]),
    images: sortedBy(lock.images.map(sortedImage), ({ reference, digest }) => [reference, digest]),
    excluded: sortedBy(
      lock.excluded.map(({ reference, reason }) => ({ reference, reason })),
      ({ reference, reason }) => [reference, reason],
    ),
  };
}

/** The image with everything in its place. */
export function sortedImage(image: LockedImage): LockedImage {
  const referrers = sortedBy(image.referrers.map(sortedReferrer), (referrer) => [
    referrer.form,
    referrer.digest,
    referrer.artifactType,
  ]);
  const uses = sortedBy(image.uses.map(sortedUse), (use) => [
    use.file,
    use.object,
    use.path,
    use.how,
    use.reason,
  ]);
  return {
    reference: image.reference,
    digest: image.digest,
    mediaType: image.mediaType,
    size: image.size,
    platforms: sortedBy(
      image.platforms.map(({ platform, digest, size }) => ({ platform, digest, size })),
      ({ platform, digest }) => [platform, digest],
    ),
    referrers,
    ...(image.target === undefined
      ? {}
      : { target: { repository: image.target.repository, tag: image.target.tag } }),
    ...(image.mark === undefined ? {} : { mark: image.mark }),
    ...(image.group === undefined ? {} : { group: image.group }),
    ...(image.condition === undefined ? {} : { condition: image.condition }),
    uses,
  };
}

function sortedReferrer({ digest, form, artifactType }: LockedReferrer): LockedReferrer {
  return { digest, form, ...(artifactType === undefined ? {} : { artifactType }) };
}

function sortedUse({ file, object, path, how, reason }: LockedUse): LockedUse {
  return {
    ...(file === undefined ? {} : { file }),
    ...(object === undefined ? {} : { object }),
    ...(path === undefined ? {} : { path }),
    how,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Sorted by the parts of a key (absent before present), each item once. */
function sortedBy<T>(list: readonly T[], keyOf: (item: T) => readonly (string | undefined)[]): T[] {
  const keyed = list.map((item) => ({ item, key: keyOf(item), whole: JSON.stringify(item) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key) || compareText(a.whole, b.whole));
  return keyed.filter(({ whole }, index) => whole !== keyed[index - 1]?.whole).map(({ item }) => item);
}

function compareKeys(a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number {
  for (const [index, part] of a.entries()) {
    const order = compareText(part ?? '', b[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}
