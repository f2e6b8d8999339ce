import type { Clock, SallyportError } from '../base/index.ts';
import { isAddressFailure, triesFor } from './retry.ts';

/** A registry's process or pod starts anew within seconds. */
const PATIENCE_MS = 15_000;
/** Enough for that time with the pauses between. */
const MOST_TRIES = 20;

/**
 * What a server has shown of itself in this run. One that has answered and then takes no connection is being started anew, and is waited for;
 * when that was in vain, whatever comes after fails at once: thousands of blobs would wait one after another for nothing.
 */
export interface Standing {
  /** It sent an answer, whatever it says. */
  answered(): void;
  /** Whether a request that failed like this for the `tries`th time is given up. */
  isLast(error: SallyportError, tries: number): boolean;
}

export function createStanding(clock: Clock): Standing {
  let hasAnswered = false;
  let awaySince: number | undefined;
  return {
    answered: () => {
      hasAnswered = true;
      awaySince = undefined;
    },
    isLast: (error, tries) => {
      const usual = triesFor(error);
      if (usual === 1 || !hasAnswered || !isAddressFailure(error)) return tries >= usual;
      awaySince ??= clock.now();
      return clock.now() - awaySince >= PATIENCE_MS || tries >= MOST_TRIES;
    },
  };
}
