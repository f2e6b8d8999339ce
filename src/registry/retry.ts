import { type Clock, SallyportError as Failure, type SallyportError } from '../base/index.ts';

/** Statuses after which the same request may succeed (the lists of go-containerregistry and oras-go; 499 and 522 come from proxies before registries). */
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

const BASE_MS = 250;
const MAX_MS = 30_000;
const MAX_AWAY_MS = 2000;
const TRIES = 6;
/** Fewer where the cause is likely the address and not the weather. */
const FEWER_TRIES: Readonly<Record<string, number>> = { ECONNREFUSED: 3, EHOSTUNREACH: 3, ENETUNREACH: 3 };
/** A server may ask for more patience than a user has; more is cut to this, and told. */
export const MAX_RETRY_AFTER_MS = 120_000;

export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUS.has(status);
}

/** How often a request is sent at the most when it fails like this; 1 means that trying again is pointless. */
export function triesFor(error: SallyportError): number {
  if (error.facts['transient'] !== true) return 1;
  return FEWER_TRIES[String(error.facts['reason'])] ?? TRIES;
}

/** Whether nothing took the connection, which may be the address's fault. */
export function isAddressFailure({ facts }: SallyportError): boolean {
  return Object.hasOwn(FEWER_TRIES, String(facts['reason']));
}

/** A failure in the words of a retry event, which says beside it `what` was tried. */
export function reasonOf(error: SallyportError, what: string): string {
  const again = `${what}: `;
  return `${error.code}: ${error.message.startsWith(again) ? error.message.slice(again.length) : error.message}`;
}

/**
 * Exponential with full jitter: 0.25 s doubled per try up to 30 s, a random part of it (AWS architecture blog, “Exponential backoff and jitter”).
 * A server that takes no connection is not spared by long pauses, and is back as soon as it is.
 */
export function backoffMs(attempt: number, random: number, error: SallyportError): number {
  const most = isAddressFailure(error) ? MAX_AWAY_MS : MAX_MS;
  return Math.round(random * Math.min(most, BASE_MS * 2 ** (attempt - 1)));
}

/** `Retry-After` as milliseconds from `now`: seconds or an HTTP date (RFC 9110 section 10.2.3). Undefined when absent or unreadable. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  // Date.parse accepts many forms; a date has at least a letter and a year.
  const date = /[A-Za-z]{3}.*\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Sleeps; throws `ABORTED` when stopped. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (cause) {
    if (signal?.aborted === true) throw new Failure('ABORTED', 'stopped on request', { cause });
    throw cause;
  }
}
