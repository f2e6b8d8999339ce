import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { SallyportError } from '../../base/index.ts';
import { type Descriptor, type Digest, digestAlgorithm, digestHex } from '../../oci/index.ts';
import type { CallOptions } from '../content-store.ts';
import { syncFolder } from '../files.ts';
import type { FolderLock } from '../folder-lock.ts';
import { digestMismatch, sizeMismatch } from '../verify.ts';
import type { ByteFile, Piece } from './byte-file.ts';
import { nameParts, nameWhole } from './finish.ts';
import type { BundleLayout } from './layout.ts';
import { pour } from './pour.ts';
import { findProgress, type Progress } from './resume.ts';
import { padding, tarHeader } from './tar-header.ts';

/** Beside the bundle, while it is being made: the same file system, so that renaming is one step. */
export function workFolder(path: string): string {
  return `${path}.partial`;
}

export interface BundleWriterOptions {
  readonly path: string;
  readonly layout: BundleLayout;
  readonly partSize: number | undefined;
  readonly pieces: readonly Piece[];
  /** The pieces, open for writing. */
  readonly file: ByteFile;
  /** On the work folder. */
  readonly lock: FolderLock;
}

/** A bundle while it is being written. Made by `startBundle`. */
export class BundleWriter {
  readonly path: string;
  readonly #options: BundleWriterOptions;
  readonly #layout: BundleLayout;
  readonly #file: ByteFile;
  readonly #done = new Set<Digest>();
  readonly #begun = new Map<Digest, Progress>();

  constructor(options: BundleWriterOptions) {
    this.path = options.path;
    this.#options = options;
    this.#layout = options.layout;
    this.#file = options.file;
  }

  /** Whether the blob is there, whole and right. */
  has(digest: Digest): boolean {
    return this.#done.has(digest);
  }

  /** Bytes of a blob that are still to come: an interrupted run may have left a part of it. */
  missing({ digest, size }: Descriptor): number {
    return this.#done.has(digest) ? 0 : size - (this.#begun.get(digest)?.offset ?? 0);
  }

  /** Writes everything that is known already, and looks through what an earlier run has left. */
  async begin(fresh: boolean, signal: AbortSignal | undefined): Promise<void> {
    await Promise.all(knownRuns(this.#layout).map(({ at, bytes }) => this.#file.writeAll(at, bytes)));
    for (const [digest, entry] of this.#layout.blobs) {
      if (fresh && entry.size > 0) continue;
      const { done, progress } = await findProgress(this.#file, entry, digest, signal);
      if (done) this.#done.add(digest);
      else if (progress !== undefined) this.#begun.set(digest, progress);
    }
  }

  /**
   * Takes a blob from where it stopped. Throws `DIGEST_MISMATCH` and `SIZE_MISMATCH`, and the next try begins anew; after other failures
   * the next try goes on.
   */
  async writeBlob(
    blob: Descriptor,
    open: (offset: number) => Promise<Readable>,
    { signal }: CallOptions,
  ): Promise<void> {
    const { digest } = blob;
    if (this.#done.has(digest)) return;
    const entry = this.#layout.blobs.get(digest);
    if (entry === undefined || entry.size !== blob.size)
      throw new SallyportError('INTERNAL', `has no place for ${digest}`, { subject: this.path });
    const subject = this.path;
    const from = this.#begun.get(digest) ?? { hash: createHash(digestAlgorithm(digest)), offset: 0 };
    const start = from.offset;
    const source = await open(start);
    // Taken out: from here on its hash takes in more.
    this.#begun.delete(digest);
    const { reached, failure } = await pour({
      source,
      file: this.#file,
      at: entry.data,
      blob,
      subject,
      from,
      signal,
    });
    if (failure !== undefined || reached === undefined) {
      if (reached !== undefined && reached.offset > 0 && reached.offset < blob.size && !isWrong(failure))
        this.#begun.set(digest, reached);
      throw failure;
    }
    if (reached.offset !== blob.size) {
      if (start === 0) throw sizeMismatch(blob, subject, String(reached.offset));
      throw new SallyportError('SIZE_MISMATCH', `${digest} ends at byte ${reached.offset} of ${blob.size}`, {
        subject,
      });
    }
    const found = reached.hash.digest('hex');
    if (found !== digestHex(digest)) throw digestMismatch(blob, subject, found);
    this.#done.add(digest);
  }

  /**
   * Gives the bundle its name, once everything is there and on the disk. Gives the files that it consists of, the index of parts first.
   * Throws `NO_SPACE`, `FILE_WRITE_FAILED`.
   */
  async finish(signal?: AbortSignal): Promise<readonly string[]> {
    const { lock, pieces, partSize } = this.#options;
    for (const digest of this.#layout.blobs.keys()) {
      if (!this.#done.has(digest))
        throw new SallyportError('INTERNAL', `${digest} was never written`, { subject: this.path });
    }
    if (lock.lost())
      throw new SallyportError('LOCKED', 'was taken over by another process while this one slept', {
        subject: this.path,
      });
    await this.#file.sync();
    await this.#file.close();
    const names =
      partSize === undefined
        ? await nameWhole(this.path, pieces)
        : await nameParts({ path: this.path, pieces, layout: this.#layout, partSize, signal });
    await syncFolder(dirname(this.path));
    await lock.release();
    await rm(workFolder(this.path), { recursive: true, force: true });
    return names;
  }

  /** Leaves what was written so far for the next run. */
  async close(): Promise<void> {
    await this.#file.close();
    await this.#options.lock.release();
  }
}

/** Everything but the blobs' content, what lies together in one run. */
function knownRuns({ entries }: BundleLayout): readonly { readonly at: number; readonly bytes: Buffer[] }[] {
  const runs: { readonly at: number; end: number; readonly bytes: Buffer[] }[] = [];
  for (const { name, size, header, data, bytes } of entries) {
    let run = runs.at(-1);
    if (run?.end !== header) {
      run = { at: header, end: header, bytes: [] };
      runs.push(run);
    }
    run.bytes.push(tarHeader(name, size));
    if (bytes !== undefined) run.bytes.push(bytes, Buffer.alloc(padding(size)));
    run.end = bytes === undefined ? data : data + size + padding(size);
  }
  return runs;
}

/** Content that was found wrong is not continued. */
function isWrong(cause: unknown): boolean {
  return (
    cause instanceof SallyportError && (cause.code === 'SIZE_MISMATCH' || cause.code === 'DIGEST_MISMATCH')
  );
}
