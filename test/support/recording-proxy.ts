import { createServer, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listening } from './listening.ts';

export interface RecordingProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** `CONNECT host:port` and `GET http://…`, in order. */
  readonly seen: readonly string[];
  /** Proxy-Authorization of each, empty when there was none. */
  readonly authorizations: readonly string[];
  close(): Promise<void>;
}

export interface RecordingProxyOptions {
  /** Where a name really is: `registry.example:443` → `127.0.0.1:PORT`. Unknown names get 502. */
  readonly routes: Readonly<Record<string, string>>;
  /** Answers everything with this status instead. */
  readonly refuse?: number;
}

/** An HTTP proxy that knows only the names it is told, and remembers what it was asked. */
export async function startRecordingProxy({
  routes,
  refuse,
}: RecordingProxyOptions): Promise<RecordingProxy> {
  const seen: string[] = [];
  const authorizations: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    seen.push(`${message.method} ${message.url}`);
    authorizations.push(message.headers['proxy-authorization'] ?? '');
    const url = new URL(message.url ?? '');
    const route = routes[`${url.hostname}:${url.port === '' ? '80' : url.port}`];
    if (refuse !== undefined || route === undefined) {
      response.writeHead(refuse ?? 502).end();
      return;
    }
    const [host, port] = route.split(':');
    const forward = httpRequest(
      { host, port, method: message.method, path: `${url.pathname}${url.search}`, headers: message.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forward.on('error', () => response.destroy());
    message.pipe(forward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('connect', (message, client: Socket, head: Buffer) => {
    seen.push(`CONNECT ${message.url}`);
    authorizations.push(message.headers['proxy-authorization'] ?? '');
    const route = routes[message.url ?? ''];
    if (refuse !== undefined || route === undefined) {
      client.end(`HTTP/1.1 ${refuse ?? 502} No way\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const [host = '', port] = route.split(':');
    const upstream = connect({ host, port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const port = await listening(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    authorizations,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
