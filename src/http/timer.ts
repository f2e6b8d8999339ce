/** A time limit that can be moved on cheaply, once per chunk. */
export interface Timer {
  /** Runs `run` after `ms`; the same `run` again only moves the time. */
  start(ms: number, run: () => void): void;
  stop(): void;
}

export function createTimer(): Timer {
  let current: NodeJS.Timeout | undefined;
  let currentRun: (() => void) | undefined;
  return {
    start: (ms, run) => {
      if (currentRun === run && current !== undefined) {
        current.refresh();
        return;
      }
      clearTimeout(current);
      currentRun = run;
      current = setTimeout(run, ms);
    },
    stop: () => {
      clearTimeout(current);
      current = undefined;
      currentRun = undefined;
    },
  };
}
