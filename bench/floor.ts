import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secureRequest, Agent as TlsAgent } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The floor for a copy between two registries: every blob once, eight at a time, hashed on the way, mounted into the other repositories,
 * manifests last. No retries, no credentials, no checks: what is left is the servers and the bytes.
 * Usage: node floor.mjs http://SOURCE_HOST http://TARGET_HOST NAME:TAG …; with https, FLOOR_CA names the file of the CA.
 */
const [source = '', target = '', ...images] = process.argv.slice(2);
const caFile = process.env['FLOOR_CA'];
const pool = { keepAlive: true, maxSockets: 16 };
const agents = {
  'http:': new Agent(pool),
  'https:': new TlsAgent({ ...pool, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) }),
};
const ACCEPT = ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json'].join(
  ', ',
);

interface Entry {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

function begin(url: URL, options: RequestOptions, answered: (response: IncomingMessage) => void) {
  const { hostname, port, pathname, search } = url;
  const all = { ...options, hostname, port, path: pathname + search };
  return url.protocol === 'https:'
    ? secureRequest({ ...all, agent: agents['https:'] }, answered)
    : request({ ...all, agent: agents['http:'] }, answered);
}

function call(
  base: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const outgoing = begin(new URL(path, base), { method, headers }, done);
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function copyBlob(from: string, to: string, blob: Entry): Promise<void> {
  const started = await call(target, 'POST', `/v2/${to}/blobs/uploads/`, { 'content-length': '0' });
  started.resume();
  const location = new URL(started.headers.location ?? '', target);
  location.searchParams.set('digest', blob.digest);
  const incoming = await call(source, 'GET', `/v2/${from}/blobs/${blob.digest}`);
  const hash = createHash('sha256');
  await new Promise<void>((done, fail) => {
    const headers = { 'content-length': String(blob.size), 'content-type': 'application/octet-stream' };
    const outgoing = begin(location, { method: 'PUT', headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 201 && `sha256:${hash.digest('hex')}` === blob.digest
          ? done()
          : fail(new Error(`PUT ${response.statusCode}`)),
      );
    });
    outgoing.on('error', fail);
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        hash.update(chunk);
        next(undefined, chunk);
      },
    });
    pipeline(incoming, hashing, outgoing).catch(fail);
  });
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

const blobs = new Map<string, { blob: Entry; names: string[] }>();
const manifests: { name: string; reference: string; type: string; bytes: Buffer }[] = [];

function keepBlobs(name: string, bytes: Buffer): void {
  const { config, layers } = JSON.parse(bytes.toString('utf8')) as { config: Entry; layers: Entry[] };
  for (const blob of [config, ...layers]) {
    const known = blobs.get(blob.digest);
    if (known === undefined) blobs.set(blob.digest, { blob, names: [name] });
    else if (!known.names.includes(name)) known.names.push(name);
  }
}

await inParallel(images, 8, async (image) => {
  const [name = '', tag = ''] = image.split(':');
  const root = await bytesOf(await call(source, 'GET', `/v2/${name}/manifests/${tag}`, { accept: ACCEPT }));
  const read = JSON.parse(root.toString('utf8')) as { mediaType: string; manifests?: Entry[] };
  if (read.manifests === undefined) keepBlobs(name, root);
  for (const child of read.manifests ?? []) {
    const bytes = await bytesOf(
      await call(source, 'GET', `/v2/${name}/manifests/${child.digest}`, { accept: ACCEPT }),
    );
    manifests.push({ name, reference: child.digest, type: child.mediaType, bytes });
    keepBlobs(name, bytes);
  }
  manifests.push({ name, reference: tag, type: read.mediaType, bytes: root });
});
const ordered = [...blobs.values()].toSorted((a, b) => b.blob.size - a.blob.size);
await inParallel(ordered, 8, async ({ blob, names }) => {
  const [first = '', ...others] = names;
  await copyBlob(first, first, blob);
  for (const other of others) {
    const response = await call(
      target,
      'POST',
      `/v2/${other}/blobs/uploads/?mount=${blob.digest}&from=${first}`,
      { 'content-length': '0' },
    );
    response.resume();
    if (response.statusCode !== 201) throw new Error(`mount ${response.statusCode}`);
  }
});
for (const leaf of [true, false]) {
  await inParallel(
    manifests.filter(({ reference }) => reference.startsWith('sha256:') === leaf),
    8,
    async ({ name, reference, type, bytes }) => {
      const response = await call(
        target,
        'PUT',
        `/v2/${name}/manifests/${reference}`,
        { 'content-type': type, 'content-length': String(bytes.length) },
        bytes,
      );
      response.resume();
      if (response.statusCode !== 201) throw new Error(`manifest ${response.statusCode}`);
    },
  );
}
for (const agent of Object.values(agents)) agent.destroy();
