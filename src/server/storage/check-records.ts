import { join, relative } from 'node:path';
import type { Digest } from '../../oci/index.ts';
import { readWholeFile } from '../../store/index.ts';
import { digestsIn } from './garbage.ts';
import { digestPath, referrerDigest, tagPath } from './paths.ts';
import type { DiskRepository } from './repository.ts';
import { namesIn } from './small-files.ts';
import { readStored, STORED_LIMITS } from './stored-manifest.ts';

/** A small file of a repository that does not hold what belongs there, as a path below the registry's folder. */
export interface DamagedRecord {
  readonly file: string;
  /** The tag, when it is a tag's. */
  readonly tag?: string;
}

/**
 * Looks at a repository's own small files, which have no hash: tags, media types of manifests, descriptors of referrers. `folder` is the
 * repository's, below `root`. What goes away meanwhile has no problem.
 */
export async function* damagedRecords(
  repository: DiskRepository,
  at: {
    readonly root: string;
    readonly folder: string;
    /** Blobs whose content is damaged, so that nothing can be held against it. */
    readonly damaged: ReadonlySet<Digest>;
  },
): AsyncGenerator<DamagedRecord> {
  const { root, folder, damaged } = at;
  for (const tag of await repository.tags())
    if ((await repository.digestOfTag(tag)) === undefined && (await repository.tags()).includes(tag))
      yield { file: relative(root, tagPath(folder, tag)), tag };
  for (const digest of await digestsIn(join(folder, '_manifests'))) {
    const found = damaged.has(digest) ? undefined : await repository.findManifest(digest);
    if (found !== undefined && !isOfType(await repository.readManifest(digest), digest, found.mediaType))
      yield { file: relative(root, digestPath(folder, '_manifests', digest)) };
  }
  const referrers = join(folder, '_referrers');
  for (const algorithm of await namesIn(referrers))
    for (const subject of await namesIn(join(referrers, algorithm)))
      for (const name of await namesIn(join(referrers, algorithm, subject))) {
        const file = join(referrers, algorithm, subject, name);
        const text = await readWholeFile(file, STORED_LIMITS.bytes);
        const digest = referrerDigest(name);
        if (text !== undefined && digest !== undefined && !describes(text, digest))
          yield { file: relative(root, file) };
      }
}

function isOfType(bytes: Buffer, digest: Digest, mediaType: string): boolean {
  try {
    readStored(bytes, digest, mediaType);
    return true;
  } catch {
    return false;
  }
}

function describes(text: Buffer, digest: Digest): boolean {
  try {
    const { digest: named, mediaType, size } = JSON.parse(text.toString('utf8'));
    return named === digest && typeof mediaType === 'string' && Number.isSafeInteger(size);
  } catch {
    return false;
  }
}
