import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * A registry of as many one-layer images as anybody asks for, made from their names as they are read, and a target that forgets all content
 * but knows which manifests it was given: so that ten thousand images measure the client. Repositories below `copy/` are the target's.
 * Usage: node simulated-registry.mjs; prints its `HOST:PORT`.
 */
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const written = new Map<string, string>();

interface Image {
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly manifest: Buffer;
  readonly digest: string;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function imageOf(name: string): Image {
  const layer = Buffer.from(`layer of ${name} `.repeat(40));
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, name }),
  );
  const entry = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const parts = {
    config: entry('application/vnd.oci.image.config.v1+json', config),
    layers: [entry('application/vnd.oci.image.layer.v1.tar', layer)],
  };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...parts }));
  return {
    manifest,
    digest: digestOf(manifest),
    blobs: new Map([
      [parts.config.digest, config],
      ...parts.layers.map(({ digest }) => [digest, layer] as const),
    ]),
  };
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body?: Buffer,
): void {
  response.writeHead(status, { 'content-length': String(body?.length ?? 0), ...headers });
  response.end(body);
}

const ROUTE = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|tags|referrers)\/([^?]*)(?:\?(.*))?$/;

function handle(request: IncomingMessage, response: ServerResponse): void {
  const [, name = '', kind, last = ''] = ROUTE.exec(request.url ?? '') ?? [];
  const isTarget = name.startsWith('copy/');
  if (kind === 'tags') {
    const tags = Buffer.from(JSON.stringify({ name, tags: ['v1'] }));
    if (isTarget && !written.has(`${name}:v1`)) answer(response, 404, {});
    else answer(response, 200, { 'content-type': 'application/json' }, tags);
  } else if (kind === 'manifests' && request.method === 'PUT') {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const digest = digestOf(Buffer.concat(chunks));
      written.set(`${name}:${last}`, digest);
      answer(response, 201, { 'docker-content-digest': digest });
    });
  } else if (kind === 'manifests' && isTarget) {
    const digest = written.get(`${name}:${last}`);
    if (digest === undefined) answer(response, 404, {});
    else
      answer(response, 200, {
        'content-type': MANIFEST,
        'docker-content-digest': digest,
        'content-length': '1',
      });
  } else if (kind === 'manifests') {
    const { manifest, digest } = imageOf(name);
    if (last !== 'v1' && last !== digest) answer(response, 404, {});
    else answer(response, 200, { 'content-type': MANIFEST, 'docker-content-digest': digest }, manifest);
  } else if (kind === 'blobs/uploads' && request.method === 'POST') {
    answer(response, 202, { location: `/v2/${name}/blobs/uploads/one` });
  } else if (kind === 'blobs/uploads') {
    request.resume().on('end', () => answer(response, 201, {}));
  } else if (kind === 'blobs' && !isTarget) {
    const bytes = imageOf(name).blobs.get(last);
    if (bytes === undefined) answer(response, 404, {});
    else answer(response, 200, {}, bytes);
  } else answer(response, 404, {});
}

const server = createServer(handle);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  console.log(`127.0.0.1:${address.port}`);
});
