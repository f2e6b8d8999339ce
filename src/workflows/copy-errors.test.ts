import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import type { CopiedImage, Plan } from '../transfer/index.ts';
import { copyError, relocateError } from './copy-errors.ts';
import type { MirrorResult } from './mirror.ts';

const failed = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => new SallyportError('TIMEOUT', 'silent', { subject: `i${index}` }),
  );

/** So many images of each kind. */
function resultOf(unplanned: number, states: readonly CopiedImage['state'][] | undefined): MirrorResult {
  const plan = {
    images: [],
    failed: failed(unplanned).map((error) => ({ error })),
  } as unknown as Plan;
  const images = (states ?? []).map((state) => ({ source: 'a', target: 'b', state }));
  const copied = {
    images,
    bytesSent: 0,
    blobsCopied: 0,
    blobsMounted: 0,
    blobsPresent: 0,
    manifestsWritten: 0,
  };
  const failures = failed(unplanned + images.filter(({ state }) => state === 'failed').length);
  return states === undefined ? { plan, failures } : { plan, copied, failures };
}

describe('the failures of a copy as one error', () => {
  it.each<[number, readonly CopiedImage['state'][] | undefined, string]>([
    [2, [], 'none of 2 images was copied'],
    [1, ['failed'], 'none of 2 images was copied'],
    [1, ['failed', 'present'], '2 of 3 images were not copied; the others are at the target'],
    [0, ['failed', 'failed', 'copied'], '2 of 3 images were not copied; the others are at the target'],
    [2, undefined, '2 images cannot be copied as things are'],
  ])('%i unplanned, then %j: %s', (unplanned, states, message) => {
    const error = copyError(resultOf(unplanned, states), 'copied');
    expect(error).toMatchObject({ code: 'PARTIAL_FAILURE', message });
    expect(error.parts).toHaveLength(2);
  });

  it('is the failure itself when there is one', () => {
    expect(copyError(resultOf(1, ['copied']), 'copied')).toMatchObject({
      code: 'TIMEOUT',
      message: 'silent',
    });
  });

  it.each<[readonly CopiedImage['state'][] | undefined, string]>([
    [[], '2 images failed; no image is at the target, and no manifest was written'],
    [['copied'], '2 images failed; the others are at the target, and no manifest was written'],
    [undefined, '2 images failed; nothing was copied or written'],
  ])('of relocate after %j: %s', (states, message) => {
    const mirror = resultOf(2, states);
    expect(relocateError({ mirror, failures: mirror.failures }).message).toBe(message);
  });
});
