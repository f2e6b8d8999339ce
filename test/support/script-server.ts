import {
  createServer as createPlain,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls } from 'node:https';
import { listening } from './listening.ts';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  /** An array becomes several headers of one name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** Writes the answer itself: cut connections, slow bodies and the like. */
export type RawReply = (
  response: ServerResponse,
  request: SeenRequest,
  message: IncomingMessage,
) => void | Promise<void>;

export interface ScriptRow {
  readonly method: string;
  /** Path with query, exactly, or a pattern for it. */
  readonly path: string | RegExp;
  /** Only requests for which this is true. */
  readonly when?: (request: SeenRequest) => boolean;
  readonly reply?: Reply | ((request: SeenRequest) => Reply);
  readonly raw?: RawReply;
  /** Exactly so many requests take this row, later ones go on to the next that matches; `close` fails when there were fewer. Default: any number. */
  readonly times?: number;
}

export interface ScriptServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly requests: readonly SeenRequest[];
  /** `GET /v2/` and so on, in order. */
  readonly lines: () => readonly string[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Adds rows; earlier rows win. */
  add(...rows: readonly ScriptRow[]): void;
  /** Closes, and throws when a request came that no row knows or a row was used less often than it says. */
  close(): Promise<void>;
}

export interface ScriptServerOptions {
  readonly tls?: {
    readonly key: Buffer | string;
    readonly cert: Buffer | string;
    readonly ca?: Buffer | string;
    readonly requestCert?: boolean;
  };
  /** Reads the body of a request before answering it. Default true; false answers early. */
  readonly readBody?: boolean;
}

/** A server on 127.0.0.1 that answers from a table, the first matching row first. */
export async function startScriptServer(
  rows: readonly ScriptRow[],
  options: ScriptServerOptions = {},
): Promise<ScriptServer> {
  const table = rows.map((row) => ({ row, used: 0 }));
  const requests: SeenRequest[] = [];
  const unmatched: string[] = [];
  let connections = 0;
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = options.readBody === false ? Buffer.alloc(0) : await readBody(message);
    const seen: SeenRequest = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body,
    };
    requests.push(seen);
    const entry = table.find(
      ({ row, used }) => matches(row, seen) && (row.times === undefined || used < row.times),
    );
    if (entry === undefined) {
      unmatched.push(`${seen.method} ${seen.path}`);
      response.writeHead(599).end('no row of the table matches');
      return;
    }
    entry.used++;
    if (entry.row.raw !== undefined) await entry.row.raw(response, seen, message);
    else
      send(
        response,
        seen.method,
        typeof entry.row.reply === 'function' ? entry.row.reply(seen) : entry.row.reply,
      );
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    handle(message, response).catch(() => response.destroy()); // the client went away in the middle of its body
  };
  const server: Server = options.tls === undefined ? createPlain(listener) : createTls(options.tls, listener);
  server.on('connection', () => connections++);
  const host = `127.0.0.1:${await listening(server)}`;
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
    host,
    requests,
    lines: () => requests.map(({ method, path }) => `${method} ${path}`),
    connections: () => connections,
    add: (...more) => void table.push(...more.map((row) => ({ row, used: 0 }))),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      const unused = table.filter(({ row, used }) => row.times !== undefined && used < row.times);
      if (unmatched.length > 0)
        throw new Error(`requests that no row of the table knows: ${unmatched.join(', ')}`);
      if (unused.length > 0)
        throw new Error(
          `rows that were not used: ${unused.map(({ row }) => `${row.method} ${row.path}`).join(', ')}`,
        );
    },
  };
}

function matches(row: ScriptRow, request: SeenRequest): boolean {
  const path = typeof row.path === 'string' ? row.path === request.path : row.path.test(request.path);
  return row.method === request.method && path && (row.when?.(request) ?? true);
}

function send(response: ServerResponse, method: string, reply: Reply = { status: 200 }): void {
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  const body = Buffer.from(reply.body ?? '');
  if (!response.hasHeader('content-length') && reply.status !== 204 && method !== 'HEAD')
    response.setHeader('content-length', body.length);
  response.writeHead(reply.status).end(method === 'HEAD' ? undefined : body);
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
