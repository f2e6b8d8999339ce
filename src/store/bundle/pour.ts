import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Descriptor } from '../../oci/index.ts';
import { sizeMismatch } from '../verify.ts';
import type { ByteFile } from './byte-file.ts';
import type { Progress } from './resume.ts';

/** What may wait for a write that is under way; as much is then written at once. */
const WAITING = 1024 * 1024;

export interface PourOptions {
  readonly source: Readable;
  readonly file: ByteFile;
  /** Where the first byte of the blob lies in the file. */
  readonly at: number;
  readonly blob: Descriptor;
  /** For messages. */
  readonly subject: string;
  /** What is there already; its hash goes on. */
  readonly from: Progress;
  readonly signal: AbortSignal | undefined;
}

export interface Poured {
  /** What is there now; undefined when a write failed, after which nobody knows. */
  readonly reached: Progress | undefined;
  /** Why it ended early: `SIZE_MISMATCH` for too many bytes, failures of the source and of the disk. */
  readonly failure?: unknown;
}

/**
 * Writes a stream to its place in a file and hashes exactly what it writes. What comes while a write is under way goes out with the next one:
 * each has its price in the thread pool, whatever its length. Nothing is under way any more when it resolves.
 */
export async function pour({ source, file, at, blob, subject, from, signal }: PourOptions): Promise<Poured> {
  const { hash } = from;
  let { offset } = from;
  let sound = true;
  let writing: Promise<void> = Promise.resolve();
  const take = (chunks: readonly Buffer[], done: (cause?: Error | null) => void): void => {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const refusal =
      signal?.aborted === true
        ? asError(signal.reason)
        : offset + length > blob.size
          ? sizeMismatch(blob, subject, `more than ${blob.size}`)
          : undefined;
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    sound = false;
    writing = file.writeAll(at + offset, chunks).then(() => {
      offset += length;
      sound = true;
    });
    writing.then(() => done(), done);
    // Here, while the thread pool writes.
    for (const chunk of chunks) hash.update(chunk);
  };
  const sink = new Writable({
    highWaterMark: WAITING,
    write: (chunk: Buffer, _, done) => take([chunk], done),
    writev: (items, done) =>
      take(
        items.map(({ chunk }): Buffer => chunk),
        done,
      ),
  });
  const ended = await pipeline(source, sink).then(
    () => ({}),
    (failure: unknown) => ({ failure }),
  );
  await writing.catch(() => undefined);
  return { reached: sound ? { offset, hash } : undefined, ...ended };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
