/** What is to run when a signal ends, by signal. */
const WAITING = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs `run` once when the signal ends; calling the result takes it back. Nothing happens for a signal that has ended already. One listener
 * stands for all: an `AbortSignal` compares each new listener with every other it has, which took an eighth of the time of a run with
 * hundreds of requests in flight.
 */
export function whenAborted(signal: AbortSignal | undefined, run: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => {};
  const waiting = WAITING.get(signal) ?? listen(signal);
  waiting.add(run);
  return () => void waiting.delete(run);
}

function listen(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  WAITING.set(signal, waiting);
  signal.addEventListener(
    'abort',
    () => {
      const all = [...waiting];
      waiting.clear();
      for (const run of all) run();
    },
    { once: true },
  );
  return waiting;
}
