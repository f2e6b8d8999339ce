import type { Clock, EmitEvent } from '../base/index.ts';

/** Displays redraw at most so often; more events only cost time. */
const EVERY_MS = 100;

/** Adds bytes up and tells them now and then. */
export interface ByteCounter {
  add(count: number): void;
  /** Tells what is left to tell. */
  flush(): void;
}

export function createByteCounter(emit: EmitEvent, clock: Clock): ByteCounter {
  let pending = 0;
  let toldAt = 0;
  const flush = (): void => {
    if (pending === 0) return;
    const count = pending;
    pending = 0;
    toldAt = clock.now();
    emit({ type: 'bytes', count });
  };
  return {
    add: (count) => {
      pending += count;
      if (clock.now() - toldAt >= EVERY_MS) flush();
    },
    flush,
  };
}
