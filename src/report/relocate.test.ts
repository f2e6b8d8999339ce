import { describe, expect, it } from 'vitest';
import type { RelocateResult } from '../workflows/index.ts';
import { relocateText } from './relocate.ts';
import { PLAIN } from './style.ts';

function result(unresolved: number, files: readonly string[]): RelocateResult {
  return {
    lock: { target: { prefix: 'r.example/x' } },
    mirror: {
      plan: { images: [], failed: [] },
      copied: { images: [], bytesSent: 0, blobsCopied: 0, blobsMounted: 0 },
      failures: [],
    },
    rendered: {
      files: files.map((path) => ({ path })),
      closure: { leftOut: [], unresolved: Array.from({ length: unresolved }, () => ({})) },
    },
    failures: [],
  } as unknown as RelocateResult;
}

const lastLines = (unresolved: number, ...files: string[]): readonly string[] =>
  relocateText(result(unresolved, files), 'out', PLAIN).trimEnd().split('\n').slice(3);

const NEXT = 'Next: read out/README.md; it has the pull secret and the order to apply in.';

describe('the end of relocate', () => {
  it('says what to read', () => {
    expect(lastLines(0, 'README.md')).toEqual([NEXT]);
    expect(lastLines(0, 'README.md', 'chectl/x.yaml')).toEqual([
      'Next: read out/README.md; it has the pull secret, the order to apply in and the chectl command.',
    ]);
  });

  it.each([
    [1, 'Not covered: 1 image that cannot be known; out/README.md lists it; --strict refuses such images.'],
    [
      12,
      'Not covered: 12 images that cannot be known; out/README.md lists them; --strict refuses such images.',
    ],
  ])('says last that %i cannot be known, though the status is 0, and what refuses that', (count, line) => {
    expect(lastLines(count, 'README.md')).toEqual([NEXT, line]);
  });
});
