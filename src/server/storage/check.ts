import { join } from 'node:path';
import { type Digest, digestHex, hashFor, readManifest } from '../../oci/index.ts';
import { digestsIn } from './garbage.ts';
import type { DiskRepository } from './repository.ts';
import type { Shared } from './shared.ts';

/** What a check of everything on disk found. */
export interface StorageReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly manifests: number;
  /** Files whose bytes are not what their name says. */
  readonly damaged: readonly Digest[];
  /** What manifests name and their repository does not hold. Children of an index are only counted when `children` was asked for. */
  readonly missing: readonly {
    readonly repository: string;
    readonly manifest: Digest;
    readonly digest: Digest;
  }[];
}

/** Hashes every file again and follows every manifest. Changes nothing. */
export async function checkStorage(
  shared: Shared,
  repositories: AsyncIterable<{ readonly repository: DiskRepository; readonly folder: string }>,
  options: { readonly signal?: AbortSignal; readonly children?: boolean },
): Promise<StorageReport> {
  const report = { blobs: 0, bytes: 0, manifests: 0 };
  const damaged: Digest[] = [];
  const missing: StorageReport['missing'][number][] = [];
  for await (const digest of shared.blobs.list()) {
    options.signal?.throwIfAborted();
    const stream = await shared.blobs.open(digest);
    if (stream === undefined) continue;
    const hash = hashFor(digest);
    for await (const chunk of stream) {
      hash.update(chunk as Buffer);
      report.bytes += (chunk as Buffer).length;
    }
    report.blobs++;
    if (hash.digest('hex') !== digestHex(digest)) damaged.push(digest);
  }
  const bad = new Set(damaged);
  for await (const { repository, folder } of repositories) {
    for (const manifest of await digestsIn(join(folder, '_manifests'))) {
      options.signal?.throwIfAborted();
      report.manifests++;
      const lacks = (digest: Digest) => missing.push({ repository: repository.name, manifest, digest });
      if ((await repository.findManifest(manifest)) === undefined) {
        lacks(manifest);
        continue;
      }
      // A damaged manifest is reported as such; what it names cannot be known.
      if (bad.has(manifest)) continue;
      const { view } = readManifest(await repository.readManifest(manifest), { digest: manifest });
      if (view.kind === 'index') {
        for (const child of options.children === true ? view.manifests : [])
          if ((await repository.findManifest(child.digest)) === undefined) lacks(child.digest);
        continue;
      }
      for (const blob of await repository.missingBlobs(view)) lacks(blob);
    }
  }
  return { ...report, damaged, missing };
}
