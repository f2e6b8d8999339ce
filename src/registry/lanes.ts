import { SallyportError, whenAborted } from '../base/index.ts';
import { createGrowth, type Growth, type Outcome } from './growth.ts';
import { CONNECTIONS } from './spread-read.ts';

/** Gives back a place, with what came of it (default: done) and how much went through it (default 1); calling it twice does nothing. */
export type Release = (outcome?: Outcome, amount?: number) => void;

/** So many at a time as `growth` says, first come first served. */
export interface Lane {
  /** Places that nobody has or waits for. */
  free(): number;
  enter(signal: AbortSignal | undefined): Promise<Release>;
}

/** `size`: a number that stays, or one that follows what the server gives. */
export function createLane(size: number | Growth): Lane {
  const growth = typeof size === 'number' ? fixed(Math.max(1, size)) : size;
  let taken = 0;
  const waiting: (() => void)[] = [];
  const release = (outcome: Outcome, amount?: number): void => {
    taken--;
    growth.ended(outcome, waiting.length > 0, amount);
    while (taken < growth.size()) {
      const next = waiting.shift();
      if (next === undefined) return;
      taken++;
      next();
    }
  };
  const place = (): Release => {
    let held = true;
    return (outcome = 'done', amount) => {
      if (!held) return;
      held = false;
      release(outcome, amount);
    };
  };
  return {
    free: () => (waiting.length > 0 ? 0 : Math.max(0, growth.size() - taken)),
    enter: (signal) => {
      if (signal?.aborted === true)
        return Promise.reject(new SallyportError('ABORTED', 'stopped on request', { cause: signal.reason }));
      if (taken < growth.size()) {
        taken++;
        return Promise.resolve(place());
      }
      return new Promise((resolve, reject) => {
        const turn = (): void => {
          stay();
          resolve(place());
        };
        waiting.push(turn);
        const stay = whenAborted(signal, () => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(new SallyportError('ABORTED', 'stopped on request', { cause: signal?.reason }));
        });
      });
    },
  };
}

function fixed(size: number): Growth {
  return { size: () => size, ended: () => {} };
}

/**
 * The lanes to one server. Manifests, HEADs and tokens have their own, so that they never wait behind 5 GB blobs (regclient reserves a
 * slot for them). Blobs that come and blobs that go have one each: a copy within one server holds a place in both, and with a common
 * lane enough copies would wait for each other for ever.
 */
export interface Lanes {
  readonly small: Lane;
  readonly blobsIn: Lane;
  readonly blobsOut: Lane;
  /**
   * For one blob at a time that is read over several connections, when their places are free; gives how to end it. One at a time, because its
   * pieces wait in memory.
   */
  spread(): (() => void) | undefined;
}

const BLOBS = 8;
/** One connection to a far server gives what its window and the distance allow, whatever the line could carry. */
const BLOBS_MAX = 32;
/** A round of blobs is judged by their bytes, and not in less time than a connection needs to come up to speed. */
const BLOBS_ROUND_MS = 1000;
const SMALL = 16;
/** Where each answer takes 40 ms or more, this is what hides it; a server that is near shows that it does not help and keeps `SMALL`. */
const SMALL_MAX = 128;

/** `concurrency` is the number of blob transfers in each direction (default 8 at first, more while more gets through); small requests are then held to twice as many. `now`: milliseconds. */
export function createLanes(concurrency: number | undefined, now: () => number): Lanes {
  const blobs = (): Lane =>
    createLane(concurrency ?? createGrowth({ start: BLOBS, max: BLOBS_MAX, now, roundMs: BLOBS_ROUND_MS }));
  const max = concurrency === undefined ? SMALL_MAX : Math.max(2, concurrency * 2);
  const blobsIn = blobs();
  let spreading = false;
  return {
    small: createLane(createGrowth({ start: Math.min(SMALL, max), max, now })),
    blobsIn,
    blobsOut: blobs(),
    spread: () => {
      if (spreading || blobsIn.free() < CONNECTIONS - 1) return undefined;
      spreading = true;
      let mine = true;
      return () => {
        // Called again, it would end the spreading of another blob.
        if (mine) spreading = false;
        mine = false;
      };
    },
  };
}
