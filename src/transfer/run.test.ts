import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type Copying, startCopying } from '../../test/support/copying.ts';
import { imageOf, indexOf, noise, openerOf, pushAll, type TestImage } from '../../test/support/images.ts';
import { memoryOf } from '../../test/support/remembered.ts';
import { type EmitEvent, systemClock } from '../base/index.ts';
import { blobsOf, digestOf, parsePlatform, type RawManifest, readManifest } from '../oci/index.ts';
import type { ApiRequest, Intercept } from '../server/index.ts';
import { type ContentStore, openLayout } from '../store/index.ts';
import { broughtBy, type CopyMemory } from './brought.ts';
import { planCopies } from './plan.ts';
import { runPlan } from './run.ts';
import type { CopyRequest, CopyResult, RunOptions } from './types.ts';

let copying: Copying | undefined;
afterEach(async () => {
  const current = copying;
  copying = undefined;
  await current?.close();
});

async function start(...args: Parameters<typeof startCopying>): Promise<Copying> {
  copying = await startCopying(...args);
  return copying;
}

const base = noise('base', 300_000);

interface Seeded {
  readonly root: RawManifest;
  readonly images: readonly TestImage[];
}

async function seed(
  copy: Copying,
  name: string,
  layers: readonly number[] = [4000, 270_000],
): Promise<Seeded> {
  const images = ['linux/amd64', 'linux/arm64'].map((platform) =>
    imageOf({ seed: `${name} ${platform}`, layers: [base, ...layers], platform: parsePlatform(platform) }),
  );
  const root = indexOf(images);
  await pushAll(copy.source.repository(name), images, { manifest: root, tag: 'v1' });
  return { root, images };
}

async function copyAll(requests: readonly CopyRequest[], options: RunOptions = {}): Promise<CopyResult> {
  return runPlan(await planCopies(requests), options);
}

/** Everything below a tag or digest can be read and is what its digest says. */
async function expectWhole(
  store: ContentStore,
  selector: string,
  skip: ReadonlySet<string> = new Set(),
): Promise<RawManifest> {
  const manifest = await store.readManifest(selector);
  const { view } = manifest;
  await Promise.all(
    blobsOf(view).map(async (blob) =>
      expect(await buffer(await store.readBlob(blob))).toHaveLength(blob.size),
    ),
  );
  const children = view.kind === 'index' ? view.manifests.filter(({ digest }) => !skip.has(digest)) : [];
  await Promise.all(children.map(({ digest }) => expectWhole(store, digest)));
  return manifest;
}

const isMount = ({ method, query }: ApiRequest): boolean => method === 'POST' && query.has('mount');

describe('a copy', () => {
  it('has the same bytes, moves each blob once, and moves nothing the second time', async () => {
    const copy = await start();
    const names = ['a', 'b', 'c'];
    const seeded = await Promise.all(names.map((name) => seed(copy, name)));
    const result = await copyAll(names.map((name) => copy.request(name)));
    expect(result.images.map(({ state }) => state)).toEqual(['copied', 'copied', 'copied']);
    for (const [index, name] of names.entries()) {
      const root = await expectWhole(copy.target.repository(`to/${name}`), 'v1');
      expect(root.bytes.equals(seeded[index]?.root.bytes ?? Buffer.alloc(0))).toBe(true);
    }
    // 3 × (2 configs + 4 layers) and the base once, which the other two mount.
    expect(result).toMatchObject({ blobsCopied: 19, blobsMounted: 2, manifestsWritten: 9 });
    expect(copy.target.server.stats().bytesReceived).toBeLessThan(result.bytesSent + 20_000);
    const { bytesReceived } = copy.target.server.stats();
    const again = await copyAll(names.map((name) => copy.request(name)));
    expect(again).toMatchObject({ bytesSent: 0, blobsCopied: 0, manifestsWritten: 0 });
    expect(again.images.map(({ state }) => state)).toEqual(['present', 'present', 'present']);
    expect(copy.target.server.stats().bytesReceived).toBe(bytesReceived);
  });

  it('reads each blob of the source once', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    const before = copy.source.requests.length;
    await copyAll([copy.request('a'), copy.request('b'), copy.request('a', { tag: 'v2' })]);
    const reads = copy.source.requests
      .slice(before)
      .filter((line) => line.startsWith('GET') && line.includes('/blobs/'));
    expect(new Set(reads.map((line) => line.split('/blobs/')[1])).size).toBe(reads.length);
    expect(reads).toHaveLength(13);
  });

  it('writes blobs before manifests, children before parents, and the tag last', async () => {
    const copy = await start();
    const { root, images } = await seed(copy, 'a');
    await pushAll(copy.source.repository('a'), [
      imageOf({ seed: 'sig', subject: root.descriptor, artifactType: 'x/y' }),
    ]);
    await copyAll([copy.request('a', { referrers: true })]);
    const puts = copy.target.requests
      .filter((line) => line.startsWith('PUT'))
      .map((line) => line.split('/').at(-1) ?? '');
    const firstManifest = puts.findIndex((line) => line.startsWith('sha256:'));
    expect(puts.slice(0, firstManifest)).toHaveLength(9);
    expect(new Set(puts.slice(firstManifest, firstManifest + 2))).toEqual(
      new Set(images.map(({ manifest }) => manifest.descriptor.digest)),
    );
    expect(puts[firstManifest + 2]).toBe(root.descriptor.digest);
    expect(puts.at(-1)).toBe('v1');
    expect(await copy.target.repository('to/a').referrers(root.descriptor.digest)).toHaveLength(1);
  });

  it('brings signatures in every form, into registries without a list of referrers too', async () => {
    const copy = await start({ target: { intercept: withoutReferrers } });
    const { root, images } = await seed(copy, 'a');
    const signatures = ['one', 'two', 'three'].map((text) =>
      imageOf({ seed: text, subject: root.descriptor, artifactType: 'x/y', annotations: { text } }),
    );
    await pushAll(copy.source.repository('a'), signatures);
    const child = images[0]?.manifest.descriptor.digest.replace(':', '-') ?? '';
    const old = imageOf({ seed: 'old' });
    await pushAll(copy.source.repository('a'), [old], { tag: `${child}.sig` });
    await copyAll([copy.request('a', { referrers: true })]);
    const target = copy.target.repository('to/a');
    const listed = await target.referrers(root.descriptor.digest);
    expect(new Set(listed.map(({ annotations }) => annotations?.['text']))).toEqual(
      new Set(['one', 'two', 'three']),
    );
    for (const { digest } of listed) await expectWhole(target, digest);
    expect((await expectWhole(target, `${child}.sig`)).descriptor.digest).toBe(
      old.manifest.descriptor.digest,
    );
  });

  it('puts a signature on the list that a killed run left off it', async () => {
    const copy = await start({ target: { intercept: withoutReferrers } });
    const { root } = await seed(copy, 'a');
    const signature = imageOf({ seed: 'sig', subject: root.descriptor, artifactType: 'x/y' });
    await pushAll(copy.source.repository('a'), [signature]);
    await copyAll([copy.request('a')]);
    const target = copy.target.repository('to/a');
    for (const { blob, bytes } of signature.blobs) await target.writeBlob(blob, openerOf(bytes));
    const { digest, mediaType } = signature.manifest.descriptor;
    await fetch(new URL(`/v2/to/a/manifests/${digest}`, copy.target.server.url), {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: new Uint8Array(signature.manifest.bytes),
    });
    expect(await target.referrers(root.descriptor.digest)).toEqual([]);
    await copyAll([copy.request('a', { referrers: true, tag: 'v2' })]);
    expect((await target.referrers(root.descriptor.digest)).map((entry) => entry.digest)).toEqual([digest]);
  });

  it('waits with no image for blobs of others that are larger, when it has its own there already', async () => {
    const copy = await start();
    const places = 32 * 4;
    const many = imageOf({
      seed: 'many',
      layers: Array.from({ length: places + 2 }, (_, index) => noise(`layer ${index}`, 262_300)),
    });
    const layer = noise('own', 262_200);
    const [old, next] = ['old', 'next'].map((seed) => imageOf({ seed, layers: [layer] })) as [
      TestImage,
      TestImage,
    ];
    await pushAll(copy.source.repository('many'), [many], { manifest: many.manifest, tag: 'v1' });
    await pushAll(copy.source.repository('next'), [next], { manifest: next.manifest, tag: 'v1' });
    await pushAll(copy.target.repository('to/next'), [old], { manifest: old.manifest, tag: 'v0' });
    const told: string[] = [];
    await copyAll([copy.request('many'), copy.request('next')], {
      emit: (event) => {
        if (event.type === 'blob' && event.state !== 'start') told.push(event.state);
      },
    });
    expect(told).toHaveLength(places + 5);
    expect(told[0]).toBe('present');
  });

  it('tells of signatures that a target takes and does not list, and again in the next run without asking', async () => {
    let hides = true;
    const copy = await start({
      target: {
        intercept: ({ path }) =>
          hides && path.includes('/referrers/')
            ? {
                respond: {
                  status: 200,
                  headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
                  body: Buffer.from('{"schemaVersion":2,"manifests":[]}'),
                },
              }
            : undefined,
      },
    });
    const { root, images } = await seed(copy, 'a');
    const child = images[0]?.manifest.descriptor;
    const signatures = [root.descriptor, child].map((subject, index) =>
      imageOf({ seed: `${index}`, artifactType: 'x/y', ...(subject === undefined ? {} : { subject }) }),
    );
    await pushAll(copy.source.repository('a'), signatures);
    const notes: string[] = [];
    const emit: EmitEvent = (event) => {
      if (event.type === 'note') notes.push(event.message);
    };
    let memory: CopyMemory | undefined;
    const run = async (wish: { referrers?: boolean; recheck?: boolean } = {}) => {
      notes.length = 0;
      const { referrers = true, recheck = false } = wish;
      const options = { emit, recheck, ...(memory === undefined ? {} : { memory }) };
      const plan = await planCopies([copy.request('a', { referrers })], options);
      const result = await runPlan(plan, { emit });
      return { dropped: result.images[0]?.dropped, brought: broughtBy(plan, result) };
    };
    const first = await run();
    expect(new Set(first.dropped)).toEqual(
      new Set(signatures.map(({ manifest }) => manifest.descriptor.digest)),
    );
    expect(notes).toEqual([expect.stringContaining('2 signatures')]);
    memory = memoryOf(first.brought);
    const { requests } = copy.target;
    const before = requests.length;
    const second = await run();
    expect(requests.slice(before)).toEqual(['HEAD /v2/to/a/manifests/v1']);
    expect(second.dropped).toEqual(first.dropped);
    expect(notes).toEqual([expect.stringMatching(/2 signatures.*--recheck/)]);
    // Nobody has looked: what is remembered stays.
    expect(second.brought[0]).not.toHaveProperty('dropped');
    await run({ referrers: false });
    expect(notes).toEqual([]);
    hides = false;
    expect((await run({ recheck: true })).brought[0]).toMatchObject({ dropped: [] });
    expect(notes).toEqual([]);
  });

  it('copies charts and other artifacts as they are, with what refers to them', async () => {
    const copy = await start();
    const chart = readManifest(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          config: config.descriptor,
          layers: [chartLayer.descriptor],
          annotations: { 'org.opencontainers.image.title': 'che' },
        }),
      ),
    );
    const source = copy.source.repository('charts/che');
    for (const { descriptor, bytes } of [config, chartLayer])
      await source.writeBlob(descriptor, openerOf(bytes));
    await source.writeManifest(chart, { tag: 'v1' });
    const bill = imageOf({ seed: 'bill', subject: chart.descriptor, artifactType: 'application/spdx+json' });
    await pushAll(source, [bill]);
    await copyAll([copy.request('charts/che', { referrers: true })]);
    const target = copy.target.repository('to/charts/che');
    expect((await target.readManifest('v1')).bytes.equals(chart.bytes)).toBe(true);
    expect(await buffer(await target.readBlob(chartLayer.descriptor))).toEqual(chartLayer.bytes);
    expect((await target.referrers(chart.descriptor.digest))[0]).toMatchObject({
      digest: bill.manifest.descriptor.digest,
      artifactType: 'application/spdx+json',
    });
  });

  it('of chosen platforms leaves the others away', async () => {
    const copy = await start();
    const { root, images } = await seed(copy, 'a');
    await copyAll([copy.request('a', { platforms: ['linux/arm64'] })]);
    const left = images[0]?.manifest.descriptor.digest ?? '';
    expect((await expectWhole(copy.target.repository('to/a'), 'v1', new Set([left]))).descriptor.digest).toBe(
      root.descriptor.digest,
    );
    expect(await copy.target.repository('to/a').resolve(left)).toBeUndefined();
  });

  it('of chosen platforms says plainly when the registry does not take such an index', async () => {
    const copy = await start({ target: { sparse: 'none' } });
    await seed(copy, 'a');
    const { images } = await copyAll([copy.request('a', { platforms: ['linux/arm64'] })]);
    expect(images[0]).toMatchObject({
      state: 'failed',
      error: {
        message: expect.stringContaining('takes no index'),
        hint: expect.stringContaining('--platform'),
      },
    });
    expect(await copy.target.repository('to/a').resolve('v1')).toBeUndefined();
  });

  it('by digest alone leaves no tag', async () => {
    const copy = await start();
    const { root } = await seed(copy, 'a');
    await copyAll([copy.request('a', { byDigestOnly: true })]);
    await expectWhole(copy.target.repository('to/a'), root.descriptor.digest);
    expect(await copy.target.repository('to/a').listTags()).toEqual([]);
  });

  it('works within one registry though few places are there', async () => {
    const copy = await start({ concurrency: 1 });
    for (const name of ['a', 'b', 'c']) await seed(copy, name);
    const requests = ['a', 'b', 'c'].map((name) => ({
      ...copy.request(name),
      to: copy.source.repository(`copy/${name}`),
      toRepository: `copy/${name}`,
      toRegistry: copy.source.server.registry,
    }));
    await copyAll(requests);
    for (const name of ['a', 'b', 'c']) await expectWhole(copy.source.repository(`copy/${name}`), 'v1');
  });

  it('goes into a layout and out of it, with the same code', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-transfer-'));
    const layout = await openLayout({ dir, mode: 'write', durable: false });
    try {
      const copy = await start();
      const names = ['a', 'b'];
      for (const name of names) await seed(copy, name);
      await copyAll(
        names.map((name) => ({
          ...copy.request(name),
          to: layout.repository(name),
          toRepository: name,
          toRegistry: dir,
        })),
      );
      const result = await copyAll(
        names.map((name) => ({ ...copy.request(name), from: layout.repository(name) })),
      );
      expect(result.images.map(({ state }) => state)).toEqual(['copied', 'copied']);
      for (const name of names) await expectWhole(copy.target.repository(`to/${name}`), 'v1');
    } finally {
      await layout.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('keeps a sha512 digest that a tag would not', async () => {
    const copy = await start();
    const image = imageOf({ seed: 'long' });
    await pushAll(copy.source.repository('a'), [image]);
    const root = readManifest(image.manifest.bytes, { digest: digestOf(image.manifest.bytes, 'sha512') });
    const { digest } = root.descriptor;
    await copy.source.repository('a').writeManifest(root);
    const result = await copyAll([copy.request('a', { selector: digest, digest })]);
    expect(result.images).toMatchObject([{ state: 'copied' }]);
    expect((await copy.target.repository('to/a').resolve(digest))?.digest).toBe(digest);
    expect((await copy.target.repository('to/a').readManifest('v1')).bytes.equals(root.bytes)).toBe(true);
  });

  it('tells bytes and states as they happen', async () => {
    const copy = await start();
    await seed(copy, 'a');
    const result = await copyAll([copy.request('a')], { emit: (event) => void copy.events.push(event) });
    const bytes = copy.events.reduce((sum, event) => (event.type === 'bytes' ? sum + event.count : sum), 0);
    expect(bytes).toBe(result.bytesSent);
    expect(copy.events.filter((event) => event.type === 'blob' && event.state === 'copied')).toHaveLength(7);
    expect(copy.events.filter(({ type }) => type === 'image')).toMatchObject([{ state: 'copied' }]);
  });
});

describe('mounts', () => {
  it('that are refused become copies, from one reading once that is known', async () => {
    const copy = await start({
      target: {
        intercept: (request) => (isMount(request) ? { respond: { status: 405, headers: {} } } : undefined),
      },
    });
    const names = Array.from({ length: 5 }, (_, index) => `n${index}`);
    const shared = Array.from({ length: 4 }, (_, index) => noise(`shared ${index}`, 400_000 - index));
    for (const name of names) {
      const image = imageOf({ seed: name, layers: shared });
      await pushAll(copy.source.repository(name), [image], { tag: 'v1' });
    }
    const before = copy.source.requests.length;
    const result = await copyAll(
      names.map((name) => copy.request(name)),
      { concurrency: { largeBlobs: 1 } },
    );
    expect(result).toMatchObject({ blobsMounted: 0, blobsCopied: 25 });
    for (const name of names) await expectWhole(copy.target.repository(`to/${name}`), 'v1');
    const reads = copy.source.requests
      .slice(before)
      .filter((line) => line.startsWith('GET') && line.includes('/blobs/'));
    // 5 configs and 4 layers, of which those are read twice that were on their way before it was known.
    expect(reads.length).toBeLessThanOrEqual(5 + 4 + 2);
  });

  it('answered with an upload are finished in that upload', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    // The registry knows no such repository as the one named, so it opens an upload instead.
    const requests = ['a', 'b'].map((name) => copy.request(name, { toRepository: `elsewhere/${name}` }));
    await copyAll(requests);
    for (const name of ['a', 'b']) await expectWhole(copy.target.repository(`to/${name}`), 'v1');
    const posts = copy.target.requests.filter((line) => line.startsWith('POST'));
    const puts = copy.target.requests.filter((line) => line.startsWith('PUT') && line.includes('/uploads/'));
    expect(posts).toHaveLength(puts.length);
    expect(posts.filter((line) => line.includes('mount='))).toHaveLength(1);
    expect(copy.target.requests.filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });
});

describe('failures', () => {
  const onBlob =
    (digest: string | undefined, intercept: Intercept, method = 'GET'): Intercept =>
    (request) =>
      request.method === method && digest !== undefined && request.path.endsWith(`/blobs/${digest}`)
        ? intercept(request)
        : undefined;

  it('of one image do not stop the others that share its blobs, and leave no tag', async () => {
    const bad = imageOf({ seed: 'bad', layers: [base, 1234, 500_000] });
    const missing = bad.blobs[2]?.blob.digest;
    const copy = await start({
      source: { intercept: onBlob(missing, () => ({ respond: { status: 404, headers: {} } })) },
    });
    await pushAll(copy.source.repository('bad'), [bad], { tag: 'v1' });
    await seed(copy, 'good');
    const result = await copyAll([copy.request('bad'), copy.request('good')]);
    expect(result.images).toMatchObject([
      { state: 'failed', error: { code: 'BLOB_NOT_FOUND' } },
      { state: 'copied' },
    ]);
    expect(await copy.target.repository('to/bad').resolve('v1')).toBeUndefined();
    await expectWhole(copy.target.repository('to/good'), 'v1');
  });

  it('of one source are made good by another that has the blob', async () => {
    let broken = false;
    const copy = await start({
      source: {
        intercept: ({ method, path }) =>
          broken && method === 'GET' && path.startsWith('/v2/a/blobs/')
            ? { respond: { status: 404, headers: {} } }
            : undefined,
      },
    });
    const image = imageOf({ seed: 'same', layers: [300_000] });
    for (const name of ['a', 'b']) await pushAll(copy.source.repository(name), [image], { tag: 'v1' });
    broken = true;
    const result = await copyAll([copy.request('a'), copy.request('b')]);
    expect(result.images.map(({ state }) => state)).toEqual(['copied', 'copied']);
    for (const name of ['a', 'b']) await expectWhole(copy.target.repository(`to/${name}`), 'v1');
  });

  it('of one target repository leave the others', async () => {
    const copy = await start({
      target: {
        intercept: ({ method, path }) =>
          method === 'POST' && path.startsWith('/v2/to/a/')
            ? { respond: { status: 403, headers: {} } }
            : undefined,
      },
    });
    for (const name of ['a', 'b']) await seed(copy, name);
    const result = await copyAll([copy.request('a'), copy.request('b')]);
    expect(result.images).toMatchObject([
      { state: 'failed', error: { code: 'FORBIDDEN' } },
      { state: 'copied' },
    ]);
    await expectWhole(copy.target.repository('to/b'), 'v1');
  });

  it.each([
    ['small', 2000],
    ['big', 700_000],
  ])(
    'in the content of a %s blob are found, asked for once more, and never reach the target',
    async (_, size) => {
      const image = imageOf({ seed: 'flip', layers: [size] });
      const digest = image.blobs[1]?.blob.digest;
      const copy = await start({
        source: {
          intercept: onBlob(digest, () => ({
            rewrite: (response) => ({ ...response, body: noise('something else', size) }),
          })),
        },
      });
      await pushAll(copy.source.repository('a'), [image], { tag: 'v1' });
      const { images } = await copyAll([copy.request('a')]);
      expect(images).toMatchObject([{ state: 'failed', error: { code: 'DIGEST_MISMATCH' } }]);
      expect(copy.source.requests.filter((line) => line === `GET /v2/a/blobs/${digest}`)).toHaveLength(2);
      expect(
        await copy.target
          .repository('to/a')
          .hasBlob(image.blobs[1]?.blob ?? { mediaType: '', digest: `sha256:${'0'.repeat(64)}`, size: 0 }),
      ).toBe(false);
      expect(await copy.target.repository('to/a').resolve('v1')).toBeUndefined();
    },
  );

  it('of connections in the middle are got over on both sides, without sending everything again', async () => {
    let sourceCuts = 6;
    let targetCuts = 6;
    const copy = await start({
      source: {
        intercept: ({ method, path }) =>
          method === 'GET' && path.includes('/blobs/') && sourceCuts-- > 0
            ? { fault: { kind: 'reset-response', afterBytes: 1_200_000 } }
            : undefined,
      },
      target: {
        intercept: ({ method, path, headers }) =>
          method !== 'POST' &&
          path.includes('/uploads/') &&
          Number(headers['content-length'] ?? 0) > 1_000_000 &&
          targetCuts-- > 0
            ? { fault: { kind: 'reset-request', afterBytes: 900_000 } }
            : undefined,
      },
    });
    await seed(copy, 'a', [5_000_000, 4_000_000]);
    sourceCuts = 6;
    const result = await copyAll([copy.request('a')], { emit: (event) => void copy.events.push(event) });
    expect(result.images).toMatchObject([{ state: 'copied' }]);
    await expectWhole(copy.target.repository('to/a'), 'v1');
    expect(copy.target.server.stats().bytesReceived).toBeLessThan(1.3 * result.bytesSent);
    expect(copy.events).toContainEqual(expect.objectContaining({ type: 'blob', state: 'resumed' }));
  });

  it('to find a child that was there are answered by bringing it once more', async () => {
    let refusals = 1;
    const copy = await start({
      target: {
        intercept: ({ method, path }) =>
          method === 'PUT' && path.endsWith('/manifests/v1') && refusals-- > 0
            ? {
                respond: {
                  status: 404,
                  headers: {},
                  body: Buffer.from('{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"gone"}]}'),
                },
              }
            : undefined,
      },
    });
    await seed(copy, 'a');
    expect((await copyAll([copy.request('a')])).images).toMatchObject([{ state: 'copied' }]);
    const puts = copy.target.requests.filter((line) => line.startsWith('PUT /v2/to/a/manifests/'));
    expect(puts).toHaveLength(2 + 1 + 2 + 1);
    await expectWhole(copy.target.repository('to/a'), 'v1');
  });

  it('to find a blob that was said to be there are answered by bringing it', async () => {
    const image = imageOf({ seed: 'liar', layers: [50_000] });
    const digest = image.blobs[1]?.blob.digest;
    let lies = 1;
    const copy = await start({
      target: {
        intercept: onBlob(
          digest,
          () =>
            lies-- > 0 ? { respond: { status: 200, headers: { 'content-length': '50000' } } } : undefined,
          'HEAD',
        ),
      },
    });
    await pushAll(copy.source.repository('a'), [image], { tag: 'v1' });
    expect((await copyAll([copy.request('a')])).images).toMatchObject([{ state: 'copied' }]);
    await expectWhole(copy.target.repository('to/a'), 'v1');
  });
});

describe('a run that is stopped', () => {
  it.each([1, 12, 30])(
    'after %i requests to the target leaves no half image, and the next one finishes',
    async (count) => {
      const stop = new AbortController();
      let seen = 0;
      const copy = await start({
        target: {
          intercept: () => {
            if (++seen === count) stop.abort();
            return undefined;
          },
        },
      });
      for (const name of ['a', 'b']) await seed(copy, name, [40_000, 1_500_000]);
      const requests = [copy.request('a'), copy.request('b')];
      const outcome: unknown = await planCopies(requests, { signal: stop.signal })
        .then((plan) => runPlan(plan, { signal: stop.signal }))
        .catch((thrown: unknown) => thrown);
      expect(outcome).toMatchObject({ code: 'ABORTED' });
      for (const name of ['a', 'b']) {
        const store = copy.target.repository(`to/${name}`);
        if ((await store.resolve('v1')) !== undefined) await expectWhole(store, 'v1');
      }
      const result = await copyAll(requests);
      expect(result.images.map(({ state }) => state)).not.toContain('failed');
      for (const name of ['a', 'b']) await expectWhole(copy.target.repository(`to/${name}`), 'v1');
    },
  );

  it('leaves no upload open that was being opened', async () => {
    const stop = new AbortController();
    const copy = await start({
      clock: systemClock,
      target: {
        intercept: async ({ method, path }) => {
          if (method !== 'POST' || !path.endsWith('/blobs/uploads/')) return undefined;
          stop.abort();
          // So that what stops at once is gone before the upload is there.
          await new Promise((next) => setTimeout(next, 100));
          return undefined;
        },
      },
    });
    await seed(copy, 'a');
    const plan = await planCopies([copy.request('a')]);
    await expect(runPlan(plan, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const posts = copy.target.requests.filter((line) => line.startsWith('POST'));
    expect(posts.length).toBeGreaterThan(0);
    // Were one of them still on its way, it would be open a moment later.
    await new Promise((next) => setTimeout(next, 300));
    expect(await metricsOf(copy)).toContain('sallyport_registry_open_uploads 0');
  });

  it('leaves no upload open, and calls no image failed', async () => {
    const stop = new AbortController();
    const copy = await start({
      clock: systemClock,
      target: {
        intercept: ({ method, headers }) => {
          if (method === 'PUT' && Number(headers['content-length']) > 1_000_000)
            setTimeout(() => stop.abort(), 1);
          return undefined;
        },
      },
    });
    await seed(copy, 'a', [40_000, 6_000_000]);
    const plan = await planCopies([copy.request('a')]);
    const told: string[] = [];
    const emit: EmitEvent = (event) => {
      if (event.type === 'image') told.push(event.state);
    };
    await expect(runPlan(plan, { signal: stop.signal, emit })).rejects.toMatchObject({ code: 'ABORTED' });
    // Nothing has failed: the run says once that it was stopped.
    expect(told).toEqual([]);
    const metrics = await metricsOf(copy);
    expect(metrics).toContain('sallyport_registry_open_uploads 0');
  });
});

async function metricsOf(copy: Copying): Promise<string> {
  const { get } = await import('node:http');
  return new Promise((done, fail) => {
    get(`${copy.target.server.url}/metrics`, (response) => {
      buffer(response).then((bytes) => done(bytes.toString()), fail);
    }).once('error', fail);
  });
}

/** A registry from before there were referrers: no list, and no word of subjects. */
const withoutReferrers: Intercept = ({ method, path }) => {
  if (path.includes('/referrers/')) return { respond: { status: 404, headers: {} } };
  if (method !== 'PUT') return undefined;
  return {
    rewrite: (response) => ({
      ...response,
      headers: Object.fromEntries(
        Object.entries(response.headers).filter(([name]) => name.toLowerCase() !== 'oci-subject'),
      ),
    }),
  };
};

function contentOf(mediaType: string, bytes: Buffer) {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** Helm's media types (helm.sh/docs/topics/registries). */
const config = contentOf(
  'application/vnd.cncf.helm.config.v1+json',
  Buffer.from('{"name":"che","version":"1.0.0"}'),
);
const chartLayer = contentOf('application/vnd.cncf.helm.chart.content.v1.tar+gzip', noise('chart', 70_000));
