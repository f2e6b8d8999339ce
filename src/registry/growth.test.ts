import { describe, expect, it } from 'vitest';
import { createGrowth, type Growth, type Outcome } from './growth.ts';

/** A server in numbers: answers to `size` requests in flight take so many milliseconds. */
function play(
  roundMs: (size: number) => number,
  rounds: number,
  options: { readonly waiting?: boolean; readonly outcome?: (round: number) => Outcome } = {},
): { readonly growth: Growth; readonly sizes: number[] } {
  let now = 0;
  const growth = createGrowth({ start: 16, max: 128, now: () => now });
  const sizes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const size = growth.size();
    now += roundMs(size);
    for (let index = 0; index < size; index++)
      growth.ended(options.outcome?.(round) ?? 'done', options.waiting ?? true);
    sizes.push(growth.size());
  }
  return { growth, sizes };
}

describe('what may be in flight', () => {
  it('doubles while twice as much gets through: a far server', () => {
    expect(play(() => 40, 5).sizes).toEqual([32, 64, 128, 128, 128]);
  });

  it('goes back where it does not help, and looks again later: a near, busy server', () => {
    const { sizes } = play((size) => size * 2, 60);
    expect(sizes.slice(0, 3)).toEqual([32, 16, 16]);
    expect(sizes.filter((size) => size > 16).length).toBeLessThan(6);
    expect(sizes.lastIndexOf(32)).toBeGreaterThan(10);
  });

  it('stops where more begins to cost', () => {
    expect(play((size) => 40 + Math.max(0, size - 64) * 10, 6).sizes).toEqual([32, 64, 128, 64, 64, 64]);
  });

  it('stays while nobody waits, and in times too short to measure', () => {
    expect(play(() => 40, 5, { waiting: false }).growth.size()).toBe(16);
    expect(play(() => 0, 50).growth.size()).toBe(16);
  });

  it('is halved by a refusal, once for those that were sent together, and recovers', () => {
    let now = 0;
    const growth = createGrowth({ start: 16, max: 128, now: () => now });
    for (let index = 0; index < 16; index++) growth.ended('refused', true);
    expect(growth.size()).toBe(8);
    for (let round = 0; round < 3; round++)
      for (let index = 0; index < 8; index++) growth.ended('refused', true);
    expect(growth.size()).toBe(2);
    for (let round = 0; round < 60; round++) {
      now += 40;
      const size = growth.size();
      for (let index = 0; index < size; index++) growth.ended('done', true);
    }
    expect(growth.size()).toBe(128);
  });

  it('never exceeds what is allowed', () => {
    let now = 0;
    const growth = createGrowth({ start: 4, max: 6, now: () => now });
    for (let round = 0; round < 9; round++) {
      now += 40;
      for (let index = 0; index < 6; index++) growth.ended('done', true);
      expect(growth.size()).toBeLessThanOrEqual(6);
    }
    expect(growth.size()).toBe(6);
  });

  it('counts blobs by their bytes: many small ones after few big ones are no gain', () => {
    let now = 0;
    const growth = createGrowth({ start: 8, max: 32, now: () => now, roundMs: 1000 });
    const play = (blob: number, bytesPerSecond: number): void => {
      const size = growth.size();
      for (let index = 0; index < size; index++) {
        now += (blob / bytesPerSecond) * 1000;
        growth.ended('done', true, blob);
      }
    };
    // The line is full with eight.
    play(100e6, 50e6);
    expect(growth.size()).toBe(16);
    play(10e6, 50e6);
    expect(growth.size()).toBe(8);
  });

  it('gives far blobs more connections while each brings as much as the others', () => {
    let now = 0;
    const growth = createGrowth({ start: 8, max: 32, now: () => now, roundMs: 1000 });
    for (let round = 0; round < 3; round++) {
      const size = growth.size();
      now += 4000;
      for (let index = 0; index < size; index++) growth.ended('done', true, 40e6);
    }
    expect(growth.size()).toBe(32);
  });
});
