import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';

/**
 * The floors for bundles: every blob once, eight at a time, hashed on the way, no retries and no checks.
 * `node bundle-floor.js write SOURCE_HOST FILE NAME:TAG …` streams an image set into one plain file, synced, and its places into FILE.json;
 * `node bundle-floor.js push FILE TARGET_HOST` pushes that again.
 */
interface Entry {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}
interface Placed {
  readonly digest: string;
  readonly size: number;
  readonly at: number;
  readonly names: readonly string[];
}
interface Pushed {
  readonly name: string;
  readonly reference: string;
  readonly type: string;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const ACCEPT = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
const [mode, ...rest] = process.argv.slice(2);
await (mode === 'write' ? write(rest) : push(rest));
agent.destroy();

async function write([source = '', file = '', ...images]: readonly string[]): Promise<void> {
  const blobs = new Map<string, { blob: Entry; names: string[] }>();
  const manifests: Pushed[] = [];
  await inParallel(images, 8, async (image) => {
    const [name = '', tag = ''] = image.split(':');
    const root = await manifestText(source, name, tag);
    const index = JSON.parse(root) as { mediaType: string; manifests: Entry[] };
    for (const child of index.manifests) {
      const text = await manifestText(source, name, child.digest);
      manifests.push({ name, reference: child.digest, type: child.mediaType, text });
      const { config, layers } = JSON.parse(text) as { config: Entry; layers: Entry[] };
      for (const blob of [config, ...layers]) {
        const known = blobs.get(blob.digest);
        if (known === undefined) blobs.set(blob.digest, { blob, names: [name] });
        else if (!known.names.includes(name)) known.names.push(name);
      }
    }
    manifests.push({ name, reference: tag, type: index.mediaType, text: root });
  });
  let at = 0;
  const placed = [...blobs.values()]
    .toSorted((a, b) => b.blob.size - a.blob.size)
    .map(({ blob, names }): Placed => {
      const place = { digest: blob.digest, size: blob.size, at, names };
      at += blob.size;
      return place;
    });
  const out = await open(file, 'w');
  await inParallel(placed, 8, (blob) => fetchInto(out, source, blob));
  await out.sync();
  await out.close();
  await writeFile(`${file}.json`, JSON.stringify({ placed, manifests }));
}

async function fetchInto(out: FileHandle, source: string, blob: Placed): Promise<void> {
  const response = await call(source, 'GET', `/v2/${blob.names[0] ?? ''}/blobs/${blob.digest}`);
  const hash = createHash('sha256');
  let position = blob.at;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    const writing = out.write(bytes, 0, bytes.length, position);
    hash.update(bytes);
    position += bytes.length;
    await writing;
  }
  if (`sha256:${hash.digest('hex')}` !== blob.digest) throw new Error(`wrong content of ${blob.digest}`);
}

async function push([file = '', target = '']: readonly string[]): Promise<void> {
  const { placed, manifests } = JSON.parse(await readFile(`${file}.json`, 'utf8')) as {
    placed: Placed[];
    manifests: Pushed[];
  };
  const from = await open(file, 'r');
  await inParallel(placed, 8, async (blob) => {
    const [first = '', ...others] = blob.names;
    await pushBlob(from, target, first, blob);
    for (const other of others)
      await done(
        await call(target, 'POST', `/v2/${other}/blobs/uploads/?mount=${blob.digest}&from=${first}`, NOTHING),
      );
  });
  await from.close();
  for (const leaf of [true, false])
    await inParallel(
      manifests.filter(({ reference }) => reference.startsWith('sha256:') === leaf),
      8,
      async ({ name, reference, type, text }) => {
        const bytes = Buffer.from(text);
        const headers = { 'content-type': type, 'content-length': String(bytes.length) };
        await done(await call(target, 'PUT', `/v2/${name}/manifests/${reference}`, headers, bytes));
      },
    );
}

const NOTHING = { 'content-length': '0' };

async function pushBlob(from: FileHandle, target: string, name: string, blob: Placed): Promise<void> {
  const started = await call(target, 'POST', `/v2/${name}/blobs/uploads/`, NOTHING);
  started.resume();
  const location = new URL(started.headers.location ?? '', `http://${target}`);
  location.searchParams.set('digest', blob.digest);
  const hash = createHash('sha256');
  const [hostname, port] = target.split(':');
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method: 'PUT',
        path: location.pathname + location.search,
        agent,
        headers: { 'content-length': String(blob.size), 'content-type': 'application/octet-stream' },
      },
      (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 201 && `sha256:${hash.digest('hex')}` === blob.digest
            ? resolve()
            : reject(new Error(`PUT ${response.statusCode}`)),
        );
      },
    );
    outgoing.on('error', reject);
    const send = async () => {
      for (let sent = 0; sent < blob.size; ) {
        const { buffer, bytesRead } = await from.read(
          Buffer.allocUnsafe(512 * 1024),
          0,
          Math.min(512 * 1024, blob.size - sent),
          blob.at + sent,
        );
        const bytes = buffer.subarray(0, bytesRead);
        hash.update(bytes);
        sent += bytesRead;
        if (!outgoing.write(bytes)) await new Promise<void>((next) => outgoing.once('drain', next));
      }
      outgoing.end();
    };
    send().catch(reject);
  });
}

async function done(response: IncomingMessage): Promise<void> {
  response.resume();
  if (response.statusCode !== 201) throw new Error(`answered ${response.statusCode}`);
}

async function manifestText(host: string, name: string, reference: string): Promise<string> {
  const response = await call(host, 'GET', `/v2/${name}/manifests/${reference}`, { accept: ACCEPT });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function call(
  host: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const [hostname, port] = host.split(':');
    const outgoing = request({ hostname, port, method, path, headers, agent }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
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
