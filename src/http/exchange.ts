import type { Readable } from 'node:stream';
import { whenAborted } from '../base/index.ts';
import { type Body, createBody, emptyBody } from './body.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';
import { createTimer } from './timer.ts';
import type { HttpRequest, HttpResponse, Timeouts } from './types.ts';
import { type Sending, sendStream } from './upload.ts';
import type { Connection } from './wire/connection.ts';
import type { Head } from './wire/head.ts';
import type { Pool } from './wire/pool.ts';
import { requestHead } from './wire/request.ts';

export interface Route {
  readonly pool: Pool;
  /** Without a proxy: the other side of the connection is the server itself. */
  readonly direct: boolean;
  /** Set for plain http through a proxy: the request line carries the whole URL (RFC 9112 section 3.2.2). */
  readonly viaProxy?: { readonly authorization: string | undefined };
}

export interface ExchangeFailure {
  readonly error: unknown;
  /** A kept connection turned out to be dead before anything came back, and nothing of ours is lost: send it again. */
  readonly stale: boolean;
}

/** One request over one connection of the pool. Rejects with `ExchangeFailure`. */
export async function exchange(
  request: HttpRequest,
  route: Route,
  userAgent: string,
  timeouts: Timeouts,
): Promise<HttpResponse> {
  const { url, signal } = request;
  try {
    const head = requestHead(request, { userAgent, proxy: route.viaProxy });
    const connection = await usable(route.pool, signal);
    return await converse({ request, route, timeouts, connection, head });
  } catch (thrown) {
    if (isExchangeFailure(thrown)) throw thrown;
    throw {
      error: transportFailure(thrown, url.host, 'send', signal),
      stale: false,
    } satisfies ExchangeFailure;
  }
}

export function isExchangeFailure(thrown: unknown): thrown is ExchangeFailure {
  return typeof thrown === 'object' && thrown !== null && 'stale' in thrown && 'error' in thrown;
}

/** A connection may end in the moment in which it is handed out. */
async function usable(pool: Pool, signal: AbortSignal | undefined): Promise<Connection> {
  for (;;) {
    const connection = await pool.take(signal);
    if (signal?.aborted === true) {
      pool.giveBack(connection);
      throw aborted(signal.reason);
    }
    if (!connection.socket.destroyed) return connection;
  }
}

interface Conversation {
  readonly request: HttpRequest;
  readonly route: Route;
  readonly timeouts: Timeouts;
  readonly connection: Connection;
  /** Request line and headers. */
  readonly head: string;
}

function converse({ request, route, timeouts, connection, head }: Conversation): Promise<HttpResponse> {
  const { url, method, body, signal } = request;
  const { socket } = connection;
  const reused = connection.exchanges() > 0;
  return new Promise((resolve, reject) => {
    let phase: 'send' | 'headers' = 'send';
    let answered: Body | undefined;
    let upload: Sending | undefined;
    const timer = createTimer();
    const finish = (): void => {
      timer.stop();
      forget();
    };
    const fail = (error: unknown): void => {
      finish();
      upload?.end();
      socket.destroy();
      const stale = reused && answered === undefined && !isStream(body) && isReset(error);
      reject({
        error: stale ? error : transportFailure(error, url.host, phase, signal),
        stale,
      } satisfies ExchangeFailure);
    };
    const forget = whenAborted(signal, () => fail(aborted(signal?.reason)));
    const sent = (): void => {
      phase = 'headers';
      if (answered !== undefined || socket.destroyed) return;
      const ms = headerTimeout(request, timeouts);
      timer.start(ms, () => fail(timedOut(url.host, 'headers', 'no answer came', ms)));
    };

    connection.begin(method, {
      head: (answer) => {
        finish();
        // An answer before the end of the upload is a refusal: what is left of the upload would be wasted.
        if (upload?.complete() === false) {
          upload.hold();
          connection.spend();
        }
        const { framing } = answer;
        if (framing.kind === 'length' && framing.length === 0) {
          answered = emptyBody();
          resolve(toResponse(request, answer, answered, route.direct ? connection.peerIsLocal : undefined));
          return;
        }
        answered = createBody({
          host: url.host,
          promised: framing.kind === 'length' ? framing.length : undefined,
          progressMs: timeouts.progress,
          signal: request.signal,
          pause: () => socket.pause(),
          resume: () => socket.resume(),
          cut: () => socket.destroy(),
        });
        resolve(toResponse(request, answer, answered, route.direct ? connection.peerIsLocal : undefined));
      },
      data: (chunk) => answered?.data(chunk),
      end: () => {
        upload?.end();
        answered?.end();
      },
      fail: (error) => {
        upload?.end();
        if (answered === undefined) fail(error);
        else answered.fail(error);
      },
    });
    if (isStream(body)) {
      socket.write(head, 'latin1');
      upload = sendStream({
        socket,
        ...body,
        host: url.host,
        progressMs: timeouts.progress,
        timer,
        onSent: sent,
        onFailure: fail,
      });
    } else if (body === undefined || body.length === 0) {
      socket.write(head, 'latin1', sent);
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body, sent);
      socket.uncork();
    }
  });
}

function toResponse(
  { url }: HttpRequest,
  { status, headers }: Head,
  { stream }: Body,
  peerIsLocal: boolean | undefined,
): HttpResponse {
  return { status, headers, url, body: stream, ...(peerIsLocal === undefined ? {} : { peerIsLocal }) };
}

function isStream(body: HttpRequest['body']): body is { readonly stream: Readable; readonly length: number } {
  return body !== undefined && !Buffer.isBuffer(body);
}

function headerTimeout({ headerTimeoutMs, method, body }: HttpRequest, timeouts: Timeouts): number {
  if (headerTimeoutMs !== undefined) return headerTimeoutMs;
  if (isStream(body)) return timeouts.streamHeader;
  return method === 'PUT' || method === 'PATCH' ? timeouts.putHeader : timeouts.header;
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
