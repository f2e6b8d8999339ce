import { describe, expect, it } from 'vitest';
import { type Digest, digestAlgorithm, digestHex, isDigest, parseDigest } from './digest.ts';
import { digestOf, hashFor } from './hash.ts';

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('digests', () => {
  it.each([EMPTY, `sha512:${'0'.repeat(128)}`])('%s is one', (text) => {
    expect(isDigest(text)).toBe(true);
    expect(parseDigest(text)).toBe(text);
  });

  it.each([
    '',
    'sha256:',
    'sha256',
    `sha256:${'0'.repeat(63)}`,
    `sha256:${'0'.repeat(65)}`,
    `sha256:${'0'.repeat(128)}`,
    `sha512:${'0'.repeat(64)}`,
    `sha256:${'A'.repeat(64)}`,
    `SHA256:${'0'.repeat(64)}`,
    `sha384:${'0'.repeat(96)}`,
    `md5:${'0'.repeat(32)}`,
    `sha256-${'0'.repeat(64)}`,
    ` ${EMPTY}`,
    `${EMPTY}\n`,
    `sha256:../${'0'.repeat(61)}`,
  ])('%j is none', (text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', subject: text }),
    );
  });

  it('are of the bytes', () => {
    expect(digestOf(Buffer.alloc(0))).toBe(EMPTY);
    expect(digestOf(Buffer.from('abc'), 'sha512')).toMatch(/^sha512:ddaf35a1/);
  });

  it('name the algorithm that checks them', () => {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest: Digest = digestOf(Buffer.from('abc'), algorithm);
      expect(digestAlgorithm(digest)).toBe(algorithm);
      expect(hashFor(digest).update('a').update('bc').digest('hex')).toBe(digestHex(digest));
    }
  });
});
