import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { Digest } from '../../oci/index.ts';
import { BlobWriter, sizeOfRegular } from '../../store/index.ts';
import { isUploadId, uploadPath } from './paths.ts';
import type { Shared } from './shared.ts';
import { inFolder } from './small-files.ts';
import { DiskUpload } from './upload.ts';

type Link = (digest: Digest) => Promise<void>;

/** Begins an upload in a repository's folder. */
export async function startUpload(
  shared: Shared,
  repository: string,
  folder: string,
  link: Link,
): Promise<DiskUpload> {
  const id = randomUUID();
  const path = uploadPath(folder, id);
  const { durable } = shared;
  const writer = await inFolder(shared, dirname(path), () => BlobWriter.create({ path, durable }));
  // Between requests an upload holds no file open.
  await writer.close();
  return register(shared, repository, id, writer, link);
}

/** An upload that is under way, also one from before a restart: its file is its state. */
export async function findUpload(
  shared: Shared,
  repository: string,
  folder: string,
  id: string,
  link: Link,
): Promise<DiskUpload | undefined> {
  if (!isUploadId(id)) return undefined;
  const key = `${repository} ${id}`;
  const known = shared.uploads.get(key);
  if (known !== undefined) return known;
  const path = uploadPath(folder, id);
  const size = await sizeOfRegular(path);
  if (size === undefined) return undefined;
  // Another request may have taken it up meanwhile; there must be one state only.
  const writer = BlobWriter.resume({ path, durable: shared.durable, size });
  return shared.uploads.get(key) ?? register(shared, repository, id, writer, link);
}

function register(
  shared: Shared,
  repository: string,
  id: string,
  writer: BlobWriter,
  link: Link,
): DiskUpload {
  const key = `${repository} ${id}`;
  const upload = new DiskUpload({
    id,
    writer,
    blobs: shared.blobs,
    // Under the lock of the digest: garbage collection removes files under the same one.
    settle: (adopt, digest) =>
      shared.serial.run(digest, async () => {
        shared.recent.mark(digest);
        await adopt();
        // Link last: until then no reader of this repository sees the blob.
        await link(digest);
      }),
    onEnd: () => shared.uploads.delete(key),
    now: shared.now(),
  });
  shared.uploads.set(key, upload);
  return upload;
}
