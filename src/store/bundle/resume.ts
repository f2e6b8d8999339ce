import { createHash, type Hash } from 'node:crypto';
import { type Digest, digestAlgorithm, digestHex } from '../../oci/index.ts';
import type { ByteFile } from './byte-file.ts';
import type { BundleEntry } from './layout.ts';

/** How far a blob is in a file that is still being written. */
export interface Progress {
  /** Bytes that are there, from the beginning. */
  readonly offset: number;
  /** Has taken in exactly those. */
  readonly hash: Hash;
}

const STEP = 1024 * 1024;

/** A hole reads as zeros. Content that ends a step in so many of them is written again, which costs time and nothing else. */
const HOLE = Buffer.alloc(4096);

/**
 * Finds out what an interrupted run has written of a blob, from the file alone: blobs are written from their beginning on, and what was not
 * reached is a hole. `done`: it is whole, and its hash is right.
 */
export async function findProgress(
  file: ByteFile,
  entry: BundleEntry,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<{ readonly done: boolean; readonly progress?: Progress }> {
  const hash = createHash(digestAlgorithm(digest));
  let offset = 0;
  while (offset < entry.size) {
    signal?.throwIfAborted();
    const length = Math.min(STEP, entry.size - offset);
    const bytes = await file.read(entry.data + offset, length);
    const tail = bytes.subarray(-Math.min(HOLE.length, length));
    const last = offset + length === entry.size;
    // The end of the last step may be zeros by right; there the hash decides.
    if (!last && tail.equals(HOLE)) break;
    if (last) {
      if (hash.copy().update(bytes).digest('hex') === digestHex(digest)) return { done: true };
      break;
    }
    hash.update(bytes);
    offset += length;
  }
  if (entry.size === 0) return { done: hash.digest('hex') === digestHex(digest) };
  return offset === 0 ? { done: false } : { done: false, progress: { offset, hash } };
}
