import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Reusing, SallyportError, systemCode, whenAborted } from '../../base/index.ts';
import { fileError } from '../files.ts';
import type { ContentCheck } from '../verify.ts';
import { createMemory } from './memory.ts';
import { invalid } from './tar-header.ts';

/** One file that a run of bytes lies in. */
export interface Piece {
  readonly path: string;
  readonly size: number;
  /** Known to hold the right bytes already: what would be written into it is left out. */
  readonly sealed?: boolean;
}

interface OpenPiece {
  readonly piece: Piece;
  readonly start: number;
  readonly handle: FileHandle;
}

/** Large reads keep the number of thread-pool round trips low; measured no faster above this. */
const READ_SIZE = 512 * 1024;

const NEW_MEMORY = { take: Buffer.allocUnsafe, takeBack: () => undefined };

/** A row of files as one run of bytes: a bundle, whole or in parts. Reads and writes at any place, several at a time. */
export class ByteFile {
  readonly size: number;
  readonly #pieces: readonly OpenPiece[];
  readonly #memory = createMemory(READ_SIZE);

  private constructor(pieces: readonly OpenPiece[]) {
    this.#pieces = pieces;
    this.size = pieces.reduce((sum, { piece }) => sum + piece.size, 0);
  }

  /** Throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`, and `BUNDLE_INVALID` for a file of another length. */
  static async openForReading(pieces: readonly Piece[]): Promise<ByteFile> {
    return ByteFile.#open(pieces, 'read the file', async (piece) => {
      // Without O_NONBLOCK opening a named pipe would wait forever.
      const handle = await open(piece.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const info = await handle.stat();
      const problem = !info.isFile()
        ? 'is not a file'
        : info.size !== piece.size
          ? `is ${info.size} bytes long instead of ${piece.size}: it was cut off or is another file`
          : undefined;
      if (problem === undefined) return handle;
      await handle.close();
      throw invalid(piece.path, problem);
    });
  }

  /** Makes the files with their full length (holes until they are written); what is there stays. */
  static async openForWriting(pieces: readonly Piece[]): Promise<ByteFile> {
    return ByteFile.#open(pieces, 'write the file', async (piece) => {
      const handle = await open(
        piece.path,
        piece.sealed === true ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT,
        0o644,
      );
      if (piece.sealed !== true) await handle.truncate(piece.size);
      return handle;
    });
  }

  static async #open(
    pieces: readonly Piece[],
    what: string,
    one: (piece: Piece) => Promise<FileHandle>,
  ): Promise<ByteFile> {
    const opened: OpenPiece[] = [];
    let start = 0;
    try {
      for (const piece of pieces) {
        opened.push({
          piece,
          start,
          handle: await one(piece).catch((cause: unknown) => openFailed(cause, piece, what)),
        });
        start += piece.size;
      }
    } catch (cause) {
      for (const { handle } of opened) await handle.close();
      throw cause;
    }
    return new ByteFile(opened);
  }

  /** Exactly `length` bytes. Throws `BUNDLE_INVALID` when the file ends before. */
  async read(position: number, length: number): Promise<Buffer> {
    return this.#fill(Buffer.allocUnsafe(length), position);
  }

  async #fill(buffer: Buffer, position: number): Promise<Buffer> {
    const { length } = buffer;
    let done = 0;
    for (const { handle, path, at, count } of this.#slices(position, length)) {
      for (let taken = 0; taken < count; ) {
        const { bytesRead } = await handle
          .read(buffer, done, count - taken, at + taken)
          .catch((cause: unknown) => {
            throw fileError(cause, path, 'read the file');
          });
        if (bytesRead === 0) throw invalid(path, 'it ends before its content does');
        taken += bytesRead;
        done += bytesRead;
      }
    }
    if (done < length) throw invalid(this.name, 'it ends before its content does');
    return buffer;
  }

  async write(position: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    for (const { handle, path, at, count, sealed } of this.#slices(position, bytes.length)) {
      for (let written = 0; written < count && !sealed; ) {
        written += (
          await handle.write(bytes, done + written, count - written, at + written).catch((cause: unknown) => {
            throw fileError(cause, path, 'write the file');
          })
        ).bytesWritten;
      }
      done += count;
    }
  }

  /** Writes chunks one behind the other, in one go where they lie in one file. */
  async writeAll(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    const [only] = chunks;
    if (only !== undefined && chunks.length === 1) return this.write(position, only);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const [slice, ...others] = this.#slices(position, length);
    if (slice !== undefined && others.length === 0 && !slice.sealed) {
      const { bytesWritten } = await slice.handle.writev([...chunks], slice.at).catch((cause: unknown) => {
        throw fileError(cause, slice.path, 'write the file');
      });
      if (bytesWritten === length) return;
    }
    // Over several files, or cut short; what is there is written once more.
    let at = position;
    for (const chunk of chunks) {
      await this.write(at, chunk);
      at += chunk.length;
    }
  }

  /** The bytes from `start` up to but without `end`; fails instead of ending when `check` says so. */
  stream(
    start: number,
    end: number,
    { signal, check }: { readonly signal?: AbortSignal | undefined; readonly check?: ContentCheck } = {},
  ): Readable {
    let at = start;
    const pass = (bytes: Buffer): void => {
      at += bytes.length;
      const wrong = check?.take(bytes);
      if (wrong === undefined) reading.push(bytes);
      else reading.destroy(wrong);
    };
    const finish = (): void => {
      const wrong = check?.end();
      if (wrong === undefined) reading.push(null);
      else reading.destroy(wrong);
    };
    // Short content is often kept, and long content has many chunks.
    const { take, takeBack } = end - start >= READ_SIZE ? this.#memory : NEW_MEMORY;
    const reading = new Reusing({
      highWaterMark: READ_SIZE,
      takeBack,
      read: () => {
        if (at >= end) {
          finish();
          return;
        }
        this.#fill(take(Math.min(READ_SIZE, end - at)), at).then(pass, (cause: unknown) =>
          reading.destroy(cause instanceof Error ? cause : new Error(String(cause))),
        );
      },
    });
    const forget = whenAborted(signal, () =>
      reading.destroy(signal?.reason instanceof Error ? signal.reason : undefined),
    );
    reading.once('close', forget);
    return reading;
  }

  /** For messages. */
  get name(): string {
    return this.#pieces[0]?.piece.path ?? '';
  }

  async sync(): Promise<void> {
    for (const { handle, piece } of this.#pieces) {
      if (piece.sealed === true) continue;
      await handle.sync().catch((cause: unknown) => {
        throw fileError(cause, piece.path, 'write the file');
      });
    }
  }

  async close(): Promise<void> {
    for (const { handle } of this.#pieces) await handle.close();
  }

  *#slices(position: number, length: number) {
    const end = position + length;
    for (const { piece, start, handle } of this.#pieces) {
      const from = Math.max(position, start);
      const to = Math.min(end, start + piece.size);
      if (from >= to) continue;
      yield { handle, path: piece.path, at: from - start, count: to - from, sealed: piece.sealed === true };
    }
  }
}

function openFailed(cause: unknown, piece: Piece, what: string): never {
  if (systemCode(cause) === 'ENOENT')
    throw new SallyportError('FILE_NOT_FOUND', 'does not exist', { subject: piece.path, cause });
  throw fileError(cause, piece.path, what);
}
