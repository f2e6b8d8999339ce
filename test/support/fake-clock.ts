import type { Clock } from '../../src/base/index.ts';

export interface FakeClock extends Clock {
  /** Every sleep so far, milliseconds. */
  readonly sleeps: readonly number[];
  advance(ms: number): void;
}

/** Time that passes only by `sleep` and `advance`; `random` gives always the same. */
export function fakeClock(start = Date.parse('2026-01-01T00:00:00Z'), random = 0.5): FakeClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    random: () => random,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}
