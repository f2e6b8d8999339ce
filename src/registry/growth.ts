/** How many may be in flight to one server: more while more gets through in the same time, fewer when the server says that it is too much. */
export interface Growth {
  /** The number now. */
  size(): number;
  /**
   * One has ended. `waiting`: others were waiting for its place, so that the number was what held them back. `amount`: what got through with it,
   * as answers or as bytes, but always the same; default 1.
   */
  ended(outcome: Outcome, waiting: boolean, amount?: number): void;
}

/** `refused`: 429, 503, a broken connection, no answer in time. */
export type Outcome = 'done' | 'refused';

export interface GrowthOptions {
  readonly start: number;
  readonly max: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Milliseconds that a round takes at least; what is measured in less is noise. Default 20. */
  readonly roundMs?: number;
}

/** A doubled number is kept when so much more gets through: far servers give nearly twice as much, busy ones nothing. */
const WORTH_IT = 1.25;
const ROUND_MS = 20;
/** Rounds until growth is tried again where it did not help, and after a refusal. */
const PATIENCE = 12;
const PATIENCE_REFUSED = 40;
const LEAST = 2;

/**
 * Counts in rounds of as many answers as may be in flight. A round in which somebody always waited is followed by one with twice the
 * number, which is kept when it was worth it. A refusal halves it, once for all that were under way together (additive increase and
 * multiplicative decrease of TCP, with doubling in place of addition, since a copy is over in seconds).
 */
export function createGrowth({ start, max, now, roundMs = ROUND_MS }: GrowthOptions): Growth {
  const least = Math.min(LEAST, start);
  let size = Math.min(start, max);
  let before: { readonly size: number; readonly rate: number } | undefined;
  let patience = 0;
  /** How many of those that were under way at the last refusal have not ended: what they say is the same lesson. */
  let together = 0;
  let count = 0;
  let through = 0;
  let held = true;
  let from = now();

  const round = (): void => {
    count = 0;
    through = 0;
    held = true;
    from = now();
  };

  return {
    size: () => size,
    ended: (outcome, waiting, amount = 1) => {
      const elapsed = now() - from;
      count++;
      through += amount;
      together = Math.max(0, together - 1);
      if (outcome === 'refused') {
        patience = PATIENCE_REFUSED;
        if (together > 0) return;
        together = size;
        size = Math.max(least, Math.floor(size / 2));
        before = undefined;
        round();
        return;
      }
      held &&= waiting;
      if (count < size || elapsed < roundMs) return;
      const rate = through / elapsed;
      if (before !== undefined && rate < before.rate * WORTH_IT) {
        size = before.size;
        before = undefined;
        patience = PATIENCE;
      } else if (patience > 0) {
        patience--;
      } else if (held && size < max) {
        before = { size, rate };
        size = Math.min(max, size * 2);
      } else {
        before = undefined;
      }
      round();
    },
  };
}
