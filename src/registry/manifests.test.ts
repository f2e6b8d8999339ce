import { afterEach, describe, expect, it } from 'vitest';
import { imageOf, indexOf } from '../../test/support/images.ts';
import { failureOf, type SessionBench, startSessionBench } from '../../test/support/registry-session.ts';
import type { Reply, ScriptRow } from '../../test/support/script-server.ts';
import { digestOf } from '../oci/index.ts';
import { createRepository, type RegistryRepository } from './repository.ts';

let bench: SessionBench | undefined;
afterEach(async () => {
  const current = bench;
  bench = undefined;
  await current?.close();
});

async function start(
  rows: readonly ScriptRow[],
): Promise<SessionBench & { readonly repository: RegistryRepository }> {
  bench = await startSessionBench(rows);
  const { session, clock, events } = bench;
  return {
    ...bench,
    repository: createRepository({
      session,
      clock,
      emit: (event) => void events.push(event),
      repository: 'a/b',
    }),
  };
}

const image = imageOf({ seed: 'x' }).manifest;
const { digest, mediaType, size } = image.descriptor;
const shown: Reply = {
  status: 200,
  headers: { 'content-type': mediaType, 'docker-content-digest': digest, 'content-length': String(size) },
  body: image.bytes,
};
const at = (selector: string): string => `/v2/a/b/manifests/${selector}`;

describe('resolveAgain', () => {
  const other = digestOf(Buffer.from('other'));
  const tagged: Reply = { ...shown, headers: { ...shown.headers, etag: `"${digest}"` } };

  it('names the digest of before to a registry whose ETags are digests', async () => {
    const { repository, server } = await start([
      { method: 'HEAD', path: at('v1'), reply: tagged, times: 1 },
      { method: 'HEAD', path: at('v1'), reply: { status: 304 }, times: 1 },
      { method: 'HEAD', path: at('v1'), reply: tagged, times: 1 },
      { method: 'HEAD', path: at('v1'), reply: { status: 404 }, times: 1 },
    ]);
    await repository.resolve('v1');
    expect(await repository.resolveAgain('v1', digest)).toEqual({ digest });
    expect(await repository.resolveAgain('v1', other)).toEqual({ mediaType, digest, size });
    expect(await repository.resolveAgain('v1', digest)).toBeUndefined();
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      `"${digest}"`,
      `"${other}"`,
      `"${digest}"`,
    ]);
  });

  it.each<[string, Reply]>([
    ['has no ETags', shown],
    ['has others', { ...shown, headers: { ...shown.headers, etag: '"7"' } }],
    ['has weak ones', { ...shown, headers: { ...shown.headers, etag: `W/"${digest}"` } }],
  ])('asks as always where the registry %s', async (_, reply) => {
    const { repository, server } = await start([{ method: 'HEAD', path: at('v1'), reply }]);
    await repository.resolve('v1');
    expect(await repository.resolveAgain('v1', digest)).toEqual({ mediaType, digest, size });
    expect(server.requests[1]?.headers['if-none-match']).toBeUndefined();
  });
});

describe('resolve', () => {
  it('asks by HEAD, with every kind of manifest accepted', async () => {
    const { repository, server } = await start([{ method: 'HEAD', path: at('v1'), reply: shown }]);
    expect(await repository.resolve('v1')).toEqual({ mediaType, digest, size });
    const accept = server.requests[0]?.headers.accept ?? '';
    for (const kind of ['oci.image.index.v1', 'oci.image.manifest.v1', 'manifest.list.v2', 'manifest.v2'])
      expect(accept).toContain(kind);
  });

  it.each<[string, Reply]>([
    ['no digest', { ...shown, headers: { 'content-type': mediaType, 'content-length': String(size) } }],
    [
      'something that is no digest',
      { ...shown, headers: { ...shown.headers, 'docker-content-digest': 'sha256:short' } },
    ],
    ['no media type', { ...shown, headers: { 'docker-content-digest': digest } }],
    [
      'no length',
      {
        ...shown,
        headers: {
          'content-type': mediaType,
          'docker-content-digest': digest,
          'transfer-encoding': 'chunked',
        },
      },
    ],
    ['405', { status: 405 }],
    ['501', { status: 501 }],
  ])('reads the manifest when HEAD says %s', async (_, reply) => {
    const { repository } = await start([
      { method: 'HEAD', path: at('v1'), reply, times: 1 },
      { method: 'GET', path: at('v1'), reply: shown, times: 1 },
    ]);
    expect(await repository.resolve('v1')).toEqual({ mediaType, digest, size });
  });

  it('does not believe another digest than the one it asked for', async () => {
    const other = digestOf(Buffer.from('other'));
    const { repository } = await start([
      { method: 'HEAD', path: at(other), reply: shown },
      { method: 'GET', path: at(other), reply: shown, times: 2 },
    ]);
    expect(await failureOf(repository.resolve(other))).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('says undefined for what is not there, and nothing of the kind for a refusal', async () => {
    const { repository } = await start([
      { method: 'HEAD', path: at('gone'), reply: { status: 404 } },
      { method: 'HEAD', path: at('secret'), reply: { status: 403 } },
    ]);
    expect(await repository.resolve('gone')).toBeUndefined();
    expect(await failureOf(repository.resolve('secret'))).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('readManifest', () => {
  it('gives the exact bytes, whatever their layout', async () => {
    const bytes = Buffer.from(`${image.bytes.toString()}\n \n`);
    const { repository } = await start([
      {
        method: 'GET',
        path: at('v1'),
        reply: { ...shown, headers: { 'content-type': `${mediaType}; charset=utf-8` }, body: bytes },
      },
    ]);
    const read = await repository.readManifest('v1');
    expect(read.bytes.equals(bytes)).toBe(true);
    expect(read.descriptor).toEqual({ mediaType, digest: digestOf(bytes), size: bytes.length });
  });

  it('asks once more for wrong content, and then refuses it', async () => {
    const wrong = { ...shown, body: imageOf({ seed: 'y' }).manifest.bytes };
    const { repository, server } = await start([{ method: 'GET', path: at(digest), reply: wrong, times: 1 }]);
    server.add({ method: 'GET', path: at(digest), reply: shown, times: 1 });
    expect((await repository.readManifest(digest)).descriptor.digest).toBe(digest);
    server.add({ method: 'GET', path: at(digest), reply: wrong, times: 2 });
    const error = await failureOf(repository.readManifest(digest));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(error.subject).toContain(digest);
  });

  it('counts its own hash for a tag, and tells that the registry was wrong', async () => {
    const headers = { 'content-type': mediaType, 'docker-content-digest': digestOf(Buffer.from('other')) };
    const { repository, events } = await start([
      { method: 'GET', path: at('v1'), reply: { ...shown, headers } },
    ]);
    expect((await repository.readManifest('v1')).descriptor.digest).toBe(digest);
    expect(events).toContainEqual(expect.objectContaining({ type: 'note', level: 'warning' }));
  });

  it.each<[string, Reply, string]>([
    [
      'a page of some proxy',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'MANIFEST_INVALID',
    ],
    [
      'schema 1',
      {
        status: 200,
        headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
        body: '{"schemaVersion":1}',
      },
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another type than the content says',
      { ...shown, headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' } },
      'MANIFEST_INVALID',
    ],
    ['9 MiB', { status: 200, body: Buffer.alloc(9 * 1024 * 1024, 32) }, 'REGISTRY_PROTOCOL'],
  ])('refuses %s', async (_, reply, code) => {
    const { repository } = await start([{ method: 'GET', path: at('v1'), reply }]);
    expect((await failureOf(repository.readManifest('v1'))).code).toBe(code);
  });

  it('names the tags that are near to one that does not exist', async () => {
    const { repository, server } = await start([
      { method: 'GET', path: at('7.121'), reply: { status: 404 } },
      {
        method: 'GET',
        path: /^\/v2\/a\/b\/tags\/list\?n=1000$/,
        reply: {
          status: 200,
          body: JSON.stringify({ tags: ['7.86.0', 'next', '7.121.0', 'latest', '7.120.0'] }),
        },
      },
    ]);
    const error = await failureOf(repository.readManifest('7.121'));
    expect(error).toMatchObject({ code: 'MANIFEST_NOT_FOUND', subject: `${server.host}/a/b:7.121` });
    expect(error.message).toContain('nearest of 5 tags: 7.121.0, ');
    expect(String(error.facts['nearby'])).toMatch(/^7\.121\.0,/);
  });

  it.each<[string, Reply, RegExp]>([
    ['knows no such repository', { status: 404 }, /does not know the repository/],
    ['lists nothing', { status: 200, body: '{"tags":null}' }, /has no tags/],
    ['does not list', { status: 403 }, /does not list tags/],
  ])('says so when the registry %s', async (_, reply, message) => {
    const { repository } = await start([
      { method: 'GET', path: at('v1'), reply: { status: 404 } },
      { method: 'GET', path: /tags\/list/, reply },
    ]);
    expect((await failureOf(repository.readManifest('v1'))).message).toMatch(message);
  });
});

describe('writeManifest', () => {
  const index = indexOf([image]);

  it('sends the exact bytes with their own media type, by digest and by tag', async () => {
    const reply = { status: 201, headers: { 'docker-content-digest': index.descriptor.digest } };
    const { repository, server } = await start([
      { method: 'PUT', path: at(index.descriptor.digest), reply, times: 1 },
      { method: 'PUT', path: at('v1'), reply, times: 1 },
    ]);
    await repository.writeManifest(index);
    await repository.writeManifest(index, { tag: 'v1' });
    for (const request of server.requests) {
      expect(request.body.equals(index.bytes)).toBe(true);
      expect(request.headers['content-type']).toBe(index.descriptor.mediaType);
    }
  });

  it('does not accept that the registry stored something else', async () => {
    const { repository } = await start([
      { method: 'PUT', path: at('v1'), reply: { status: 201, headers: { 'docker-content-digest': digest } } },
    ]);
    expect(await failureOf(repository.writeManifest(index, { tag: 'v1' }))).toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  const immutable: ScriptRow = {
    method: 'PUT',
    path: at('v1'),
    reply: {
      status: 412,
      body: '{"errors":[{"code":"PRECONDITION","message":"matched an immutable tag rule"}]}',
    },
  };

  it('takes an immutable tag that has the right digest already for done', async () => {
    const { repository } = await start([immutable, { method: 'HEAD', path: at('v1'), reply: shown }]);
    await repository.writeManifest(image, { tag: 'v1' });
  });

  it('tells both digests of an immutable tag', async () => {
    const { repository } = await start([immutable, { method: 'HEAD', path: at('v1'), reply: shown }]);
    const error = await failureOf(repository.writeManifest(index, { tag: 'v1' }));
    expect(error.code).toBe('TAG_IMMUTABLE');
    expect(error.message).toContain(digest);
    expect(error.message).toContain(index.descriptor.digest);
  });

  it.each<[string, Reply, string, RegExp]>([
    [
      'its size',
      { status: 413 },
      'REGISTRY_REFUSED',
      new RegExp(`manifest is ${index.bytes.length} bytes long`),
    ],
    [
      'a quota',
      {
        status: 403,
        body: '{"errors":[{"code":"DENIED","message":"adding 1 GB would exceed the quota of the project"}]}',
      },
      'QUOTA_EXCEEDED',
      /quota/,
    ],
    [
      'missing rights',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' },
      'FORBIDDEN',
      /DENIED/,
    ],
  ])('says that it was refused for %s', async (_, reply, code, message) => {
    const { repository, server } = await start([{ method: 'PUT', path: at('v1'), reply }]);
    const error = await failureOf(repository.writeManifest(index, { tag: 'v1' }));
    expect(error).toMatchObject({ code, subject: `${server.host}/a/b:v1` });
    expect(error.message).toMatch(message);
  });
});
