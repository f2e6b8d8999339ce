import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SallyportError, systemCode } from '../base/index.ts';
import {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
} from '../oci/index.ts';
import type { BlobWriter } from './blob-writer.ts';
import {
  ensureFolder,
  fileError,
  isPlainFolder,
  openRegular,
  readWholeFile,
  sizeOfRegular,
  writeWholeFile,
} from './files.ts';

const ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512'];

/** Large reads keep the number of thread-pool round trips low; measured no faster above this. */
const READ_SIZE = 256 * 1024;

/** The `blobs/<algorithm>/<hex>` folder of an OCI image layout (image-spec v1.1 image-layout.md). */
export class BlobFiles {
  readonly root: string;
  readonly durable: boolean;

  constructor(options: { readonly root: string; readonly durable: boolean }) {
    this.root = options.root;
    this.durable = options.durable;
  }

  /** Makes the folders when `create`; refuses links in their place either way. */
  async prepare(create: boolean): Promise<void> {
    for (const folder of [
      this.root,
      join(this.root, 'blobs'),
      ...ALGORITHMS.map((name) => join(this.root, 'blobs', name)),
    ]) {
      if (create) await ensureFolder(folder, this.durable);
      // The root itself may be reached through a link: the user named it.
      if (folder !== this.root) await isPlainFolder(folder);
    }
  }

  pathOf(digest: Digest): string {
    // A digest has been checked when it became one; checked again because it now becomes a path.
    if (!isDigest(digest))
      throw new SallyportError('REFERENCE_INVALID', 'is not a digest', { subject: digest });
    return join(this.root, 'blobs', digestAlgorithm(digest), digestHex(digest));
  }

  /** Size in bytes, or undefined when it is not there. */
  size(digest: Digest): Promise<number | undefined> {
    return sizeOfRegular(this.pathOf(digest));
  }

  /** The bytes from `start` up to and including `end` (default: the last), not verified. Undefined when it is not there. */
  async open(
    digest: Digest,
    range: { readonly start?: number; readonly end?: number } = {},
  ): Promise<Readable | undefined> {
    const file = await openRegular(this.pathOf(digest));
    if (file === undefined) return undefined;
    return file.handle.createReadStream({
      highWaterMark: READ_SIZE,
      ...(range.start === undefined ? {} : { start: range.start }),
      ...(range.end === undefined ? {} : { end: range.end }),
    });
  }

  /** A small blob with its digest checked. Throws `DIGEST_MISMATCH`, `FILE_UNREADABLE` when longer than `limit` bytes. */
  async read(digest: Digest, limit: number): Promise<Buffer | undefined> {
    const path = this.pathOf(digest);
    const bytes = await readWholeFile(path, limit);
    if (bytes !== undefined && digestOf(bytes, digestAlgorithm(digest)) !== digest)
      throw new SallyportError('DIGEST_MISMATCH', 'is damaged: its bytes are not what its name says', {
        subject: path,
      });
    return bytes;
  }

  /** Writes bytes that are known to have this digest. */
  async write(digest: Digest, bytes: Buffer): Promise<void> {
    await writeWholeFile(this.pathOf(digest), bytes, this.durable);
  }

  /** Takes over a finished upload whose digest the caller has checked. */
  async adopt(writer: BlobWriter, digest: Digest): Promise<void> {
    await writer.commit(this.pathOf(digest));
  }

  async remove(digest: Digest): Promise<void> {
    try {
      await rm(this.pathOf(digest), { force: true });
    } catch (cause) {
      throw fileError(cause, this.pathOf(digest), 'remove the file');
    }
  }

  /** Every blob there is, in no order. */
  async *list(): AsyncGenerator<Digest> {
    for (const algorithm of ALGORITHMS) {
      let names: string[];
      try {
        names = await readdir(join(this.root, 'blobs', algorithm));
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT') continue;
        throw fileError(cause, join(this.root, 'blobs', algorithm), 'read the folder');
      }
      for (const name of names) {
        const digest = `${algorithm}:${name}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }
}
