import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import { createBody } from './body.ts';
import { aborted, timedOut, transportFailure } from './failures.ts';
import type { HttpResponse, Timeouts, UpgradeRequest, WebSocketConnection } from './types.ts';
import { createWebSocket } from './websocket.ts';

/** RFC 6455 section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Asks for a WebSocket over a connection of its own: `open` gives one with TLS done, when there is TLS. An answer that is not 101 is
 * given back with its body.
 */
export async function upgrade(
  { url, headers, protocols, signal, headerTimeoutMs }: UpgradeRequest,
  open: () => Promise<Duplex>,
  { userAgent, timeouts, path }: { userAgent: string; timeouts: Timeouts; path: string },
): Promise<WebSocketConnection | HttpResponse> {
  const socket = await open();
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method: 'GET',
      path,
      headers: {
        host: url.host,
        'user-agent': userAgent,
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        'sec-websocket-protocol': protocols.join(', '),
      },
      createConnection: () => socket,
    });
    const limit = headerTimeoutMs ?? timeouts.header;
    const timer = setTimeout(
      () => request.destroy(timedOut(url.host, 'headers', 'no answer came', limit)),
      limit,
    );
    const onAbort = (): void => void request.destroy(aborted(signal?.reason));
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error) => {
      finish();
      socket.destroy();
      reject(transportFailure(error, url.host, 'headers', signal));
    });
    request.once('response', (incoming) => {
      finish();
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        url,
        body: bodyOf(incoming, url.host, timeouts.progress, signal),
      });
    });
    request.once('upgrade', (incoming, upgraded, head) => {
      finish();
      const protocol = incoming.headers['sec-websocket-protocol'] ?? '';
      const accept = createHash('sha1').update(`${key}${KEY_SUFFIX}`).digest('base64');
      if (incoming.headers['sec-websocket-accept'] !== accept || !protocols.includes(protocol)) {
        upgraded.destroy();
        reject(
          new SallyportError(
            'CONNECTION_FAILED',
            `the server speaks none of the sub-protocols ${protocols.join(', ')}`,
            {
              subject: url.host,
              facts: { phase: 'headers', reason: 'WEBSOCKET', transient: false },
            },
          ),
        );
        return;
      }
      resolve(createWebSocket(upgraded, head, { protocol, host: url.host, signal }));
    });
    request.end();
  });
}

/** What a server says in place of the WebSocket. */
function bodyOf(
  incoming: IncomingMessage,
  host: string,
  progressMs: number,
  signal: AbortSignal | undefined,
): Readable {
  const length = incoming.headers['content-length'];
  const body = createBody({
    host,
    promised: length === undefined ? undefined : Number(length),
    progressMs,
    signal,
    pause: () => incoming.pause(),
    resume: () => incoming.resume(),
    cut: () => incoming.destroy(),
  });
  incoming.on('data', body.data);
  incoming.once('end', body.end);
  incoming.once('error', body.fail);
  return body.stream;
}
