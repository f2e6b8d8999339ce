import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { listening } from '../support/listening.ts';

/** The object store behind a registry: another origin, where blobs lie and uploads may go. */
export interface Elsewhere {
  /** `http://localhost:PORT`: another host than the registry's 127.0.0.1, and another port. */
  readonly origin: string;
  /** What came with each request. */
  readonly seen: readonly IncomingHttpHeaders[];
  close(): Promise<void>;
}

/**
 * Passes every request on to the registry that `registry` names, with a login of its own, as an object store has its own way in.
 * Like S3 it refuses a request that carries somebody else's authorization beside its signature.
 */
export async function startElsewhere(options: {
  readonly registry: () => string;
  /** `user:password` at the registry. */
  readonly login: string;
}): Promise<Elsewhere> {
  const seen: IncomingHttpHeaders[] = [];
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push(message.headers);
    const url = new URL(message.url ?? '/', options.registry());
    if (message.headers.authorization !== undefined || url.searchParams.get('signature') !== 'valid') {
      response.writeHead(400).end('Only one auth mechanism allowed');
      return;
    }
    url.searchParams.delete('signature');
    const name = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url.pathname)?.[1] ?? '';
    const token = await tokenFor(options, name);
    const { host: _, ...headers } = message.headers;
    const onward = request(url, {
      method: message.method ?? 'GET',
      headers: { ...headers, authorization: `Bearer ${token}`, 'x-chaos': 'off' },
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      onward.once('response', resolve).once('error', reject);
    });
    await pipeline(message, onward);
    const answer = await answered;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    await pipeline(answer, response);
  };
  const server = createServer((message, response) => {
    handle(message, response).catch(() => response.destroy());
  });
  const port = await listening(server);
  return {
    origin: `http://localhost:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function tokenFor(
  { registry, login }: { readonly registry: () => string; readonly login: string },
  name: string,
): Promise<string> {
  const url = new URL('/token', registry());
  url.searchParams.set('scope', `repository:${name}:pull,push`);
  const answer = await fetch(url, {
    headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}`, 'x-chaos': 'off' },
  });
  return ((await answer.json()) as { token: string }).token;
}
