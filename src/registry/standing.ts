import { type Clock, SallyportError } from '../base/index.ts';
import { isAddressFailure, isTransientStatus, MAX_RETRY_AFTER_MS, triesFor } from './retry.ts';

/** How long a server is waited for by all requests together, in milliseconds. */
const PATIENCE: Readonly<Record<'away' | 'failing', { readonly ms: number; readonly why: string }>> = {
  away: { ms: 15_000, why: "a registry's process or pod starts anew within seconds" },
  failing: {
    ms: 30_000,
    why: 'a proxy answers 502 or 503 while what stands behind it starts anew; a user wants to hear soon that nothing works',
  },
};
/** Enough for the first of these with the pauses between. */
const MOST_TRIES = 20;
/** One request in so long goes through to a server that was given up: a large copy goes on for hours with its other registries. */
const LOOK_MS = 10_000;

/**
 * What a server has shown of itself in this run. One that has answered and then takes no connection is being started anew, and is waited for;
 * one that answers every request with a failure is waited for somewhat longer, and not given up before the time for which it last asked, within the limit of `Retry-After`.
 * When that was in vain, whatever comes after fails at once: thousands of blobs would wait one after another for nothing.
 */
export interface Standing {
  /** It sent an answer with this status. */
  answered(status: number): void;
  /** Throws what the server was given up for, but once in a while. */
  admit(): void;
  /** Whether a request that failed like this for the `tries`th time is given up. For an optional one no server is. */
  isLast(error: SallyportError, tries: number, isOptional?: boolean): boolean;
  /** The failure for the caller: the one of the whole server when that is the reason. */
  final(error: SallyportError): SallyportError;
}

export function createStanding(clock: Clock): Standing {
  let hasAnswered = false;
  let awaySince: number | undefined;
  let failing: { readonly since: number; until: number } | undefined;
  /** When a request was last begun, or may be begun again after a failure. */
  let lastAsked = clock.now();
  let givenUp: { readonly error: SallyportError; lookAt: number } | undefined;

  /** Counts a failure of which the server is the cause; true when it was one too many. */
  const countFailure = (error: SallyportError): boolean => {
    const now = clock.now();
    failing ??= { since: now, until: now + PATIENCE.failing.ms };
    const asked = error.facts['retryAfterMs'];
    const again = now + (typeof asked === 'number' ? Math.min(asked, MAX_RETRY_AFTER_MS) : 0);
    lastAsked = Math.max(lastAsked, again);
    if (givenUp === undefined && now < failing.until) {
      failing.until = Math.max(failing.until, Math.min(again, failing.since + MAX_RETRY_AFTER_MS));
      return false;
    }
    givenUp ??= { error: failureOf(error, now - failing.since), lookAt: now + LOOK_MS };
    return true;
  };

  const forget = (): void => {
    awaySince = undefined;
    failing = undefined;
    givenUp = undefined;
  };

  return {
    answered: (status) => {
      hasAnswered = true;
      awaySince = undefined;
      if (!isServersFault(status)) forget();
    },
    admit: () => {
      // Failures long apart are not one: nobody asked in between, and it may have been well for all of that time.
      if (clock.now() - lastAsked > PATIENCE.failing.ms) forget();
      lastAsked = Math.max(lastAsked, clock.now());
      if (givenUp === undefined) return;
      if (clock.now() < givenUp.lookAt) throw givenUp.error;
      givenUp.lookAt = clock.now() + LOOK_MS;
    },
    isLast: (error, tries, isOptional = false) => {
      const usual = triesFor(error);
      if (usual === 1) return true;
      if (isAddressFailure(error)) {
        if (!hasAnswered) return tries >= usual;
        awaySince ??= clock.now();
        return clock.now() - awaySince >= PATIENCE.away.ms || tries >= MOST_TRIES;
      }
      // A server that counts our requests answers them.
      if (error.code === 'RATE_LIMITED') return tries >= usual;
      return (!isOptional && countFailure(error)) || tries >= usual;
    },
    final: (error) => (error.facts['transient'] === true ? (givenUp?.error ?? error) : error),
  };
}

function isServersFault(status: number): boolean {
  return isTransientStatus(status) && status !== 429;
}

/** The same object for all that fail with it, so that they can be told as one. */
function failureOf(last: SallyportError, ms: number): SallyportError {
  return new SallyportError(
    last.code,
    `nothing but failures came from it for ${Math.round(ms / 1000)} s, and no more is asked of it; the last: ${last.message}`,
    {
      ...(last.subject === undefined ? {} : { subject: last.subject }),
      hint: 'The registry, or what stands before it, is down or overloaded: look there first. The same command continues.',
      cause: last,
      facts: { ...last.facts, transient: false },
    },
  );
}
