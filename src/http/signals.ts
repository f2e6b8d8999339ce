import { setMaxListeners } from 'node:events';

/** One signal stops a whole run with hundreds of requests, and Node takes more than ten listeners for a leak. */
export function allowManyListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}
