import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { SallyportError, systemCode } from '../../base/index.ts';
import { tellPlainHttp } from './plain-on-tls.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** The longest that a request may be on its way to us; 0 for no limit. */
  readonly requestMs: number;
  readonly listener: RequestListener;
}

export interface Listening {
  readonly port: number;
  /** Stops taking requests, lets those in flight end for up to `graceMs`, then cuts them. */
  shut(graceMs: number): Promise<void>;
}

/** Larger reads of request bodies mean fewer hashing and writing calls; measured no faster above this. */
const READ_SIZE = 256 * 1024;

const HEADERS_MS = 30_000;
/** How often node:http looks for requests that take too long; a limit is overrun by no more than that. */
const LOOK_MS = 30_000;

/** Listens on one address. Throws `CONNECTION_FAILED` when it is taken or not ours, `TLS_FAILED` for an unusable certificate. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const server = make(options);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.requestTimeout = options.requestMs;
  // Never above the other one: node:http exchanges the two then.
  server.headersTimeout = options.requestMs > 0 ? Math.min(HEADERS_MS, options.requestMs) : HEADERS_MS;
  server.timeout = options.idleMs;
  // Longer than clients keep idle connections, so that none is closed while a request is on its way to it.
  server.keepAliveTimeout = 75_000;
  server.on('checkContinue', options.listener);
  // Bytes that are no HTTP: node answers 400 when there is no listener here.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  }).catch((cause: unknown) => {
    throw new SallyportError(
      'CONNECTION_FAILED',
      `cannot be listened on (${systemCode(cause) ?? String(cause)})`,
      {
        subject: `${options.host}:${options.port}`,
        hint: 'Choose another address or port; port 0 takes a free one.',
        cause,
      },
    );
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new SallyportError('INTERNAL', 'the server has no port', { subject: options.host });
  return { port: address.port, shut: (graceMs) => shut(server, sockets, graceMs) };
}

function make(options: ListenOptions): Server {
  const common = {
    highWaterMark: READ_SIZE,
    noDelay: true,
    connectionsCheckingInterval: Math.min(LOOK_MS, Math.max(100, options.requestMs / 4 || LOOK_MS)),
  };
  if (options.tls === undefined) return createServer(common, options.listener);
  try {
    const server = createSecureServer({ ...common, ...options.tls, minVersion: 'TLSv1.2' }, options.listener);
    tellPlainHttp(server, options.idleMs);
    return server;
  } catch (cause) {
    throw new SallyportError('TLS_FAILED', 'the certificate and key cannot be used', {
      subject: `${options.host}:${options.port}`,
      hint: 'Give a PEM certificate (with its chain) and the PEM key that belongs to it.',
      cause,
    });
  }
}

async function shut(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose request has ended is kept for the next one and would hold the server open.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const timer = setTimeout(() => {
    server.closeAllConnections();
    // What node:http does not know of: no handshake has come to its end there.
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
