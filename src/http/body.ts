import { Readable } from 'node:stream';
import { SallyportError, whenAborted } from '../base/index.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';

/** One piece of a fast connection. More was not faster, costs memory per connection, and is lost when the process is killed. */
const HIGH_WATER_MARK = 64 * 1024;

export interface BodyOptions {
  readonly host: string;
  /** How many bytes the answer's headers promise, if they do. */
  readonly promised: number | undefined;
  readonly progressMs: number;
  readonly signal: AbortSignal | undefined;
  /** Holds the server back, and lets it go on. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Nobody wants the rest. */
  readonly cut: () => void;
}

/** The reader's stream and what feeds it. */
export interface Body {
  readonly stream: Readable;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: Error): void;
}

/**
 * The body of an answer as a stream with back-pressure, exact bytes, the error form of this program, and a limit on the time without a byte
 * (which runs only while we are the ones who wait).
 */
export function createBody({ host, promised, progressMs, signal, pause, resume, cut }: BodyOptions): Body {
  let received = 0;
  let complete = false;
  const timer = setTimeout(() => {
    stream.destroy(timedOut(host, 'body', `no byte of the answer came (${received} so far)`, progressMs));
  }, progressMs);
  const onAbort = (): void => void stream.destroy(aborted(signal?.reason));
  const forget = whenAborted(signal, onAbort);
  const stream = new Readable({
    highWaterMark: HIGH_WATER_MARK,
    read: () => {
      if (complete) return;
      timer.refresh();
      resume();
    },
    destroy: (error, done) => {
      clearTimeout(timer);
      forget();
      if (!complete) cut();
      done(error);
    },
  });
  // A body that nobody has begun to read may fail too (abort, silence). The error waits in the stream for whoever reads it.
  stream.on('error', () => {});
  if (signal?.aborted === true) onAbort();
  return {
    stream,
    data: (chunk) => {
      if (stream.destroyed) return;
      received += chunk.length;
      if (stream.push(chunk)) timer.refresh();
      else {
        clearTimeout(timer);
        pause();
      }
    },
    end: () => {
      complete = true;
      clearTimeout(timer);
      if (!stream.destroyed) stream.push(null);
    },
    fail: (error) => {
      stream.destroy(
        promised !== undefined && received >= promised
          ? transportFailure(error, host, 'body', signal)
          : tooShort(host, received, promised, error),
      );
    },
  };
}

/** Of an answer that has none. */
export function emptyBody(): Body {
  const stream = new Readable({ read: () => void stream.push(null) });
  return { stream, data: () => {}, end: () => {}, fail: (error) => void stream.destroy(error) };
}

function tooShort(
  host: string,
  received: number,
  promised: number | undefined,
  cause: unknown,
): SallyportError {
  return new SallyportError(
    'CONNECTION_FAILED',
    `the connection ended after ${received}${promised === undefined ? '' : ` of ${promised}`} bytes of the answer`,
    { subject: host, cause, facts: { phase: 'body', reason: 'SHORT_BODY', transient: true, received } },
  );
}
