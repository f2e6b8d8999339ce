import { whenAborted } from './when-aborted.ts';

export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Stops the clock; to be called whatever comes of it. */
  done(): void;
}

/**
 * A signal that ends after `ms` milliseconds or with another one, the reason being a `TimeoutError` or the other's. By hand, because
 * `AbortSignal.any` holds its signals weakly: one of `AbortSignal.timeout` that nobody else holds may be collected as garbage, and never fires
 * (seen on Node 20: a request that was to be broken off stayed open).
 */
export function timeLimit(ms: number, other?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    ms,
  );
  const follow = (): void => controller.abort(other?.reason);
  if (other?.aborted === true) follow();
  const unfollow = whenAborted(other, follow);
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(timer);
      unfollow();
    },
  };
}
