import { isAbort, printable, SallyportError, systemCode } from '../base/index.ts';
import { isTlsError, tlsFailure } from './tls-failure.ts';
import type { TransportFacts } from './types.ts';

interface Reason {
  readonly says: string;
  readonly transient: boolean;
  /** What to do, where the hint of `CONNECTION_FAILED` would lead away. */
  readonly hint?: string;
}

const OF_NAMES = 'Check how the name is written, and DNS; behind a proxy set HTTPS_PROXY and NO_PROXY.';

/** System errors by what they mean, and whether the same request may succeed later. */
const REASONS: Readonly<Record<string, Reason>> = {
  ENOTFOUND: { says: 'the name is not known to DNS', transient: false, hint: OF_NAMES },
  EAI_AGAIN: { says: 'DNS did not answer', transient: true, hint: OF_NAMES },
  ECONNREFUSED: { says: 'nothing listens there (connection refused)', transient: true },
  ECONNRESET: { says: 'the connection was cut', transient: true },
  EPIPE: { says: 'the server closed the connection while we were sending', transient: true },
  ECONNABORTED: { says: 'the connection was cut', transient: true },
  ETIMEDOUT: { says: 'the connection timed out', transient: true },
  EHOSTUNREACH: { says: 'there is no route to the host', transient: true },
  ENETUNREACH: { says: 'the network is not reachable', transient: true },
  ENETDOWN: { says: 'the network is down', transient: true },
  EMFILE: { says: 'this process has too many files open', transient: true },
  HPE_HEADER_OVERFLOW: { says: 'it sent more headers than are accepted', transient: false },
};

/** Any error of a socket, parser or abort as ours, with `TransportFacts`; our own errors pass as they are. */
export function transportFailure(
  error: unknown,
  host: string,
  phase: TransportFacts['phase'],
  signal?: AbortSignal,
): SallyportError {
  if (error instanceof SallyportError) return error;
  if (signal?.aborted === true || isAbort(error)) return aborted(error);
  if (isTlsError(error)) return tlsFailure(host, error);
  const found = innermost(error);
  const reason = systemCode(found) ?? 'UNKNOWN';
  const known = REASONS[reason];
  const said = found instanceof Error ? printable(found.message, 200) : String(found);
  const facts: TransportFacts = { phase, reason, transient: known?.transient ?? false };
  if (reason.startsWith('HPE_') && known === undefined)
    return new SallyportError('CONNECTION_FAILED', `what it answered is not HTTP (${reason})`, {
      subject: host,
      cause: error,
      facts: { ...facts },
      hint: 'Check address and port. A server with TLS is not asked with plainHttp.',
    });
  return new SallyportError(
    'CONNECTION_FAILED',
    `${known?.says ?? `the connection failed: ${said}`} (${reason})`,
    {
      subject: host,
      cause: error,
      facts: { ...facts },
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
    },
  );
}

/** Happy-eyeballs dialling fails with one error for all addresses; the first says enough. */
function innermost(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}

/** The server was silent for too long. */
export function timedOut(
  host: string,
  phase: TransportFacts['phase'],
  what: string,
  ms: number,
): SallyportError {
  return new SallyportError('TIMEOUT', `${what} within ${ms / 1000} s`, {
    subject: host,
    facts: { phase, reason: 'TIMEOUT', transient: true },
  });
}

export function aborted(cause: unknown): SallyportError {
  return cause instanceof SallyportError && cause.code === 'ABORTED'
    ? cause
    : new SallyportError('ABORTED', 'stopped on request', { cause });
}
