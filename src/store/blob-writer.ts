import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest, DigestAlgorithm } from '../oci/index.ts';
import { fileError, syncFolder } from './files.ts';

/**
 * A blob on its way in: bytes are appended to a file of its own and hashed as they come; only `commit` gives it its final name.
 * The file is open only between `open` and `close`, so that many waiting uploads cost no file handles.
 */
export class BlobWriter {
  readonly path: string;
  readonly #durable: boolean;
  #handle: FileHandle | undefined;
  #hash: Hash | undefined;
  readonly #algorithm: DigestAlgorithm;
  #offset: number;

  private constructor(path: string, durable: boolean, algorithm: DigestAlgorithm, offset: number) {
    this.path = path;
    this.#durable = durable;
    this.#algorithm = algorithm;
    this.#offset = offset;
    // What lies there from before a restart has not gone through our hash; it is read again at the end.
    this.#hash = offset === 0 ? createHash(algorithm) : undefined;
  }

  /** A new empty file, which must not exist yet. Hashes with `algorithm` on the way; another one costs a second read. */
  static async create(options: {
    readonly path: string;
    readonly durable: boolean;
    readonly algorithm?: DigestAlgorithm;
  }): Promise<BlobWriter> {
    const writer = new BlobWriter(options.path, options.durable, options.algorithm ?? 'sha256', 0);
    try {
      writer.#handle = await open(options.path, 'wx+');
    } catch (cause) {
      throw fileError(cause, options.path, 'write the file');
    }
    return writer;
  }

  /** Takes up a file that an earlier process left, `size` bytes long. */
  static resume(options: {
    readonly path: string;
    readonly durable: boolean;
    readonly size: number;
    readonly algorithm?: DigestAlgorithm;
  }): BlobWriter {
    return new BlobWriter(options.path, options.durable, options.algorithm ?? 'sha256', options.size);
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Throws `NO_SPACE` or `FILE_WRITE_FAILED`; the offset then still tells what is safely there. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'r+');
      const handle = this.#handle;
      let done = 0;
      // Position and length are ours: a failed write leaves bytes behind the offset, which the next one overwrites.
      const write = async () => {
        while (done < chunk.length)
          done += (await handle.write(chunk, done, chunk.length - done, this.#offset + done)).bytesWritten;
      };
      const writing = write();
      // Hashing runs here while the write runs in the thread pool.
      const next = this.#hash?.update(chunk);
      try {
        await writing;
      } catch (cause) {
        // The running hash has seen bytes that are not there.
        this.#hash = undefined;
        throw cause;
      }
      this.#hash = next;
      this.#offset += chunk.length;
    } catch (cause) {
      throw fileError(cause, this.path, 'write the file');
    }
  }

  /** The digest of all bytes so far. */
  async digest(algorithm: DigestAlgorithm): Promise<Digest> {
    if (this.#hash !== undefined && algorithm === this.#algorithm)
      return `${algorithm}:${this.#hash.copy().digest('hex')}`;
    const hash = createHash(algorithm);
    try {
      this.#handle ??= await open(this.path, 'r+');
      const buffer = Buffer.allocUnsafe(256 * 1024);
      let position = 0;
      while (position < this.#offset) {
        const { bytesRead } = await this.#handle.read(
          buffer,
          0,
          Math.min(buffer.length, this.#offset - position),
          position,
        );
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        position += bytesRead;
      }
    } catch (cause) {
      throw fileError(cause, this.path, 'read the file');
    }
    return `${algorithm}:${hash.digest('hex')}`;
  }

  /** Gives the file its final name, over whatever was there. The caller has compared the digest. */
  async commit(finalPath: string): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'r+');
      await this.#handle.truncate(this.#offset);
      if (this.#durable) await this.#handle.sync();
      await this.close();
      await rename(this.path, finalPath);
      if (this.#durable) await syncFolder(dirname(finalPath));
    } catch (cause) {
      throw fileError(cause, finalPath, 'write the file');
    }
  }

  /** Releases the file handle; the bytes stay and can be continued. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}
