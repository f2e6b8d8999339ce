import { SallyportError } from '../base/index.ts';

/** `sha256:<64 hex>` or `sha512:<128 hex>`, checked. OCI image-spec v1.1, descriptor.md#digests. */
export type Digest = `${DigestAlgorithm}:${string}`;

/** The registered algorithms and the length of their lower-case hex encoding. */
const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

export type DigestAlgorithm = keyof typeof HEX_LENGTH;

const SHAPE = /^(sha256|sha512):([0-9a-f]+)$/;

/** True when `text` is a digest of a registered algorithm with the exact length; nothing else may ever become part of a path. */
export function isDigest(text: string): text is Digest {
  const match = SHAPE.exec(text);
  return match?.[1] !== undefined && match[2]?.length === HEX_LENGTH[match[1] as DigestAlgorithm];
}

/** The text as a digest. Throws `REFERENCE_INVALID`. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new SallyportError('REFERENCE_INVALID', 'is not a sha256 or sha512 digest in lower-case hex', {
    subject: text,
  });
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
