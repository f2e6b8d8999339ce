import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { isLocalAddress } from './addresses.ts';
import { guardBody } from './body.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';
import { createTimer } from './timer.ts';
import type { HttpRequest, HttpResponse, Timeouts } from './types.ts';
import { sendStream } from './upload.ts';

export interface Route {
  readonly agent: Agent;
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
export function exchange(
  request: HttpRequest,
  route: Route,
  userAgent: string,
  timeouts: Timeouts,
): Promise<HttpResponse> {
  const { url, body, signal } = request;
  return new Promise((resolve, reject) => {
    const message = start(request, route, userAgent);
    let phase: 'send' | 'headers' = 'send';
    let answered = false;
    const timer = createTimer();
    const finish = (): void => {
      timer.stop();
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      finish();
      const stale = message.reusedSocket && !answered && !isStream(body) && isReset(error);
      reject({
        error: stale ? error : transportFailure(error, url.host, phase, signal),
        stale,
      } satisfies ExchangeFailure);
    };
    const onAbort = (): void => void message.destroy(aborted(signal?.reason));
    signal?.addEventListener('abort', onAbort, { once: true });

    message.on('error', fail); // stays: a late error (upload cut after the answer) must not be unhandled
    message.once('finish', () => {
      phase = 'headers';
      if (answered) return;
      const ms = headerTimeout(request, timeouts);
      timer.start(ms, () => message.destroy(timedOut(url.host, 'headers', 'no answer came', ms)));
    });
    message.once('response', (incoming) => {
      answered = true;
      finish();
      // An answer before the end of the upload is a refusal: what is left of the upload would be wasted.
      if (!message.writableEnded) {
        upload?.hold();
        incoming.once('close', () => message.destroy());
      }
      resolve(answer(request, incoming, timeouts, route.direct));
    });
    const upload = isStream(body)
      ? sendStream({ message, ...body, host: url.host, progressMs: timeouts.progress, timer })
      : undefined;
    if (!isStream(body)) message.end(body);
  });
}

function start(
  { method, url, headers, body }: HttpRequest,
  { agent, viaProxy }: Route,
  userAgent: string,
): ClientRequest {
  const length =
    body === undefined
      ? method === 'GET' || method === 'HEAD' || method === 'DELETE'
        ? undefined
        : 0
      : body.length;
  const path = `${url.pathname}${url.search}`;
  const options = {
    method,
    agent,
    hostname: url.hostname,
    port: url.port,
    path: viaProxy === undefined ? path : `${url.origin}${path}`,
    headers: {
      host: url.host,
      'user-agent': userAgent,
      // Blobs and manifests are exact bytes; a decompressing or recompressing hop would change them.
      'accept-encoding': 'identity',
      ...lowerCase(headers ?? {}),
      ...(length === undefined ? {} : { 'content-length': String(length) }),
      ...(viaProxy?.authorization === undefined ? {} : { 'proxy-authorization': viaProxy.authorization }),
    },
  };
  return url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function isStream(body: HttpRequest['body']): body is { readonly stream: Readable; readonly length: number } {
  return body !== undefined && !Buffer.isBuffer(body);
}

function headerTimeout({ headerTimeoutMs, method, body }: HttpRequest, timeouts: Timeouts): number {
  if (headerTimeoutMs !== undefined) return headerTimeoutMs;
  if (isStream(body)) return timeouts.streamHeader;
  return method === 'PUT' || method === 'PATCH' ? timeouts.putHeader : timeouts.header;
}

function answer(
  request: HttpRequest,
  incoming: IncomingMessage,
  timeouts: Timeouts,
  direct: boolean,
): HttpResponse {
  const status = incoming.statusCode ?? 0;
  const empty = request.method === 'HEAD' || status === 204 || status === 304;
  if (empty) incoming.on('error', () => {}).resume(); // nothing can come; the connection goes back to the pool
  return {
    status,
    headers: incoming.headers,
    url: request.url,
    ...(direct ? { peerIsLocal: isLocalAddress(incoming.socket.remoteAddress) } : {}),
    body: empty
      ? Readable.from([])
      : guardBody(incoming, request.url.host, timeouts.progress, request.signal),
  };
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
