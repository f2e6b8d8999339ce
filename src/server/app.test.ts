import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeImage } from '../../scripts/sample-images.ts';
import { openApp, type TestApp, type TestAppOptions } from '../../test/support/registry-app.ts';
import { type Digest, digestOf, MEDIA_TYPES } from '../oci/index.ts';
import { checkFolder } from './index.ts';

let app: TestApp;

beforeEach(async () => {
  app = await openApp();
});

afterEach(async () => {
  await app.close();
  expect(app.failures).toEqual([]);
});

async function reopen(options: TestAppOptions): Promise<void> {
  await app.close();
  app = await openApp(options);
}

const BYTES = Buffer.from('0123456789');
const DIGEST = digestOf(BYTES);
const OTHER = digestOf(Buffer.from('other'));

async function pushBlob(name: string, bytes: Buffer | string): Promise<Digest> {
  const digest = digestOf(Buffer.from(bytes));
  const { status } = await app.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes });
  expect(status).toBe(201);
  return digest;
}

async function begin(name = 'a'): Promise<string> {
  const { status, headers } = await app.ask('POST', `/v2/${name}/blobs/uploads/`);
  expect(status).toBe(202);
  return String(headers['location']);
}

function manifestOf(config: Digest, extra: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: { mediaType: 'application/x-config', digest: config, size: 10 },
      layers: [],
      ...extra,
    }),
  );
}

const AS_MANIFEST = { 'content-type': MEDIA_TYPES.ociManifest };

async function pushManifest(reference: string, extra: object = {}, name = 'a'): Promise<Digest> {
  const body = manifestOf(await pushBlob(name, BYTES), extra);
  const { status } = await app.ask('PUT', `/v2/${name}/manifests/${reference}`, {
    body,
    headers: AS_MANIFEST,
  });
  expect(status).toBe(201);
  return digestOf(body);
}

describe('blobs', () => {
  it.each<readonly [string, string, Record<string, string>, number, Record<string, unknown>, string]>([
    [
      'GET',
      DIGEST,
      {},
      200,
      { 'docker-content-digest': DIGEST, etag: `"${DIGEST}"`, 'accept-ranges': 'bytes' },
      '0123456789',
    ],
    ['HEAD', DIGEST, {}, 200, { 'docker-content-digest': DIGEST }, ''],
    ['GET', DIGEST, { range: 'bytes=2-4' }, 206, { 'content-range': 'bytes 2-4/10' }, '234'],
    ['GET', DIGEST, { range: 'bytes=8-' }, 206, { 'content-range': 'bytes 8-9/10' }, '89'],
    ['GET', DIGEST, { range: 'bytes=-3' }, 206, { 'content-range': 'bytes 7-9/10' }, '789'],
    ['GET', DIGEST, { range: 'bytes=2-4', 'if-range': `"${DIGEST}"` }, 206, {}, '234'],
    ['GET', DIGEST, { range: 'bytes=2-4', 'if-range': '"changed"' }, 200, {}, '0123456789'],
    ['GET', DIGEST, { 'if-none-match': `"${DIGEST}"` }, 304, { etag: `"${DIGEST}"` }, ''],
    ['GET', DIGEST, { 'if-none-match': '"x", W/"y"' }, 200, {}, '0123456789'],
  ])('%s %s %o is %i', async (method, digest, headers, status, expected, body) => {
    await pushBlob('a', BYTES);
    const told = await app.ask(method, `/v2/a/blobs/${digest}`, { headers });
    expect(told.status).toBe(status);
    expect(told.headers).toMatchObject(expected);
    expect(told.body.toString()).toBe(body);
  });

  it.each([
    ['GET', OTHER, {}, 404, 'BLOB_UNKNOWN'],
    ['GET', 'sha256:short', {}, 400, 'DIGEST_INVALID'],
    ['GET', `md5:${'0'.repeat(32)}`, {}, 400, 'DIGEST_INVALID'],
    ['GET', DIGEST, { range: 'bytes=10-' }, 416, 'SIZE_INVALID'],
    ['DELETE', OTHER, {}, 404, 'BLOB_UNKNOWN'],
    ['PUT', DIGEST, {}, 405, 'UNSUPPORTED'],
  ])('%s %s %o is %i %s', async (method, digest, headers, status, code) => {
    await pushBlob('a', BYTES);
    const told = await app.ask(method, `/v2/a/blobs/${digest}`, { headers });
    expect([told.status, told.codes]).toEqual([status, [code]]);
  });

  it('belong to the repository they were pushed to', async () => {
    await pushBlob('a', BYTES);
    expect((await app.ask('GET', `/v2/b/blobs/${DIGEST}`)).status).toBe(404);
    await pushBlob('b', BYTES);
    expect((await app.ask('DELETE', `/v2/a/blobs/${DIGEST}`)).status).toBe(202);
    expect((await app.ask('HEAD', `/v2/a/blobs/${DIGEST}`)).status).toBe(404);
    expect((await app.ask('HEAD', `/v2/b/blobs/${DIGEST}`)).status).toBe(200);
  });

  it('may have sha512 digests', async () => {
    const digest = digestOf(BYTES, 'sha512');
    const location = await begin();
    await app.ask('PATCH', location, { body: BYTES });
    expect((await app.ask('PUT', `${location}?digest=${digest}`)).status).toBe(201);
    expect((await app.ask('GET', `/v2/a/blobs/${digest}`)).body).toEqual(BYTES);
  });
});

describe('uploads', () => {
  it('in chunks, which must follow each other', async () => {
    const location = await begin();
    const chunk = (method: string, start: number, end: number, query = '') =>
      app.ask(method, location + query, {
        body: BYTES.subarray(start, end + 1),
        headers: { 'content-range': `${start}-${end}` },
      });
    expect(await chunk('PATCH', 0, 3)).toMatchObject({ status: 202, headers: { range: '0-3', location } });
    expect(await chunk('PATCH', 5, 9)).toMatchObject({ status: 416, headers: { range: '0-3', location } });
    expect(await chunk('PATCH', 0, 3)).toMatchObject({ status: 416 });
    expect(await app.ask('GET', location)).toMatchObject({
      status: 204,
      headers: { range: '0-3', location },
    });
    expect(await chunk('PUT', 4, 9, `?digest=${DIGEST}`)).toMatchObject({
      status: 201,
      headers: { location: `/v2/a/blobs/${DIGEST}`, 'docker-content-digest': DIGEST },
    });
    expect((await app.ask('GET', location)).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });

  it('keep what came before a connection broke', async () => {
    const location = await begin();
    const broken = (async function* () {
      yield BYTES.subarray(0, 6);
      throw new Error('connection broke');
    })();
    expect((await app.ask('PATCH', location, { body: broken })).status).toBe(500);
    expect(app.failures.splice(0)).toHaveLength(1);
    expect((await app.ask('GET', location)).headers['range']).toBe('0-5');
    const rest = { body: BYTES.subarray(6), headers: { 'content-range': '6-9' } };
    expect((await app.ask('PUT', `${location}?digest=${DIGEST}`, rest)).status).toBe(201);
    expect((await app.ask('GET', `/v2/a/blobs/${DIGEST}`)).body).toEqual(BYTES);
  });

  it('go on after a restart of the registry', async () => {
    const location = await begin();
    await app.ask('PATCH', location, { body: BYTES.subarray(0, 6) });
    const { dir } = app;
    await app.storage.close();
    const again = await openApp({ dir });
    try {
      expect((await again.ask('GET', location)).headers['range']).toBe('0-5');
      expect(
        (await again.ask('PUT', `${location}?digest=${DIGEST}`, { body: BYTES.subarray(6) })).status,
      ).toBe(201);
    } finally {
      await again.close();
    }
  });

  it.each([
    ['POST', (digest: string) => `/v2/a/blobs/uploads/?digest=${digest}`],
    ['PUT', async (digest: string) => `${await begin()}?digest=${digest}`],
  ])('with the wrong content are refused by %s and leave nothing', async (method, url) => {
    const told = await app.ask(method, await url(OTHER), { body: BYTES });
    expect([told.status, told.codes]).toEqual([400, ['DIGEST_INVALID']]);
    expect((await app.ask('HEAD', `/v2/a/blobs/${OTHER}`)).status).toBe(404);
    expect(app.storage.openUploads).toBe(0);
  });

  it.each([
    ['PUT', '?digest=nonsense', {}, 400, 'DIGEST_INVALID'],
    ['PUT', '', {}, 400, 'DIGEST_INVALID'],
    ['PATCH', '', { 'content-range': 'x' }, 400, 'BLOB_UPLOAD_INVALID'],
    ['PATCH', '', { 'content-range': '0-99', 'content-length': '10' }, 400, 'SIZE_INVALID'],
  ])('%s %s %o is %i %s', async (method, query, headers, status, code) => {
    const told = await app.ask(method, `${await begin()}${query}`, { body: BYTES, headers });
    expect([told.status, told.codes]).toEqual([status, [code]]);
  });

  it('that nobody began are unknown, whatever their name', async () => {
    for (const id of ['00000000-0000-0000-0000-000000000000', '..', '%2e%2e%2f%2e%2e', 'x']) {
      for (const method of ['GET', 'PATCH', 'DELETE'])
        expect((await app.ask(method, `/v2/a/blobs/uploads/${id}`, { body: BYTES })).status).toBe(404);
    }
    const location = await begin('a');
    expect((await app.ask('GET', location.replace('/v2/a/', '/v2/b/'))).codes).toEqual([
      'BLOB_UPLOAD_UNKNOWN',
    ]);
  });

  it('can be given up', async () => {
    const location = await begin();
    expect((await app.ask('DELETE', location)).status).toBe(204);
    expect((await app.ask('DELETE', location)).status).toBe(404);
    expect(app.storage.openUploads).toBe(0);
  });

  it('take one request at a time', async () => {
    const location = await begin();
    let go: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = (async function* () {
      yield BYTES.subarray(0, 1);
      await waiting;
      yield BYTES.subarray(1);
    })();
    const first = app.ask('PUT', `${location}?digest=${DIGEST}`, { body: slow });
    expect((await app.ask('PATCH', location, { body: BYTES })).status).toBe(409);
    go();
    expect((await first).status).toBe(201);
  });

  it('let the next request in as soon as the one before it has ended', async () => {
    const location = await begin();
    let go: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const broken = (async function* () {
      yield BYTES.subarray(0, 1);
      await waiting;
      throw new Error('the connection broke');
    })();
    const first = app.ask('PATCH', location, { body: broken });
    const second = app.ask('PUT', `${location}?digest=${DIGEST}`, { body: BYTES.subarray(1) });
    const third = app.ask('PUT', `${location}?digest=${DIGEST}`, { body: BYTES });
    go();
    expect((await first).status).toBe(500);
    expect(app.failures.splice(0)).toHaveLength(1);
    expect((await second).status).toBe(201);
    expect((await third).status).toBe(409);
    expect((await app.ask('GET', location)).status).toBe(404);
  });

  it('are limited in number and size', async () => {
    await reopen({ maxOpenUploads: 1, maxBlobBytes: 9 });
    const told = await app.ask('POST', `/v2/a/blobs/uploads/?digest=${DIGEST}`, { body: BYTES });
    expect([told.status, told.codes]).toEqual([413, ['SIZE_INVALID']]);
    await begin();
    expect((await app.ask('POST', '/v2/a/blobs/uploads/')).status).toBe(429);
  });

  it('give their places up when nobody has continued them for long', async () => {
    await reopen({ maxOpenUploads: 1, uploadExpiryMs: 0 });
    await begin();
    await expect.poll(async () => (await app.ask('POST', '/v2/a/blobs/uploads/')).status).toBe(202);
    expect(app.storage.openUploads).toBe(1);
  });
});

describe('mounts', () => {
  it.each([
    ['from a repository that has it', '&from=a', 201],
    ['without saying from where', '', 201],
    ['from a repository that has not', '&from=c', 202],
    ['from what is no repository', '&from=../a', 202],
  ])('%s', async (_name, from, status) => {
    await pushBlob('a', BYTES);
    const told = await app.ask('POST', `/v2/b/blobs/uploads/?mount=${DIGEST}${from}`);
    expect(told.status).toBe(status);
    expect((await app.ask('HEAD', `/v2/b/blobs/${DIGEST}`)).status).toBe(status === 201 ? 200 : 404);
    if (status === 202)
      expect(
        (await app.ask('PUT', `${told.headers['location']}?digest=${DIGEST}`, { body: BYTES })).status,
      ).toBe(201);
  });

  it('of what is nowhere begin an upload', async () => {
    expect((await app.ask('POST', `/v2/b/blobs/uploads/?mount=${OTHER}`)).status).toBe(202);
    expect((await app.ask('POST', '/v2/b/blobs/uploads/?mount=nonsense')).codes).toEqual(['DIGEST_INVALID']);
  });
});

describe('manifests', () => {
  it('come back as they were pushed, by tag and by digest', async () => {
    const digest = await pushManifest('v1');
    for (const reference of ['v1', digest]) {
      const told = await app.ask('GET', `/v2/a/manifests/${reference}`);
      expect(digestOf(told.body)).toBe(digest);
      expect(told).toMatchObject({
        status: 200,
        headers: {
          'content-type': MEDIA_TYPES.ociManifest,
          'docker-content-digest': digest,
          etag: `"${digest}"`,
        },
      });
      const head = await app.ask('HEAD', `/v2/a/manifests/${reference}`);
      expect(head.headers['content-length']).toBe(String(told.body.length));
      const headers = { 'if-none-match': `"${digest}"` };
      expect((await app.ask('GET', `/v2/a/manifests/${reference}`, { headers })).status).toBe(304);
    }
  });

  it('get several tags with one push by digest', async () => {
    const body = manifestOf(await pushBlob('a', BYTES));
    const digest = digestOf(body, 'sha512');
    const told = await app.ask('PUT', `/v2/a/manifests/${digest}?tag=v1&tag=v1.2`, {
      body,
      headers: AS_MANIFEST,
    });
    expect(told).toMatchObject({
      status: 201,
      headers: {
        'oci-tag': ['v1', 'v1.2'],
        'docker-content-digest': digest,
        location: `/v2/a/manifests/${digest}`,
      },
    });
    expect((await app.ask('HEAD', '/v2/a/manifests/v1.2')).headers['docker-content-digest']).toBe(digest);
    expect(
      (await app.ask('PUT', `/v2/a/manifests/${digest}?tag=../x`, { body, headers: AS_MANIFEST })).status,
    ).toBe(400);
  });

  it('are refused while what they name is missing, each with its digest', async () => {
    const body = manifestOf(DIGEST, { layers: [{ mediaType: 'x', digest: OTHER, size: 5 }] });
    const told = await app.ask('PUT', '/v2/a/manifests/v1', { body, headers: AS_MANIFEST });
    expect(told.codes).toEqual(['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']);
    expect(told.body.toString()).toContain(OTHER);
    expect((await app.ask('GET', '/v2/a/tags/list')).status).toBe(404);
  });

  it('may name foreign layers and subjects that are not there', async () => {
    await pushManifest('v1', {
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
          digest: OTHER,
          size: 5,
          urls: ['https://example.com/x'],
        },
      ],
      subject: { mediaType: MEDIA_TYPES.ociManifest, digest: OTHER, size: 5 },
    });
  });

  it.each([
    ['none', 404],
    ['indexes', 201],
    ['all', 201],
  ] as const)('with sparse %s: an index without its children is %i', async (sparse, status) => {
    await reopen({ sparse });
    const { root } = makeImage({ platforms: ['linux/amd64', 'linux/arm64'], layers: [] });
    const headers = { 'content-type': root.descriptor.mediaType };
    expect((await app.ask('PUT', '/v2/a/manifests/v1', { body: root.bytes, headers })).status).toBe(status);
  });

  it.each([
    ['other content than the digest says', `/v2/a/manifests/${OTHER}`, manifestOf(DIGEST), 'DIGEST_INVALID'],
    ['no digest', '/v2/a/manifests/sha256:baddigest', manifestOf(DIGEST), 'DIGEST_INVALID'],
    ['no tag', '/v2/a/manifests/-x', manifestOf(DIGEST), 'MANIFEST_INVALID'],
    ['no JSON', '/v2/a/manifests/v1', 'nonsense', 'MANIFEST_INVALID'],
    [
      'a type that differs',
      '/v2/a/manifests/v1',
      manifestOf(DIGEST, { mediaType: MEDIA_TYPES.dockerManifest }),
      'MANIFEST_INVALID',
    ],
    ['manifests and layers', '/v2/a/manifests/v1', manifestOf(DIGEST, { manifests: [] }), 'MANIFEST_INVALID'],
    [
      'a lying descriptor',
      '/v2/a/manifests/v1',
      manifestOf(DIGEST, { layers: [{ mediaType: 'x', digest: 'y', size: 1 }] }),
      'MANIFEST_INVALID',
    ],
  ])('with %s are refused', async (_name, url, body, code) => {
    await pushBlob('a', BYTES);
    const told = await app.ask('PUT', url, { body, headers: AS_MANIFEST });
    expect([told.status, told.codes]).toEqual([400, [code]]);
  });

  it('up to the limit are taken, above it not', async () => {
    const config = await pushBlob('a', BYTES);
    const empty = manifestOf(config, { annotations: { x: '' } }).length;
    const sized = (size: number) => manifestOf(config, { annotations: { x: 'y'.repeat(size - empty) } });
    const push = (body: Buffer) => app.ask('PUT', '/v2/a/manifests/v1', { body, headers: AS_MANIFEST });
    expect((await push(sized(4 * 1024 * 1024))).status).toBe(201);
    expect((await push(sized(4 * 1024 * 1024 + 1))).status).toBe(413);
  });

  it('of an index with many thousands of children are taken, given back and checked', async () => {
    await reopen({ maxManifestBytes: 8 * 1024 * 1024 });
    const manifests = Array.from({ length: 30_000 }, (_, index) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(Buffer.from(String(index))),
      size: 7,
    }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    expect(body.length).toBeGreaterThan(4 * 1024 * 1024);
    const pushed = await app.ask('PUT', '/v2/a/manifests/v1', {
      body,
      headers: { 'content-type': mediaType },
    });
    expect(pushed.status).toBe(201);
    expect((await app.ask('GET', '/v2/a/manifests/v1')).body.equals(body)).toBe(true);
    expect(await checkFolder(app.dir)).toMatchObject({ manifests: 1, problems: [] });
  });

  it('are overwritten only as they are known, on request', async () => {
    const first = await pushManifest('v1');
    const body = manifestOf(DIGEST, { annotations: { second: 'yes' } });
    const push = (headers: Record<string, string>) =>
      app.ask('PUT', '/v2/a/manifests/v1', { body, headers: { ...AS_MANIFEST, ...headers } });
    expect((await push({ 'if-none-match': '*' })).status).toBe(412);
    expect((await push({ 'if-match': `"${OTHER}"` })).status).toBe(412);
    expect((await push({ 'if-match': `"${first}"` })).status).toBe(201);
  });

  it('are deleted with their tags, a tag alone', async () => {
    const digest = await pushManifest('v1');
    await pushManifest('v2');
    expect((await app.ask('DELETE', '/v2/a/manifests/v1')).status).toBe(202);
    expect((await app.ask('HEAD', `/v2/a/manifests/${digest}`)).status).toBe(200);
    expect((await app.ask('DELETE', `/v2/a/manifests/${digest}`)).status).toBe(202);
    expect((await app.ask('HEAD', '/v2/a/manifests/v2')).status).toBe(404);
    expect(JSON.parse((await app.ask('GET', '/v2/a/tags/list')).body.toString())).toEqual({
      name: 'a',
      tags: [],
    });
    expect((await app.ask('DELETE', `/v2/a/manifests/${digest}`)).codes).toEqual(['MANIFEST_UNKNOWN']);
    expect((await app.ask('DELETE', '/v2/b/manifests/v1')).codes).toEqual(['NAME_UNKNOWN']);
  });
});

describe('listings', () => {
  it('give tags in byte order, page by page', async () => {
    for (const tag of ['b', 'a', 'B', '_x', '1']) await pushManifest(tag);
    const list = async (query: string) => {
      const told = await app.ask('GET', `/v2/a/tags/list${query}`);
      return [(JSON.parse(told.body.toString()) as { tags: string[] }).tags, told.headers['link']];
    };
    expect(await list('')).toEqual([['1', 'B', '_x', 'a', 'b'], undefined]);
    expect(await list('?n=2')).toEqual([['1', 'B'], '</v2/a/tags/list?n=2&last=B>; rel="next"']);
    expect(await list('?n=2&last=B')).toEqual([['_x', 'a'], '</v2/a/tags/list?n=2&last=a>; rel="next"']);
    expect((await app.ask('GET', '/v2/a/tags/list?n=x')).status).toBe(400);
    expect((await app.ask('GET', '/v2/b/tags/list')).codes).toEqual(['NAME_UNKNOWN']);
  });

  it('give referrers, filtered and page by page, and an empty list for what is unknown', async () => {
    const subject = { mediaType: MEDIA_TYPES.ociManifest, digest: OTHER, size: 5 };
    const one = await pushManifest('one', {
      subject,
      artifactType: 'application/x-one',
      annotations: { k: 'v' },
    });
    const two = await pushManifest('two', { subject });
    const list = async (query = '') => {
      const told = await app.ask('GET', `/v2/a/referrers/${OTHER}${query}`);
      expect(told).toMatchObject({ status: 200, headers: { 'content-type': MEDIA_TYPES.ociIndex } });
      const { manifests } = JSON.parse(told.body.toString()) as { manifests: { digest: Digest }[] };
      return { manifests, digests: manifests.map((entry) => entry.digest), headers: told.headers };
    };
    expect((await list()).digests).toEqual([one, two].sort());
    const filtered = await list('?artifactType=application/x-one');
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
    expect(filtered.manifests).toMatchObject([
      { digest: one, artifactType: 'application/x-one', annotations: { k: 'v' } },
    ]);
    // Without an artifactType of its own it has its config's media type.
    expect((await list('?artifactType=application/x-config')).digests).toEqual([two]);
    const page = await list('?n=1');
    expect(page.digests).toHaveLength(1);
    expect(page.headers['link']).toContain(`last=${encodeURIComponent(page.digests[0] ?? '')}`);
    await app.ask('DELETE', `/v2/a/manifests/${one}`);
    expect((await list()).digests).toEqual([two]);
    const unknown = await app.ask('GET', `/v2/nowhere/referrers/${DIGEST}`);
    expect([unknown.status, JSON.parse(unknown.body.toString())]).toMatchObject([200, { manifests: [] }]);
  });

  it('give the names of repositories', async () => {
    await pushManifest('v1', {}, 'team/b');
    await pushManifest('v1', {}, 'team');
    await begin('only/an/upload');
    const told = await app.ask('GET', '/v2/_catalog');
    expect(JSON.parse(told.body.toString())).toEqual({ repositories: ['team', 'team/b'] });
  });
});

describe('the registry as a whole', () => {
  it('answers to a ping, a health check and a scrape', async () => {
    expect(await app.ask('GET', '/v2/')).toMatchObject({ status: 200 });
    expect((await app.ask('GET', '/healthz')).body.toString()).toBe('ok\n');
    await begin();
    expect((await app.ask('GET', '/metrics')).body.toString()).toContain('sallyport_registry_open_uploads 1');
  });

  it('says which methods there are', async () => {
    expect(await app.ask('POST', '/v2/a/manifests/v1')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, PUT, DELETE' },
    });
  });

  it('refuses every write when it is read-only', async () => {
    await pushManifest('v1');
    const { dir } = app;
    await app.storage.close();
    const readOnly = await openApp({ dir, readOnly: true });
    try {
      expect((await readOnly.ask('GET', '/v2/a/manifests/v1')).status).toBe(200);
      for (const [method, url] of [
        ['POST', '/v2/a/blobs/uploads/'],
        ['PUT', '/v2/a/manifests/v1'],
        ['DELETE', '/v2/a/manifests/v1'],
      ] as const)
        expect(await readOnly.ask(method, url)).toMatchObject({ status: 405, codes: ['UNSUPPORTED'] });
    } finally {
      await readOnly.close();
    }
  });
});
