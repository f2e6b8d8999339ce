import { type Clock, type EmitEvent, SallyportError } from '../base/index.ts';
import type { HttpResponse } from '../http/index.ts';
import { pause } from './retry.ts';

type Headers = HttpResponse['headers'];

/** What a registry says of the pulls that it allows (Docker Hub's `ratelimit-limit: 100;w=21600`). */
export interface PullLimit {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds; 0 when it is not said. */
  readonly windowMs: number;
}

/** Reading manifests counts as pulling, HEAD does not (docs.docker.com/docker-hub/usage/pulls). */
export interface PullGate {
  /** What the registry said last, less what was asked since; undefined when it says nothing, which means no limit. */
  known(): PullLimit | undefined;
  /** Reads of manifests so far. */
  pulls(): number;
  /**
   * To be called before a manifest is read. At the end of the limit it waits, asking by `look` (a HEAD, which is free) now and then, or throws
   * `RATE_LIMITED` before the registry refuses, when nobody wants to wait.
   */
  spend(look: () => Promise<void>, signal: AbortSignal | undefined): Promise<void>;
  /** `isPull`: the answer to a pull, of which others may be under way that it does not count yet. */
  hear(headers: Headers, isPull: boolean): void;
}

/** regsync looks as often. */
const LOOK_MS = 300_000;

export function createPullGate(options: {
  readonly registry: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** Wait for the window to pass instead of failing. */
  readonly wait: boolean;
}): PullGate {
  const { registry, clock, emit, wait } = options;
  let known: PullLimit | undefined;
  let heardAt = 0;
  let pulls = 0;

  const exhausted = (): PullLimit | undefined =>
    known !== undefined && known.remaining <= 0 && clock.now() < heardAt + (known.windowMs || LOOK_MS)
      ? known
      : undefined;

  const waitForMore = async (look: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
    for (let limit = exhausted(); limit !== undefined; limit = exhausted()) {
      emit({
        type: 'note',
        level: 'warning',
        subject: registry,
        message: `all ${describeLimit(limit)} are used; looking again in ${LOOK_MS / 60_000} minutes`,
      });
      await pause(clock, LOOK_MS, signal);
      await look();
    }
  };
  let waiting: Promise<void> | undefined;

  return {
    known: () => known,
    pulls: () => pulls,
    spend: async (look, signal) => {
      const limit = exhausted();
      if (limit !== undefined) {
        if (!wait)
          throw new SallyportError('RATE_LIMITED', `allows ${describeLimit(limit)}, and all are used`, {
            subject: registry,
            facts: {
              limit: limit.limit,
              remaining: 0,
              windowSeconds: limit.windowMs / 1000,
              transient: false,
            },
          });
        waiting ??= waitForMore(look, signal).finally(() => {
          waiting = undefined;
        });
        await waiting;
      }
      pulls++;
      if (known !== undefined) known = { ...known, remaining: known.remaining - 1 };
    },
    hear: (headers, isPull) => {
      const told = readPullLimit(headers);
      if (told === undefined) return;
      known =
        isPull && known !== undefined
          ? { ...told, remaining: Math.min(told.remaining, known.remaining) }
          : told;
      heardAt = clock.now();
    },
  };
}

/** `NUMBER[;w=SECONDS]` in both headers; anything else is as good as nothing. */
export function readPullLimit(headers: Headers): PullLimit | undefined {
  const limit = /^(\d{1,9})(?:;w=(\d{1,9}))?$/.exec(String(headers['ratelimit-limit'] ?? ''));
  const remaining = /^(\d{1,9})(?:;w=\d{1,9})?$/.exec(String(headers['ratelimit-remaining'] ?? ''));
  if (limit === null || remaining === null) return undefined;
  return {
    limit: Number(limit[1]),
    remaining: Number(remaining[1]),
    windowMs: Number(limit[2] ?? 0) * 1000,
  };
}

/** `100 pulls in 6 hours`. */
export function describeLimit({ limit, windowMs }: PullLimit): string {
  if (windowMs === 0) return `${limit} pulls`;
  const hours = windowMs / 3_600_000;
  return `${limit} pulls in ${hours >= 1 ? `${Number(hours.toFixed(1))} hours` : `${Math.round(windowMs / 60_000)} minutes`}`;
}
