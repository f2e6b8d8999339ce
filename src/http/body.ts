import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';

/** Enough for a fast line between two event-loop turns; more only costs memory per connection. */
const HIGH_WATER_MARK = 256 * 1024;

/** How many bytes the answer's headers promise, if they do. */
function promisedLength(message: IncomingMessage): number | undefined {
  const length = message.headers['content-length'];
  return length === undefined || !/^\d+$/.test(length) ? undefined : Number(length);
}

/**
 * The body of an answer as a stream with back-pressure, exact bytes, the error form of this program, a limit on the time without a byte
 * (which runs only while we are the ones who wait), and a check of the promised length.
 */
export function guardBody(
  message: IncomingMessage,
  host: string,
  progressMs: number,
  signal: AbortSignal | undefined,
): Readable {
  const promised = promisedLength(message);
  let received = 0;
  const timer = setTimeout(() => {
    body.destroy(timedOut(host, 'body', `no byte of the answer came (${received} so far)`, progressMs));
  }, progressMs);
  const onAbort = (): void => void body.destroy(aborted(signal?.reason));
  const body = new Readable({
    highWaterMark: HIGH_WATER_MARK,
    read: () => {
      timer.refresh();
      message.resume();
    },
    destroy: (error, done) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (!message.complete) message.destroy();
      done(error);
    },
  });
  // A body that nobody has begun to read may fail too (abort, silence). The error waits in the stream for whoever reads it.
  body.on('error', () => {});
  message.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (body.push(chunk)) timer.refresh();
    else {
      clearTimeout(timer);
      message.pause();
    }
  });
  message.once('end', () => {
    clearTimeout(timer);
    if (promised !== undefined && received !== promised) body.destroy(tooShort(host, received, promised));
    else body.push(null);
  });
  message.once('error', (error) => {
    body.destroy(
      promised !== undefined && received < promised
        ? tooShort(host, received, promised, error)
        : transportFailure(error, host, 'body', signal),
    );
  });
  message.once('close', () => {
    if (!message.complete) body.destroy(tooShort(host, received, promised));
  });
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return body;
}

function tooShort(
  host: string,
  received: number,
  promised: number | undefined,
  cause?: unknown,
): SallyportError {
  return new SallyportError(
    'CONNECTION_FAILED',
    `the connection ended after ${received}${promised === undefined ? '' : ` of ${promised}`} bytes of the answer`,
    { subject: host, cause, facts: { phase: 'body', reason: 'SHORT_BODY', transient: true, received } },
  );
}
