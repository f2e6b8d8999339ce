import { ERROR_HINTS, type ErrorCode } from './codes.ts';

export interface ErrorDetails {
  /** What the failure is about: a file with line and column, a reference, a host. Shown first. */
  readonly subject?: string;
  /** Replaces the hint that belongs to the code. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Facts for programs (JSON output), already free of secrets. */
  readonly facts?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The failures that this one sums up, when several were collected. */
  readonly parts?: readonly SallyportError[];
}

/**
 * The one error class. `code` is stable and meant for programs; `message` is a sentence for people,
 * without the subject (which stands beside it) and without secrets.
 */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly hint: string;
  readonly facts: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly parts: readonly SallyportError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SallyportError';
    this.code = code;
    this.subject = details.subject;
    this.hint = details.hint ?? ERROR_HINTS[code];
    this.facts = details.facts ?? {};
    this.parts = details.parts ?? [];
  }
}

/** Sums up several failures so that all are reported; a single one is returned as it is. */
export function combineErrors(parts: readonly SallyportError[], message: string): SallyportError {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return new SallyportError('PARTIAL_FAILURE', message, { parts });
}

/** Gives any thrown value the shape of ours; what is not ours becomes `INTERNAL` (or `ABORTED` for an abort). */
export function toSallyportError(thrown: unknown): SallyportError {
  if (thrown instanceof SallyportError) return thrown;
  if (isAbort(thrown)) return new SallyportError('ABORTED', 'stopped on request', { cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SallyportError('INTERNAL', message, { cause: thrown });
}

/** True for what an aborted AbortSignal throws, in all the forms that Node has for it. */
export function isAbort(thrown: unknown): boolean {
  if (thrown instanceof SallyportError) return thrown.code === 'ABORTED';
  if (!(thrown instanceof Error)) return false;
  return thrown.name === 'AbortError' || ('code' in thrown && thrown.code === 'ABORT_ERR');
}

/** The `code` of a Node system error (`ENOENT`, `ECONNRESET`…), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
