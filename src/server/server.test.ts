import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeImage } from '../../scripts/sample-images.ts';
import { canMakeCertificates, makeAuthority } from '../../test/support/certificates.ts';
import type { SallyportEvent } from '../base/index.ts';
import { digestOf } from '../oci/index.ts';
import { openLayout } from '../store/index.ts';
import { createRegistryServer, type RegistryServerOptions, type RunningRegistry } from './index.ts';

let dir: string;
let registry: RunningRegistry | undefined;
const agent = new Agent({ keepAlive: true });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-registry-'));
});

afterEach(async () => {
  await registry?.close({ graceMs: 0 });
  registry = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<RegistryServerOptions> = {}): Promise<RunningRegistry> {
  registry = await createRegistryServer({ dir: join(dir, 'data'), durable: false, ...options });
  return registry;
}

interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(
  method: string,
  url: string,
  options: { readonly body?: Buffer; readonly headers?: Record<string, string>; readonly ca?: Buffer } = {},
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const target = new URL(url, registry?.url);
    const { body, headers = {}, ca } = options;
    const all = { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) };
    const sent =
      ca === undefined
        ? request(target, { method, headers: all, agent })
        : secureRequest(target, { method, headers: all, ca });
    sent.on('error', reject);
    sent.on('continue', () => sent.end(body));
    sent.on('response', (message) => {
      buffer(message).then(
        (bytes) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body: bytes }),
        reject,
      );
    });
    if (headers['expect'] === undefined) sent.end(body);
    else sent.flushHeaders();
  });
}

const BYTES = Buffer.alloc(300_000, 'abc');
const DIGEST = digestOf(BYTES);
const UPLOAD = `/v2/a/blobs/uploads/?digest=${DIGEST}`;

async function pushImage(name: string, tag: string, seed: string): Promise<void> {
  const image = makeImage({ platforms: ['linux/amd64', 'linux/arm64'], layers: [{ size: 2000, seed }] });
  for (const blob of image.blobs.values()) {
    const body = await buffer(await blob.open(0));
    expect(
      (await ask('POST', `/v2/${name}/blobs/uploads/?digest=${blob.descriptor.digest}`, { body })).status,
    ).toBe(201);
  }
  for (const { bytes, descriptor } of image.manifests) {
    const reference = descriptor.digest === image.root.descriptor.digest ? tag : descriptor.digest;
    const headers = { 'content-type': descriptor.mediaType };
    expect((await ask('PUT', `/v2/${name}/manifests/${reference}`, { body: bytes, headers })).status).toBe(
      201,
    );
  }
}

describe('a running registry', () => {
  it('takes and gives content, counts it and logs it', async () => {
    const events: SallyportEvent[] = [];
    const running = await start({ emit: (event) => events.push(event) });
    expect(running.url).toBe(`http://127.0.0.1:${running.port}`);
    expect((await ask('POST', UPLOAD, { body: BYTES })).status).toBe(201);
    const got = await ask('GET', `/v2/a/blobs/${DIGEST}`);
    expect(got.body).toEqual(BYTES);
    expect(got.headers['content-length']).toBe(String(BYTES.length));
    const head = await ask('HEAD', `/v2/a/blobs/${DIGEST}`);
    expect([head.body.length, head.headers['content-length']]).toEqual([0, String(BYTES.length)]);
    expect(running.stats()).toEqual({
      requests: 3,
      byRoute: { 'GET blob': 1, 'HEAD blob': 1, 'POST uploads': 1 },
      byStatus: { '200': 2, '201': 1 },
      bytesReceived: BYTES.length,
      bytesSent: BYTES.length,
    });
    expect(events).toMatchObject([
      {
        type: 'request',
        method: 'POST',
        status: 201,
        url: `${running.url}${UPLOAD}`,
      },
      { type: 'request', method: 'GET', status: 200 },
      { type: 'request', method: 'HEAD', status: 200 },
    ]);
  });

  it('keeps everything over a restart, and is a layout that other tools read', async () => {
    await start();
    await pushImage('team/one', 'v1', 'one');
    await pushImage('team/two', 'v2', 'two');
    await registry?.close();
    const layout = await openLayout({ dir: join(dir, 'data'), mode: 'read' });
    expect(layout.repositories()).toEqual(['team/one', 'team/two']);
    const root = await layout.repository('team/two').readManifest('v2');
    await start();
    const again = await ask('GET', '/v2/team/two/manifests/v2');
    expect(again.body).toEqual(root.bytes);
  });

  it('makes index.json anew when it was killed before writing it', async () => {
    await start();
    await pushImage('a', 'v1', 'one');
    await registry?.close();
    writeFileSync(join(dir, 'data', 'index.json'), '{"schemaVersion":2,"manifests":[]}');
    writeFileSync(join(dir, 'data', 'registry', 'index-outdated'), '');
    await start();
    await registry?.close();
    expect(readFileSync(join(dir, 'data', 'index.json'), 'utf8')).toContain('"a:v1"');
    expect(readdirSync(join(dir, 'data', 'registry'))).toEqual(['repositories']);
  });

  it('takes many pushes of the same content to many repositories at once', async () => {
    await start();
    await Promise.all(
      Array.from({ length: 24 }, (_, index) => pushImage(`r/${index % 6}`, `v${index}`, `seed ${index % 2}`)),
    );
    for (let index = 0; index < 24; index++)
      expect((await ask('HEAD', `/v2/r/${index % 6}/manifests/v${index}`)).status).toBe(200);
    await registry?.close();
    const layout = await openLayout({ dir: join(dir, 'data'), mode: 'read' });
    const tags = await Promise.all(layout.repositories().map((name) => layout.repository(name).listTags()));
    expect(tags.flat()).toHaveLength(24);
  });

  it('refuses a folder that another one uses, and one with other files', async () => {
    await start();
    await expect(createRegistryServer({ dir: join(dir, 'data') })).rejects.toMatchObject({ code: 'LOCKED' });
    writeFileSync(join(dir, 'thesis.txt'), 'precious');
    await expect(createRegistryServer({ dir })).rejects.toMatchObject({ code: 'OUTPUT_FOREIGN_FILES' });
  });

  it('says when it cannot listen, and gives the folder up again', async () => {
    const { port } = await start();
    const other = join(dir, 'other');
    await expect(createRegistryServer({ dir: other, port })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
    await (await createRegistryServer({ dir: other })).close();
  });

  it('refuses before the body comes when the client waits for that', async () => {
    await start({ auth: { users: { ada: 'a' } } });
    const headers = { expect: '100-continue' };
    expect((await ask('POST', UPLOAD, { body: BYTES, headers })).status).toBe(401);
    expect(registry?.stats().bytesReceived).toBe(0);
    const authorization = `Basic ${Buffer.from('ada:a').toString('base64')}`;
    expect((await ask('POST', UPLOAD, { body: BYTES, headers: { ...headers, authorization } })).status).toBe(
      201,
    );
  });

  it('lets a client that sends on read the refusal', async () => {
    await start({ auth: { users: { ada: 'a' } } });
    expect((await ask('POST', UPLOAD, { body: Buffer.alloc(20_000_000) })).status).toBe(401);
    expect((await ask('GET', '/v2/')).status).toBe(401);
  });

  it('lets one read it too that wants the connection closed after it', async () => {
    await start({ auth: { users: { ada: 'a' } } });
    const headers = { connection: 'close' };
    expect((await ask('POST', UPLOAD, { body: Buffer.alloc(20_000_000), headers })).status).toBe(401);
  });

  it('refuses a blob that is announced as too large before it comes', async () => {
    await start({ limits: { blobBytes: BYTES.length - 1 } });
    const headers = { expect: '100-continue' };
    expect((await ask('POST', UPLOAD, { body: BYTES, headers })).status).toBe(413);
    expect(registry?.stats().bytesReceived).toBe(0);
  });

  it('ends a request that takes too long to come, however lively it is', async () => {
    await start({ limits: { requestMs: 400 } });
    const sent = request(new URL(UPLOAD, registry?.url), { method: 'POST' });
    const dripping = setInterval(() => sent.write('.'), 20);
    const ended = await new Promise((resolve) => {
      sent.on('error', () => resolve('cut'));
      sent.on('response', (message) => resolve(message.resume().statusCode));
    });
    clearInterval(dripping);
    sent.destroy();
    expect(['cut', 408]).toContain(ended);
  });

  it('ends an answer that takes too long to be read', async () => {
    const big = Buffer.alloc(64 * 1024 * 1024);
    const digest = digestOf(big);
    const filled = await start();
    expect((await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: big })).status).toBe(201);
    await filled.close();
    await start({ limits: { requestMs: 400 } });
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      request(new URL(`/v2/a/blobs/${digest}`, registry?.url), resolve)
        .on('error', reject)
        .end();
    });
    // Nobody reads: the answer cannot end by itself.
    await expect.poll(() => registry?.stats().byStatus['499']).toBe(1);
    await expect(buffer(message)).rejects.toThrow();
  });

  it('ends requests in flight before it stops', async () => {
    await start();
    const sent = request(new URL(UPLOAD, registry?.url), {
      method: 'POST',
      headers: { 'content-length': BYTES.length },
    });
    const answered = new Promise<number>((resolve, reject) => {
      sent.on('response', (message) => resolve(message.resume().statusCode ?? 0));
      sent.on('error', reject);
    });
    sent.write(BYTES.subarray(0, 1000));
    await expect.poll(() => registry?.stats().bytesReceived).toBe(1000);
    const closed = registry?.close();
    sent.end(BYTES.subarray(1000));
    expect(await answered).toBe(201);
    await closed;
  });

  it('answers nonsense with 400 and goes on', async () => {
    await start();
    const socket = connect(registry?.port ?? 0, '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    expect((await buffer(socket)).toString()).toContain('400 Bad Request');
    expect((await ask('GET', '/v2/')).status).toBe(200);
  });

  it.skipIf(!canMakeCertificates)('speaks https with a given certificate', async () => {
    const authority = makeAuthority('Registry test CA');
    try {
      await start({ tls: authority.issue('registry', ['IP:127.0.0.1']) });
      expect(registry?.url).toMatch(/^https:/);
      const { cert: ca } = authority;
      expect((await ask('POST', UPLOAD, { body: BYTES, ca })).status).toBe(201);
      expect((await ask('GET', `/v2/a/blobs/${DIGEST}`, { ca })).body).toEqual(BYTES);
      await expect(
        createRegistryServer({ dir: join(dir, 'other'), tls: { cert: 'x', key: 'y' } }),
      ).rejects.toMatchObject({ code: 'TLS_FAILED' });
    } finally {
      authority.dispose();
    }
  });
});

describe('broken on purpose', () => {
  it('cuts an answer after some bytes', async () => {
    await start({
      intercept: ({ method }) =>
        method === 'GET' ? { fault: { kind: 'reset-response', afterBytes: 1000 } } : undefined,
    });
    await ask('POST', UPLOAD, { body: BYTES });
    await expect(ask('GET', `/v2/a/blobs/${DIGEST}`)).rejects.toThrow();
    expect(registry?.stats().bytesSent).toBe(1000);
  });

  it('cuts a request after some bytes, which stay', async () => {
    let faults = 1;
    await start({
      intercept: ({ method }) =>
        method === 'PATCH' && faults-- > 0
          ? { fault: { kind: 'reset-request', afterBytes: 70_000 } }
          : undefined,
    });
    const location = String((await ask('POST', '/v2/a/blobs/uploads/')).headers['location']);
    await expect(ask('PATCH', location, { body: BYTES })).rejects.toThrow();
    await expect.poll(async () => (await ask('GET', location)).headers['range']).toBe('0-69999');
    await expect
      .poll(async () => (await ask('PATCH', location, { body: BYTES.subarray(70_000) })).status)
      .toBe(202);
    expect((await ask('PUT', `${location}?digest=${DIGEST}`)).status).toBe(201);
  });

  it('resets, answers otherwise, and changes answers', async () => {
    await start({
      intercept: async ({ path }) =>
        path === '/v2/a/tags/list'
          ? { fault: { kind: 'reset' } }
          : path === '/v2/b/tags/list'
            ? { respond: { status: 503, headers: { 'retry-after': '1' } } }
            : {
                rewrite: (response) => ({
                  ...response,
                  headers: { ...response.headers, 'x-changed': 'yes' },
                }),
              },
    });
    await expect(ask('GET', '/v2/a/tags/list')).rejects.toThrow();
    expect(await ask('GET', '/v2/b/tags/list')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    expect((await ask('GET', '/v2/')).headers['x-changed']).toBe('yes');
  });
});
