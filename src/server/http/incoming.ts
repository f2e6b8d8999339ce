import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiRequest } from '../types.ts';

/** A request of node:http as the handlers see it. `breakAfter` cuts the connection after so many bytes of the body. */
export function toApiRequest(
  message: IncomingMessage,
  response: ServerResponse,
  options: {
    readonly scheme: 'http' | 'https';
    /** Told of each piece of the body that was taken in. */
    readonly received: (bytes: number) => void;
    readonly signal: AbortSignal;
    readonly breakAfter: () => number | undefined;
  },
): ApiRequest {
  const url = message.url ?? '/';
  const question = url.indexOf('?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: message.method ?? 'GET',
    path: question === -1 ? url : url.slice(0, question),
    query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
    headers,
    scheme: options.scheme,
    host: headers['host'] ?? 'localhost',
    remote: message.socket.remoteAddress ?? '',
    signal: options.signal,
    body: bodyOf(message, response, options.received, options.breakAfter),
  };
}

async function* bodyOf(
  message: IncomingMessage,
  response: ServerResponse,
  received: (bytes: number) => void,
  breakAfter: () => number | undefined,
): AsyncGenerator<Buffer> {
  // Said only now, when the request is known to be allowed: nobody sends gigabytes to be refused.
  if (expectsContinue(message)) response.writeContinue();
  let seen = 0;
  // The stream is not destroyed when a handler stops early: its answer still has to go out on the same socket.
  for await (const part of message.iterator({ destroyOnReturn: false })) {
    let chunk = part as Buffer;
    const limit = breakAfter();
    const cut = limit !== undefined && seen + chunk.length >= limit;
    if (cut) chunk = chunk.subarray(0, limit - seen);
    seen += chunk.length;
    received(chunk.length);
    if (chunk.length > 0) yield chunk;
    if (cut) {
      const closed = once(response, 'close');
      message.socket.resetAndDestroy();
      await closed;
      throw new Error('the connection was cut on purpose');
    }
  }
  if (!message.complete) throw new Error('the connection broke within the body');
}

export function expectsContinue(message: IncomingMessage): boolean {
  return message.headers.expect?.toLowerCase() === '100-continue';
}

/** How much of an unread body is still taken in, so that the client gets to read the answer instead of a broken connection. */
const DRAIN_LIMIT = 64 * 1024 * 1024;

/** Reads on what the handler did not want, up to a limit; resolves when there is nothing more to take in. */
export async function drain(message: IncomingMessage): Promise<void> {
  if (message.complete || message.destroyed) return;
  const closed = once(message, 'close').catch(() => undefined);
  let seen = 0;
  message.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > DRAIN_LIMIT) message.destroy();
  });
  // A client that hangs up while we throw its bytes away is no failure.
  message.on('error', () => undefined);
  message.resume();
  await closed;
}
