import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance, passed in where a test needs to hold them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits, or rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
  random: () => Math.random(),
};
