import { SallyportError } from '../base/index.ts';

/** Gives back a place; calling it twice does nothing. */
export type Release = () => void;

/** At most `size` at a time, first come first served. */
export interface Lane {
  enter(signal: AbortSignal | undefined): Promise<Release>;
}

export function createLane(size: number): Lane {
  let free = Math.max(1, size);
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  const place = (): Release => {
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  };
  return {
    enter: (signal) => {
      if (signal?.aborted === true)
        return Promise.reject(new SallyportError('ABORTED', 'stopped on request', { cause: signal.reason }));
      if (free > 0) {
        free--;
        return Promise.resolve(place());
      }
      return new Promise((resolve, reject) => {
        const turn = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve(place());
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(new SallyportError('ABORTED', 'stopped on request', { cause: signal?.reason }));
        };
        waiting.push(turn);
        signal?.addEventListener('abort', leave, { once: true });
      });
    },
  };
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
}

const BLOBS = 8;
const SMALL = 16;

/** `concurrency` is the number of blob transfers in each direction (default 8). */
export function createLanes(concurrency: number | undefined): Lanes {
  const blobs = concurrency ?? BLOBS;
  return {
    small: createLane(concurrency === undefined ? SMALL : Math.min(SMALL, Math.max(2, concurrency * 2))),
    blobsIn: createLane(blobs),
    blobsOut: createLane(blobs),
  };
}
