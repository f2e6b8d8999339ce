import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { formatBytes, SallyportError } from '../../base/index.ts';
import { type Descriptor, type Digest, digestAlgorithm, digestHex } from '../../oci/index.ts';
import type { CallOptions } from '../content-store.ts';
import { fileError, isPlainFolder, sizeOfRegular, syncFolder, writeWholeFile } from '../files.ts';
import { type FolderLock, lockFolder } from '../folder-lock.ts';
import { digestMismatch, sizeMismatch } from '../verify.ts';
import { ByteFile, type Piece } from './byte-file.ts';
import type { BundleLayout } from './layout.ts';
import { SUMS } from './names.ts';
import { formatParts, hashOfPiece, partName, partProblem, partSizes, partsFile, readParts } from './parts.ts';
import { findProgress, type Progress } from './resume.ts';
import { tarHeader } from './tar-header.ts';

export interface StartBundleOptions {
  readonly path: string;
  readonly layout: BundleLayout;
  /** Bytes of a part; undefined: one file. */
  readonly partSize?: number;
  readonly signal?: AbortSignal;
}

/** Beside the bundle, while it is being made: the same file system, so that renaming is one step. */
export function workFolder(path: string): string {
  return `${path}.partial`;
}

/**
 * Begins a bundle, or goes on with one that was interrupted: what is there already and right is kept. The place of every byte is known, so the room
 * that is needed is asked for first. Throws `NO_SPACE`, `LOCKED`, `FILE_WRITE_FAILED`.
 */
export async function startBundle(options: StartBundleOptions): Promise<BundleWriter> {
  const { path, layout, partSize, signal } = options;
  const folder = workFolder(path);
  const existed = await isPlainFolder(folder);
  await makeFolder(folder);
  const lock = await lockFolder(folder);
  let file: ByteFile | undefined;
  try {
    const pieces = await choosePieces(options);
    const fresh = !(await continues(pieces, layout));
    await refuseWithoutRoom(path, pieces);
    file = await ByteFile.openForWriting(pieces);
    const writer = new BundleWriter({ path, layout, partSize, pieces, file, lock });
    await writer.begin(fresh, signal);
    return writer;
  } catch (cause) {
    await file?.close();
    await lock.release();
    if (!existed && file === undefined) await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fileError(cause, folder, 'make the folder');
  }
}

/** Parts of an earlier run that are whole stay where they are; only the others are made. */
async function choosePieces({ path, layout, partSize, signal }: StartBundleOptions): Promise<Piece[]> {
  const folder = workFolder(path);
  if (partSize === undefined) return [{ path: join(folder, basename(path)), size: layout.total }];
  const earlier = await readParts(path).catch(() => undefined);
  const same = earlier?.bundle === layout.digest && earlier.partSize === partSize ? earlier : undefined;
  const pieces: Piece[] = [];
  for (const [position, size] of partSizes(layout.total, partSize).entries()) {
    const name = partName(path, position + 1);
    const known = same?.parts[position];
    const there = join(dirname(path), name);
    const sealed = known !== undefined && (await partProblem(there, known, signal)) === undefined;
    pieces.push(sealed ? { path: there, size, sealed } : { path: join(folder, name), size });
  }
  return pieces;
}

/** Whether the files that are there were begun for this very layout. What was begun for another is removed. */
async function continues(pieces: readonly Piece[], layout: BundleLayout): Promise<boolean> {
  const begun = await Promise.all(
    pieces.map(async (piece) => piece.sealed === true || (await sizeOfRegular(piece.path)) === piece.size),
  );
  const sums = layout.entries.find(({ name }) => name === SUMS);
  if (begun.every((one) => one) && sums?.bytes !== undefined) {
    const file = await ByteFile.openForReading(pieces);
    try {
      if ((await file.read(sums.data, sums.size)).equals(sums.bytes)) return true;
    } finally {
      await file.close();
    }
  }
  for (const piece of pieces) if (piece.sealed !== true) await rm(piece.path, { force: true });
  return pieces.some((piece) => piece.sealed === true);
}

async function refuseWithoutRoom(path: string, pieces: readonly Piece[]): Promise<void> {
  let needed = 0;
  for (const piece of pieces) {
    if (piece.sealed === true) continue;
    const there = await stat(piece.path).catch(() => undefined);
    needed += Math.max(0, piece.size - (there?.blocks ?? 0) * 512);
  }
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new SallyportError(
    'NO_SPACE',
    `needs ${formatBytes(needed)}, and ${formatBytes(free)} are free there; nothing was written`,
    { subject: path, facts: { needed, free } },
  );
}

/** A bundle while it is being written. Made by `startBundle`. */
export class BundleWriter {
  readonly path: string;
  readonly #layout: BundleLayout;
  readonly #partSize: number | undefined;
  readonly #pieces: readonly Piece[];
  readonly #file: ByteFile;
  readonly #lock: FolderLock;
  readonly #done = new Set<Digest>();
  readonly #begun = new Map<Digest, Progress>();

  constructor(options: {
    readonly path: string;
    readonly layout: BundleLayout;
    readonly partSize: number | undefined;
    readonly pieces: readonly Piece[];
    readonly file: ByteFile;
    readonly lock: FolderLock;
  }) {
    this.path = options.path;
    this.#layout = options.layout;
    this.#partSize = options.partSize;
    this.#pieces = options.pieces;
    this.#file = options.file;
    this.#lock = options.lock;
  }

  /** Whether the blob is there, whole and right. */
  has(digest: Digest): boolean {
    return this.#done.has(digest);
  }

  /** Writes everything that is known already, and looks through what an earlier run has left. */
  async begin(fresh: boolean, signal: AbortSignal | undefined): Promise<void> {
    for (const { name, size, header, bytes } of this.#layout.entries) {
      const head = tarHeader(name, size);
      await this.#file.write(header, bytes === undefined ? head : Buffer.concat([head, bytes]));
    }
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
    const subject = `${this.path} ${digest}`;
    const { hash, offset: start } = this.#begun.get(digest) ?? {
      hash: createHash(digestAlgorithm(digest)),
      offset: 0,
    };
    // Taken out: after a failed write the hash has seen what is not there.
    this.#begun.delete(digest);
    let offset = start;
    const source = await open(offset);
    let writing: Promise<void> = Promise.resolve();
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted();
        const bytes = chunk as Buffer;
        if (offset + bytes.length > blob.size) throw sizeMismatch(blob, subject, `more than ${blob.size}`);
        await writing;
        writing = this.#file.write(entry.data + offset, bytes);
        // Looked at with the next chunk; until then nobody may call it unhandled.
        writing.catch(() => undefined);
        hash.update(bytes);
        offset += bytes.length;
      }
      await writing;
    } catch (cause) {
      await writing.then(
        () => {
          if (offset > 0 && offset < blob.size && !isWrong(cause)) this.#begun.set(digest, { hash, offset });
        },
        () => undefined,
      );
      throw cause;
    } finally {
      source.destroy();
    }
    if (offset !== blob.size) {
      if (start === 0) throw sizeMismatch(blob, subject, String(offset));
      throw new SallyportError('SIZE_MISMATCH', `ends at byte ${offset} of ${blob.size}`, { subject });
    }
    const found = hash.digest('hex');
    if (found !== digestHex(digest)) throw digestMismatch(blob, subject, found);
    this.#done.add(digest);
  }

  /**
   * Gives the bundle its name, once everything is there and on the disk. Gives the files that it consists of, the index of parts first.
   * Throws `NO_SPACE`, `FILE_WRITE_FAILED`.
   */
  async finish(signal?: AbortSignal): Promise<readonly string[]> {
    for (const digest of this.#layout.blobs.keys()) {
      if (!this.#done.has(digest))
        throw new SallyportError('INTERNAL', `${digest} was never written`, { subject: this.path });
    }
    if (this.#lock.lost())
      throw new SallyportError('LOCKED', 'was taken over by another process while this one slept', {
        subject: this.path,
      });
    await this.#file.sync();
    await this.#file.close();
    const names =
      this.#partSize === undefined
        ? await this.#finishWhole()
        : await this.#finishParts(this.#partSize, signal);
    await syncFolder(dirname(this.path));
    await this.#lock.release();
    await rm(workFolder(this.path), { recursive: true, force: true });
    return names;
  }

  /** Leaves what was written so far for the next run. */
  async close(): Promise<void> {
    await this.#file.close();
    await this.#lock.release();
  }

  async #finishWhole(): Promise<readonly string[]> {
    for (const { path } of this.#pieces) await move(path, this.path);
    await removeParts(this.path, 0);
    return [this.path];
  }

  async #finishParts(partSize: number, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const known = await readParts(this.path).catch(() => undefined);
    const parts = [];
    for (const [position, piece] of this.#pieces.entries()) {
      // What was hashed when it was found whole is not hashed again.
      const digest =
        piece.sealed === true ? known?.parts[position]?.digest : await hashOfPiece(piece, signal);
      parts.push({
        file: partName(this.path, position + 1),
        size: piece.size,
        digest: digest ?? (await hashOfPiece(piece, signal)),
      });
    }
    // From here on the index and the parts may differ for a moment; whoever reads them then sees a damaged part, and this is run again.
    for (const [position, piece] of this.#pieces.entries()) {
      if (piece.sealed !== true)
        await move(piece.path, join(dirname(this.path), partName(this.path, position + 1)));
    }
    await removeParts(this.path, parts.length);
    const index = { bundle: this.#layout.digest, size: this.#layout.total, partSize, parts };
    await writeWholeFile(partsFile(this.path), formatParts(index), true);
    await rm(this.path, { force: true });
    return [partsFile(this.path), ...parts.map(({ file }) => join(dirname(this.path), file))];
  }
}

/** Content that was found wrong is not continued. */
function isWrong(cause: unknown): boolean {
  return (
    cause instanceof SallyportError && (cause.code === 'SIZE_MISMATCH' || cause.code === 'DIGEST_MISMATCH')
  );
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw fileError(cause, to, 'write the file');
  }
}

/** Removes parts of an earlier bundle of this name from a number on; with none kept, their index too. */
async function removeParts(path: string, keep: number): Promise<void> {
  const earlier = await readParts(path).catch(() => undefined);
  if (earlier === undefined) return;
  if (keep === 0) await rm(partsFile(path), { force: true });
  for (const { file } of earlier.parts.slice(keep)) await rm(join(dirname(path), file), { force: true });
}
