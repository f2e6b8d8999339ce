import type { Hash } from 'node:crypto';
import { type Digest, type DigestAlgorithm, digestAlgorithm } from './digest.ts';

/** Loaded at the first digest: commands that only read names need not wait for it at start. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${crypto().createHash(algorithm).update(bytes).digest('hex')}`;
}

/** A running hash for the algorithm that `digest` names. */
export function hashFor(digest: Digest): Hash {
  return crypto().createHash(digestAlgorithm(digest));
}
