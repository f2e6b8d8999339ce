import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import { join } from 'node:path';

/**
 * Runs inside the node's namespaces: `faults.ts FOLDER REGISTRY-PORT` is a registry that goes wrong by the first part of the
 * repository's name, and hands everything else on to the private registry. TLS on 5444, with an expired certificate on 5445, with
 * another name's on 5446; plain HTTP on 5447. FOLDER holds `good`, `expired` and `other` as .crt and .key, and the registry's ca.crt.
 */
const [folder = '', port = '', login = ''] = process.argv.slice(2);
const file = (name: string) => readFileSync(join(folder, name));
const ca = file('ca.crt');
const authorization = `Basic ${Buffer.from(login).toString('base64')}`;

type Answer = (response: ServerResponse, request: IncomingMessage, path: string) => void;

function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ errors: [{ code, message }] }));
  };
}

function page(status: number, text: string): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(text);
  };
}

/** Only what is asked below `/blobs/` goes wrong. */
function atBlobs(answer: Answer): Answer {
  return (response, asked, path) => (path.includes('/blobs/') ? answer : handOn)(response, asked, path);
}

const FAULTS: Readonly<Record<string, Answer>> = {
  f429: refuse(429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit', { 'retry-after': '60' }),
  f403: refuse(403, 'DENIED', 'requested access to the resource is denied'),
  f500: refuse(500, 'UNKNOWN', 'internal error'),
  f502: page(502, '<html>502 Bad Gateway</html>'),
  f503: refuse(503, 'UNAVAILABLE', 'service not available'),
  fhtml: page(200, '<html>login</html>'),
  fhang: () => undefined,
  // A 401 without a challenge, as some registries give for a repository that is not public.
  fbare: refuse(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized'),
  ftoken: (response, asked, path) =>
    refuse(401, 'UNAUTHORIZED', 'authentication required', {
      'www-authenticate': `Bearer realm="https://${asked.headers.host}/token",service="r",scope="repository:x:pull"`,
    })(response, asked, path),
  fblob404: atBlobs(refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry')),
  fblobcut: atBlobs((response) => {
    response.writeHead(200, { 'content-length': 2_649_000 });
    response.write(Buffer.alloc(1000));
    setTimeout(() => response.destroy(), 50);
  }),
  fbadblob: atBlobs((response, asked, path) => {
    fetchBlob(path, (bytes) => {
      // The right size, one wrong bit.
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      response.writeHead(200, { 'content-length': bytes.length });
      response.end(asked.method === 'HEAD' ? undefined : bytes);
    });
  }),
};

function handOn(response: ServerResponse, asked: IncomingMessage, path: string): void {
  const headers = { accept: asked.headers.accept ?? '', authorization };
  request({ host: '127.0.0.1', port, path, method: asked.method, ca, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  }).end();
}

function fetchBlob(path: string, use: (bytes: Buffer) => void): void {
  request({ host: '127.0.0.1', port, path, ca, headers: { authorization } }, (answer) => {
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('end', () => use(Buffer.concat(parts)));
  }).end();
}

function serve(asked: IncomingMessage, response: ServerResponse): void {
  const url = asked.url ?? '/';
  const [, fault = '', rest = ''] = /^\/v2\/(f[a-z0-9]+)\/(.*)$/.exec(url) ?? [];
  const answer = url.startsWith('/token')
    ? refuse(401, 'UNAUTHORIZED', 'incorrect username or password')
    : (FAULTS[fault] ?? handOn);
  answer(response, asked, fault === '' ? url : `/v2/${rest}`);
}

for (const [name, at] of [
  ['good', 5444],
  ['expired', 5445],
  ['other', 5446],
] as const)
  createServer({ key: file(`${name}.key`), cert: file(`${name}.crt`) }, serve).listen(at);
createHttpServer(serve).listen(5447);
