import { afterEach, describe, expect, it } from 'vitest';
import { blobOf, imageOf, indexOf } from '../../test/support/images.ts';
import { failureOf, type SessionBench, startSessionBench } from '../../test/support/registry-session.ts';
import type { Reply, ScriptRow } from '../../test/support/script-server.ts';
import { digestHex, MEDIA_TYPES } from '../oci/index.ts';
import { fallbackTag } from './fallback-tag.ts';
import { createRepository } from './repository.ts';

let bench: SessionBench | undefined;
afterEach(async () => {
  const current = bench;
  bench = undefined;
  await current?.close();
});

async function start(rows: readonly ScriptRow[]) {
  bench = await startSessionBench(rows);
  return {
    ...bench,
    repository: createRepository({ session: bench.session, clock: bench.clock, repository: 'a/b' }),
  };
}

const subject = imageOf({ seed: 'subject' }).manifest.descriptor;
const [one, two] = ['one', 'two'].map(
  (seed) =>
    imageOf({ seed, subject, artifactType: 'application/x', annotations: { seed, more: '1' } }).manifest,
);
const API = `/v2/a/b/referrers/${subject.digest}`;
const TAG = `/v2/a/b/manifests/sha256-${digestHex(subject.digest)}`;
const entry = (manifest = one) => ({
  ...manifest?.descriptor,
  artifactType: 'application/x',
  annotations: manifest?.view.annotations,
});
const listing = (entries: readonly object[], headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers: { 'content-type': MEDIA_TYPES.ociIndex, ...headers },
  body: indexOf([], { extra: entries }).bytes,
});

describe('referrers', () => {
  it('reads the list over its pages', async () => {
    const { repository } = await start([
      { method: 'GET', path: API, reply: listing([entry(one)], { link: `<${API}?next=1>; rel="next"` }) },
      { method: 'GET', path: `${API}?next=1`, reply: listing([entry(one), entry(two)]) },
    ]);
    expect(await repository.referrers(subject.digest)).toEqual([entry(one), entry(two)]);
  });

  it.each<[string, Reply]>([
    ['404', { status: 404 }],
    ['400', { status: 400 }],
    ['403', { status: 403 }],
    ['405', { status: 405 }],
    ['406', { status: 406 }],
    ['a page of some proxy', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ])('reads the fallback tag when the answer is %s', async (_, reply) => {
    const { repository } = await start([
      { method: 'GET', path: API, reply },
      { method: 'GET', path: TAG, reply: listing([entry(two)]) },
    ]);
    expect(await repository.referrers(subject.digest)).toEqual([entry(two)]);
  });

  it('asks a registry without the list only once', async () => {
    const { repository, server } = await start([
      { method: 'GET', path: API, reply: { status: 404 }, times: 1 },
      { method: 'GET', path: TAG, reply: { status: 404 } },
      { method: 'GET', path: /tags\/list/, reply: { status: 404 } },
    ]);
    expect(await repository.referrers(subject.digest)).toEqual([]);
    expect(await repository.referrers(subject.digest)).toEqual([]);
    expect(server.lines().filter((line) => line.includes('/referrers/'))).toHaveLength(1);
    expect(server.lines().some((line) => line.includes('tags/list'))).toBe(false);
  });

  it('asks of many at once for the list only once, and no tag that is known to be missing', async () => {
    const { repository, server } = await start([
      { method: 'GET', path: API, reply: { status: 404 }, times: 1 },
      { method: 'GET', path: TAG, reply: listing([entry(two)]), times: 1 },
    ]);
    const tag = `sha256-${digestHex(subject.digest)}`;
    const answers = await Promise.all([
      repository.referrers(subject.digest, { tags: new Set(['v1']) }),
      repository.referrers(subject.digest, { tags: new Set([tag]) }),
      repository.referrers(subject.digest, { tags: new Set() }),
    ]);
    expect(answers.map((found) => found.length)).toEqual([0, 1, 0]);
    expect(server.requests).toHaveLength(2);
  });

  it('does not take an image under the fallback tag for a list, nor a failure for an empty one', async () => {
    const { repository, server } = await start([
      { method: 'GET', path: API, reply: { status: 404 } },
      {
        method: 'GET',
        path: TAG,
        reply: { status: 200, headers: { 'content-type': MEDIA_TYPES.ociManifest }, body: one?.bytes ?? '' },
        times: 1,
      },
    ]);
    expect(await repository.referrers(subject.digest)).toEqual([]);
    server.add({ method: 'GET', path: TAG, reply: { status: 500 } });
    expect(await failureOf(repository.referrers(subject.digest))).toMatchObject({ code: 'REGISTRY_REFUSED' });
  });
});

describe('fallbackTag', () => {
  it('cuts long digests as the specification says', () => {
    const { digest } = blobOf(Buffer.from('x'), { algorithm: 'sha512' });
    expect(fallbackTag(digest)).toBe(`sha512-${digestHex(digest).slice(0, 64)}`);
  });
});

describe('writing a manifest with a subject', () => {
  /** A registry that keeps nothing but the fallback tag, and does not know subjects. */
  function plain(before?: Buffer): {
    readonly rows: readonly ScriptRow[];
    readonly kept: () => Record<string, unknown>;
  } {
    let kept = before;
    return {
      kept: () => JSON.parse(kept?.toString('utf8') ?? '{}') as Record<string, unknown>,
      rows: [
        { method: 'PUT', path: /manifests\/sha256:/, reply: { status: 201 } },
        {
          method: 'GET',
          path: TAG,
          reply: () => (kept === undefined ? { status: 404 } : { status: 200, body: kept }),
        },
        {
          method: 'PUT',
          path: TAG,
          reply: ({ body }) => {
            kept = body;
            return { status: 201 };
          },
        },
        { method: 'GET', path: /tags\/list/, reply: { status: 404 } },
      ],
    };
  }

  it('leaves the list to a registry that keeps it', async () => {
    const { repository, server } = await start([
      {
        method: 'PUT',
        path: /manifests/,
        reply: { status: 201, headers: { 'oci-subject': subject.digest } },
      },
    ]);
    if (one !== undefined) await repository.writeManifest(one);
    expect(server.requests).toHaveLength(1);
  });

  it('keeps the list itself otherwise: nothing lost, nothing twice, annotations and all', async () => {
    const script = plain();
    const { repository } = await start(script.rows);
    if (one === undefined || two === undefined) throw new Error('no manifests');
    await Promise.all([
      repository.writeManifest(one),
      repository.writeManifest(two),
      repository.writeManifest(one),
    ]);
    expect(script.kept()).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [entry(one), entry(two)],
    });
  });

  it('does not overwrite an image under the tag of the list', async () => {
    const script = plain(one?.bytes);
    const { repository } = await start(script.rows);
    if (two === undefined) throw new Error('no manifest');
    expect(await failureOf(repository.writeManifest(two))).toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  it('changes nothing else in a list that others wrote', async () => {
    const others = { ...entry(two), annotations: { theirs: 'yes' }, 'x.field': { a: 1 } };
    const before = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.ociIndex,
        manifests: [others],
        annotations: { by: 'them' },
      }),
    );
    const script = plain(before);
    const { repository } = await start(script.rows);
    if (one !== undefined) await repository.writeManifest(one);
    expect(script.kept()).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [others, entry(one)],
      annotations: { by: 'them' },
    });
  });
});
