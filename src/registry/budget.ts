import { type Clock, type EmitEvent, SallyportError, toSallyportError } from '../base/index.ts';
import { backoffMs, MAX_RETRY_AFTER_MS, pause, reasonOf } from './retry.ts';
import type { RegistrySession } from './types.ts';

/** Progress after which a failure counts as the first again (containers/image body_reader.go). */
const PROGRESS = 1024 * 1024;

/** Retries of one long transfer: few without progress, any number with it. */
export interface Budget {
  /** Waits before the next try, or throws the failure when it is final or was one too many. `position`: bytes that are safely across. */
  spend(thrown: unknown, position: number): Promise<void>;
}

export function createBudget(options: {
  readonly session: Pick<RegistrySession, 'server' | 'standing'>;
  readonly what: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal | undefined;
}): Budget {
  const { session, what, clock, emit, signal } = options;
  const { server: host, standing } = session;
  let tries = 0;
  let mark = 0;
  return {
    spend: async (thrown, position) => {
      const error = toSallyportError(thrown);
      if (signal?.aborted === true) throw error;
      if (position - mark >= PROGRESS) {
        tries = 0;
        mark = position;
      }
      // Begun anew: what was reached before counts for nothing.
      mark = Math.min(mark, position);
      tries++;
      if (standing.isLast(error, tries)) throw finalFailure(standing.final(error));
      const asked = error.facts['retryAfterMs'];
      const waitMs = Math.max(
        backoffMs(tries, clock.random(), error),
        Math.min(typeof asked === 'number' ? asked : 0, MAX_RETRY_AFTER_MS),
      );
      emit({ type: 'retry', host, what, reason: reasonOf(error, what), waitMs, attempt: tries });
      await pause(clock, waitMs, signal);
    },
  };
}

/** The same failure, marked as one that somebody has tried to get over already: whoever stands above must not begin to try on top of it. */
export function finalFailure(error: SallyportError): SallyportError {
  if (error.facts['transient'] !== true) return error;
  return new SallyportError(error.code, error.message, {
    ...(error.subject === undefined ? {} : { subject: error.subject }),
    hint: error.hint,
    cause: error,
    facts: { ...error.facts, transient: false },
  });
}
