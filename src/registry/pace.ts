import type { Clock } from '../base/index.ts';
import { pause } from './retry.ts';

/** The pause that one server asked for, kept by every request to it: a 429 to one worker is meant for all. */
export interface Pace {
  /** Nobody sends for the next `ms`. */
  hold(ms: number): void;
  /** Resolves when sending is allowed. Throws `ABORTED`. */
  ready(signal: AbortSignal | undefined): Promise<void>;
}

/** Spread of the workers after a common pause, so that they do not return as one. */
const SPREAD_MS = 250;

export function createPace(clock: Clock): Pace {
  let until = 0;
  return {
    hold: (ms) => {
      until = Math.max(until, clock.now() + ms);
    },
    ready: async (signal) => {
      while (until > clock.now())
        await pause(clock, until - clock.now() + clock.random() * SPREAD_MS, signal);
    },
  };
}
