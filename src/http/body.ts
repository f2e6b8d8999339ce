import { Readable } from 'node:stream';
import { SallyportError, whenAborted } from '../base/index.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';
import { createTimer } from './timer.ts';

/** One piece of a fast connection. More was not faster, costs memory per connection, and is lost when the process is killed. */
const HIGH_WATER_MARK = 64 * 1024;

/**
 * Fewer bytes than this in the time limit are no progress of an answer whose length is known: a server that lets single bytes drip would hold a
 * copy up for ever. Where it is not known, as with the events of a watch, any byte shows that the server lives.
 */
const LEAST_PROGRESS = 8 * 1024;

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
 * The body of an answer as a stream with back-pressure, exact bytes, the error form of this program, and a limit on the time without
 * progress (which runs only while we are the ones who wait).
 */
export function createBody({ host, promised, progressMs, signal, pause, resume, cut }: BodyOptions): Body {
  let received = 0;
  /** Bytes since the time began to run. */
  let lately = 0;
  let complete = false;
  /** The reader has enough for now; at first nobody has begun to read. */
  let held = true;
  const least = promised === undefined ? 1 : LEAST_PROGRESS;
  const timer = createTimer();
  const stalled = (): void => {
    const came = lately === 0 ? 'no byte' : `only ${lately} bytes`;
    stream.destroy(timedOut(host, 'body', `${came} of the answer came (${received} in all)`, progressMs));
  };
  const restart = (): void => {
    lately = 0;
    timer.start(progressMs, stalled);
  };
  const onAbort = (): void => void stream.destroy(aborted(signal?.reason));
  const forget = whenAborted(signal, onAbort);
  const stream = new Readable({
    highWaterMark: HIGH_WATER_MARK,
    read: () => {
      if (complete) return;
      if (held) {
        held = false;
        restart();
      }
      resume();
    },
    destroy: (error, done) => {
      timer.stop();
      forget();
      if (!complete) cut();
      done(error);
    },
  });
  // A body that nobody has begun to read may fail too (abort, silence). The error waits in the stream for whoever reads it.
  stream.on('error', () => {});
  if (signal?.aborted === true) onAbort();
  else restart();
  return {
    stream,
    data: (chunk) => {
      if (stream.destroyed) return;
      received += chunk.length;
      lately += chunk.length;
      if (!stream.push(chunk)) {
        held = true;
        timer.stop();
        pause();
      } else if (lately >= least) restart();
    },
    end: () => {
      complete = true;
      timer.stop();
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
