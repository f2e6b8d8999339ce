import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type Copying, startCopying } from '../../test/support/copying.ts';
import { blobOf, imageOf, indexOf, noise, pushAll } from '../../test/support/images.ts';
import { memoryOf } from '../../test/support/remembered.ts';
import { parsePlatform, type RawManifest } from '../oci/index.ts';
import { broughtBy } from './brought.ts';
import { describePlan } from './describe.ts';
import { planCopies } from './plan.ts';
import { runPlan } from './run.ts';

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

const base = noise('base', 5000);
const platformed = (seed: string, platform: string) =>
  imageOf({ seed, layers: [base, 2000], platform: parsePlatform(platform) });

async function seed(copy: Copying, name: string): Promise<RawManifest> {
  const images = [platformed(name, 'linux/amd64'), platformed(name, 'linux/arm64')];
  const manifest = indexOf(images);
  await pushAll(copy.source.repository(name), images, { manifest, tag: 'v1' });
  return manifest;
}

function forget(copy: Copying): void {
  (copy.source.requests as string[]).length = 0;
  (copy.target.requests as string[]).length = 0;
}

describe('what is asked', () => {
  it('is one question per image when all is there, and nothing of the source when the digest is locked', async () => {
    const copy = await start();
    const names = ['a', 'b', 'c'];
    const roots = await Promise.all(names.map((name) => seed(copy, name)));
    const first = await planCopies(names.map((name) => copy.request(name, { referrers: true })));
    const memory = memoryOf(broughtBy(first, await runPlan(first)));
    forget(copy);
    const requests = names.map((name, index) => {
      const { digest } = roots[index]?.descriptor ?? {};
      return copy.request(name, digest === undefined ? {} : { digest, selector: digest, referrers: true });
    });
    const plan = await planCopies(requests, { memory });
    expect(plan.images.map(({ state }) => state)).toEqual(['present', 'present', 'present']);
    expect(copy.source.requests).toEqual([]);
    expect([...copy.target.requests].sort()).toEqual(names.map((name) => `HEAD /v2/to/${name}/manifests/v1`));
    forget(copy);
    await planCopies(
      names.map((name) => copy.request(name)),
      { memory },
    );
    expect([...copy.source.requests].sort()).toEqual(names.map((name) => `HEAD /v2/${name}/manifests/v1`));
    expect(copy.target.requests).toHaveLength(3);
  });

  it('is everything when it is to be checked again', async () => {
    const copy = await start();
    await seed(copy, 'a');
    await runPlan(await planCopies([copy.request('a')]));
    forget(copy);
    const plan = await planCopies([copy.request('a')], { recheck: true });
    expect(plan.blobs.map(({ action }) => action)).not.toContain('copy');
    expect(copy.target.requests.filter((line) => line.includes('/blobs/'))).toHaveLength(plan.blobs.length);
  });

  it('is no more than a HEAD for children that are there, when only the root has moved', async () => {
    const copy = await start();
    const first = platformed('a', 'linux/amd64');
    await pushAll(copy.source.repository('a'), [first], { manifest: indexOf([first]), tag: 'v1' });
    await runPlan(await planCopies([copy.request('a')]));
    const second = platformed('a', 'linux/arm64');
    await pushAll(copy.source.repository('a'), [second], { manifest: indexOf([first, second]), tag: 'v1' });
    forget(copy);
    const plan = await planCopies([copy.request('a')]);
    expect(plan.images[0]?.manifests.map(({ present }) => present)).toEqual([true, false, false]);
    expect(copy.source.requests).not.toContain(`GET /v2/a/manifests/${first.manifest.descriptor.digest}`);
  });

  it('of a new repository is one list at each side in place of a question for each tag and blob', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    forget(copy);
    await planCopies(['a', 'b'].map((name) => copy.request(name, { referrers: true })));
    const questions = (lines: readonly string[]) => lines.filter((line) => !line.includes('manifests/v1'));
    expect([...copy.target.requests].sort()).toEqual([
      'GET /v2/to/a/tags/list?n=1',
      'GET /v2/to/b/tags/list?n=1',
      'HEAD /v2/to/a/manifests/v1',
      'HEAD /v2/to/b/manifests/v1',
    ]);
    // The two images are looked at beside each other; nothing says whose list is asked for first.
    expect(
      questions(copy.source.requests)
        .filter((line) => !/manifests\/sha256:|referrers/.test(line))
        .sort(),
    ).toEqual(['GET /v2/a/tags/list?n=1000', 'GET /v2/b/tags/list?n=1000']);
  });

  it('of a new repository is each large blob once, and what another repository has is not asked for', async () => {
    const copy = await start();
    const large = noise('large', 300_000);
    for (const name of ['a', 'b', 'c']) {
      const image = imageOf({ seed: name, layers: [large] });
      await pushAll(copy.source.repository(name), [image], { tag: 'v1' });
    }
    const requests = ['a', 'b', 'c'].map((name) => copy.request(name));
    const actions = async (...which: number[]) => {
      forget(copy);
      const plan = await planCopies(requests.filter((_, index) => which.includes(index)));
      return {
        plan,
        actions: plan.blobs
          .filter(({ blob }) => blob.size === large.length)
          .map(({ action, toRepository }) => `${toRepository} ${action}`),
        asked: copy.target.requests.filter((line) => line.includes('/blobs/')).length,
      };
    };
    expect(await actions(0, 1)).toMatchObject({ actions: ['to/a copy', 'to/b mount'], asked: 1 });
    await copy.target.repository('to/a').writeBlob(blobOf(large), async () => Readable.from([large]));
    expect(await actions(0, 1)).toMatchObject({ actions: ['to/a present', 'to/b mount'], asked: 1 });
    await runPlan(await planCopies([requests[2] as (typeof requests)[number]]));
    const again = copy.request('c', { tag: 'v2' });
    forget(copy);
    const plan = await planCopies([requests[1] as (typeof requests)[number], again]);
    expect(plan.blobs.filter(({ blob }) => blob.size === large.length).map(({ action }) => action)).toEqual([
      'mount',
      'present',
    ]);
  });

  it('is each tag by itself where the list of tags is refused or lacks what is copied', async () => {
    const other = Buffer.from('{"name":"a","tags":["other"]}');
    const json = { 'content-type': 'application/json' };
    for (const reply of [
      { status: 403, headers: {} },
      { status: 200, headers: json, body: other },
    ]) {
      const copy = await start({
        source: { intercept: ({ path }) => (path.includes('/tags/list') ? { respond: reply } : undefined) },
      });
      const root = await seed(copy, 'a');
      const tag = `${root.descriptor.digest.replace(':', '-')}.sig`;
      await pushAll(copy.source.repository('a'), [imageOf({ seed: 'signature' })], { tag });
      const plan = await planCopies([copy.request('a', { referrers: true })]);
      expect(plan.images[0]?.manifests.map((manifest) => manifest.tag)).toContain(tag);
      await copy.close();
    }
    copying = undefined;
  });

  it('goes on where the target hides what it has', async () => {
    const copy = await start({
      target: {
        intercept: ({ method }) =>
          method === 'HEAD' ? { respond: { status: 403, headers: {} } } : undefined,
      },
    });
    await seed(copy, 'a');
    const plan = await planCopies([copy.request('a')]);
    expect(plan.failed).toEqual([]);
    expect(new Set(plan.blobs.map(({ action }) => action))).toEqual(new Set(['copy']));
  });
});

describe('blobs', () => {
  it('are copied once per registry and mounted elsewhere, biggest first', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    const plan = await planCopies([copy.request('a'), copy.request('b')]);
    const shared = plan.blobs.filter(({ blob }) => blob.size === base.length);
    expect(shared.map(({ action, toRepository }) => `${toRepository} ${action}`)).toEqual([
      'to/a copy',
      'to/b mount',
    ]);
    expect(plan.bytesMountable).toBe(base.length);
    const sizes = plan.blobs.map(({ blob }) => blob.size);
    expect(sizes).toEqual(sizes.toSorted((x, y) => y - x));
    expect(plan.bytesToSend).toBe(
      plan.blobs.filter(({ action }) => action === 'copy').reduce((sum, { blob }) => sum + blob.size, 0),
    );
    expect(describePlan(plan)).toMatchObject({
      images: { copy: 2, present: 0, failed: 0 },
      blobs: { mount: { count: 1, bytes: base.length }, copy: { bytes: plan.bytesToSend } },
      manifests: 6,
    });
  });

  it('are mounted from where they are already', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    await runPlan(await planCopies([copy.request('b')]));
    const plan = await planCopies([copy.request('a'), copy.request('b', { tag: 'v2' })]);
    const shared = plan.blobs.filter(({ blob }) => blob.size === base.length);
    expect(shared.map(({ action, toRepository }) => `${toRepository} ${action}`)).toEqual([
      'to/a mount',
      'to/b present',
    ]);
    expect(plan.bytesPresent).toBeGreaterThan(base.length);
  });

  it('leave out layers that live elsewhere, and say so', async () => {
    const copy = await start({ source: { sparse: 'all' } });
    const layer = blobOf(Buffer.from('windows'), {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    });
    const image = imageOf({
      seed: 'w',
      docker: true,
      foreign: [{ ...layer, urls: ['https://example.com/layer'] }],
    });
    await pushAll(copy.source.repository('w'), [image], { tag: 'v1' });
    const plan = await planCopies([copy.request('w')], { emit: (event) => void copy.events.push(event) });
    expect(plan.blobs).toHaveLength(2);
    expect(copy.events).toContainEqual(
      expect.objectContaining({ type: 'note', message: expect.stringContaining('URLs') }),
    );
  });
});

describe('platforms', () => {
  it('keep the index as it is and copy only the chosen children, plainly', async () => {
    const copy = await start();
    const root = await seed(copy, 'a');
    await seed(copy, 'b');
    const requests = ['a', 'b'].map((name) => copy.request(name, { platforms: ['linux/arm64'] }));
    const plan = await planCopies(requests, { emit: (event) => void copy.events.push(event) });
    const [image] = plan.images;
    expect(image?.sparse).toBe(true);
    expect(image?.manifests).toHaveLength(2);
    expect(image?.manifests.at(-1)?.manifest?.bytes.equals(root.bytes)).toBe(true);
    const notes = copy.events.filter(({ type }) => type === 'note');
    expect(notes).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^only linux\/arm64 .* keep all their entries/),
      }),
    ]);
    await runPlan(plan);
    expect((await planCopies([copy.request('a', { platforms: ['linux/arm64'] })])).images[0]?.state).toBe(
      'present',
    );
    const other = await planCopies([copy.request('a', { platforms: ['linux/amd64'] })]);
    expect(other.images[0]?.state).toBe('copy');
    expect(other.images[0]?.manifests.map(({ present }) => present)).toEqual([false, true]);
  });

  it('that are missing stop only their image', async () => {
    const copy = await start();
    for (const name of ['a', 'b']) await seed(copy, name);
    const plan = await planCopies([copy.request('a', { platforms: ['linux/ppc64le'] }), copy.request('b')]);
    expect(plan.images).toHaveLength(1);
    expect(plan.failed).toMatchObject([
      { request: { source: expect.stringContaining('/a:v1') }, error: { code: 'PLATFORM_MISSING' } },
    ]);
  });
});

describe('images that cannot be planned', () => {
  it('are collected in the order of the requests', async () => {
    const copy = await start({ source: { sparse: 'all' } });
    const good = await seed(copy, 'good');
    let deep = indexOf([good]);
    for (let level = 0; level < 5; level++) deep = indexOf([deep]);
    await copy.source.repository('deep').writeManifest(deep, { tag: 'v1' });
    let inner: RawManifest = good;
    for (let level = 0; level < 5; level++) {
      inner = indexOf([inner]);
      await copy.source.repository('deep').writeManifest(inner);
    }
    const plan = await planCopies([
      copy.request('deep'),
      copy.request('gone'),
      copy.request('good'),
      copy.request('good', { digest: inner.descriptor.digest, tag: 'v2' }),
    ]);
    expect(plan.failed.map(({ error }) => ('code' in error ? error.code : ''))).toEqual([
      'MANIFEST_INVALID',
      'MANIFEST_NOT_FOUND',
      'DIGEST_MISMATCH',
    ]);
    expect(plan.images).toHaveLength(1);
  });

  it('are all of them when it is stopped', async () => {
    const copy = await start();
    await seed(copy, 'a');
    await expect(
      planCopies([copy.request('a')], { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('signatures', () => {
  it('are found in all their forms, for children too, and are written after what they speak of', async () => {
    const copy = await start();
    const root = await seed(copy, 'a');
    const repository = copy.source.repository('a');
    const child = platformed('a', 'linux/amd64').manifest.descriptor;
    const referrer = imageOf({ seed: 'sbom', subject: root.descriptor, artifactType: 'application/spdx' });
    const deeper = imageOf({
      seed: 'sbom signature',
      subject: referrer.manifest.descriptor,
      artifactType: 'application/sig',
    });
    const ofChild = imageOf({ seed: 'child signature', subject: child, artifactType: 'application/sig' });
    const tagged = imageOf({ seed: 'old signature' });
    await pushAll(repository, [referrer, deeper, ofChild]);
    await pushAll(repository, [tagged], { tag: `${root.descriptor.digest.replace(':', '-')}.sig` });
    await pushAll(repository, [tagged], { tag: `${child.digest.replace(':', '-')}.att` });
    const plan = await planCopies([copy.request('a', { referrers: true })]);
    const stages = new Map(
      plan.images[0]?.manifests.map(({ descriptor, stage, tag }) => [tag ?? descriptor.digest, stage]),
    );
    const stage = (of: { digest: string } | string): number =>
      stages.get(typeof of === 'string' ? of : of.digest) ?? Number.NaN;
    expect(stage(referrer.manifest.descriptor)).toBeGreaterThan(stage(root.descriptor));
    expect(stage(deeper.manifest.descriptor)).toBeGreaterThan(stage(referrer.manifest.descriptor));
    expect(stage(ofChild.manifest.descriptor)).toBeGreaterThan(stage(child));
    expect(stage(`${root.descriptor.digest.replace(':', '-')}.sig`)).toBeGreaterThan(stage(root.descriptor));
    expect(stage(`${child.digest.replace(':', '-')}.att`)).toBeGreaterThan(stage(child));
    expect(stage('v1')).toBe(Math.max(...stages.values()));
    expect(plan.images[0]?.manifests).toHaveLength(9);
  });

  it('that may not be asked for do not stop the image, and are told once', async () => {
    const copy = await start({
      source: {
        intercept: ({ path }) =>
          /referrers|\.(sig|att|sbom)$/.test(path) ? { respond: { status: 401, headers: {} } } : undefined,
      },
    });
    await seed(copy, 'a');
    const plan = await planCopies([copy.request('a', { referrers: true })], {
      emit: (event) => void copy.events.push(event),
    });
    expect(plan.images).toHaveLength(1);
    expect(
      copy.events.filter((event) => event.type === 'note' && event.message.includes('signatures')),
    ).toHaveLength(1);
  });
});
