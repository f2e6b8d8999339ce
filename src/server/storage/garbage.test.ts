import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeImage, type SampleImage } from '../../../scripts/sample-images.ts';
import { digestHex, digestOf } from '../../oci/index.ts';
import { checkFolder } from './check.ts';
import { type DiskStorage, openDiskStorage } from './disk-storage.ts';
import type { WritableRepository } from './types.ts';

let dir: string;
let storage: DiskStorage;
/** Ahead of the files' own times by this much. */
let ahead = 0;

// Collecting looks at the same files over and over, which takes long on a disk that others keep busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-garbage-'));
  ahead = 0;
  storage = await openDiskStorage({ dir, durable: false, now: () => Date.now() + ahead });
});

afterEach(async () => {
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

const sample = (seed: string) =>
  makeImage({
    platforms: ['linux/amd64', 'linux/arm64'],
    layers: [{ size: 1000, seed }],
    signature: 'referrer',
  });

async function pushBlob(repository: WritableRepository, bytes: Buffer): Promise<void> {
  const upload = await repository.startUpload();
  await upload.append(bytes);
  await upload.finish(digestOf(bytes));
  await upload.release();
}

async function push(
  repository: WritableRepository,
  image: SampleImage,
  tag: string | undefined,
): Promise<void> {
  for (const blob of image.blobs.values()) await pushBlob(repository, await buffer(await blob.open(0)));
  for (const manifest of [...image.manifests, ...image.extras.map((extra) => extra.manifest)])
    await repository.writeManifest(manifest, manifest === image.root && tag !== undefined ? [tag] : []);
}

async function isWhole(repository: WritableRepository, image: SampleImage): Promise<boolean> {
  for (const { descriptor } of image.blobs.values()) {
    if ((await repository.blobSize(descriptor.digest)) === undefined) return false;
  }
  for (const { descriptor } of [...image.manifests, ...image.extras.map((extra) => extra.manifest)]) {
    if ((await repository.findManifest(descriptor.digest)) === undefined) return false;
  }
  return true;
}

describe('garbage collection', () => {
  it('removes nothing that something refers to', async () => {
    await push(storage.repository('a'), sample('one'), 'v1');
    await push(storage.repository('b'), sample('two'), undefined);
    ahead = DAY_MS;
    expect(await storage.collectGarbage()).toMatchObject({ manifests: 0, links: 0, blobs: 0, bytes: 0 });
    expect(await isWhole(storage.repository('a'), sample('one'))).toBe(true);
    expect(await isWhole(storage.repository('b'), sample('two'))).toBe(true);
  });

  it('removes blobs that were deleted or never named, and keeps the young ones', async () => {
    const [old, shared] = [Buffer.from('old'), Buffer.from('shared')];
    await pushBlob(storage.repository('a'), old);
    await pushBlob(storage.repository('a'), shared);
    const keeps = makeImage({ platforms: ['linux/amd64'], layers: [] });
    await push(storage.repository('b'), keeps, 'v1');
    expect(await storage.collectGarbage()).toMatchObject({ links: 0, blobs: 0 });
    ahead = DAY_MS;
    await storage.repository('b').linkBlob(digestOf(shared));
    expect(await storage.collectGarbage()).toMatchObject({ manifests: 0, links: 2, blobs: 1, bytes: 3 });
    expect(await storage.repository('a').linkBlob(digestOf(old))).toBe(false);
    expect(await storage.repository('b').blobSize(digestOf(shared))).toBe(shared.length);
  });

  it('keeps what a client has just been told is here', async () => {
    const repository = storage.repository('a');
    await pushBlob(repository, Buffer.from('asked for'));
    ahead = DAY_MS;
    expect(await repository.blobSize(digestOf(Buffer.from('asked for')))).toBe(9);
    expect(await storage.collectGarbage()).toMatchObject({ links: 0, blobs: 0 });
    ahead += DAY_MS;
    expect(await storage.collectGarbage()).toMatchObject({ links: 1, blobs: 1 });
  });

  it('removes untagged manifests only on request, and never what a tag leads to', async () => {
    const repository = storage.repository('a');
    await push(repository, sample('kept'), 'v1');
    await push(repository, sample('moved away'), 'v2');
    await repository.deleteTag('v2');
    ahead = DAY_MS;
    expect(await storage.collectGarbage()).toMatchObject({ manifests: 0, blobs: 0 });
    ahead += DAY_MS;
    const report = await storage.collectGarbage({ untagged: true });
    // Index, two images and the signature go; so do their blobs, but for the signature's empty config, which is shared.
    expect(report.manifests).toBe(4);
    expect(report.blobs).toBe(4 + 5);
    expect(await isWhole(repository, sample('kept'))).toBe(true);
    expect(await repository.findManifest(sample('moved away').root.descriptor.digest)).toBeUndefined();
  });

  it('runs beside pushes without taking anything from them', async () => {
    ahead = 0;
    const images = Array.from({ length: 12 }, (_, index) => sample(`seed ${index % 4}`));
    let pushing = true;
    const collecting = (async () => {
      let runs = 0;
      while (pushing) {
        await storage.collectGarbage({ minAgeMs: 10_000, untagged: true });
        runs++;
      }
      return runs;
    })();
    await Promise.all(
      images.map((image, index) => push(storage.repository(`r${index % 3}`), image, `v${index}`)),
    );
    pushing = false;
    expect(await collecting).toBeGreaterThan(0);
    for (const [index, image] of images.entries())
      expect(await isWhole(storage.repository(`r${index % 3}`), image)).toBe(true);
  });
});

describe('a repository in which nothing is left', () => {
  /** Every folder below the repositories' own. */
  const folders = () => readdirSync(join(dir, 'registry', 'repositories'), { recursive: true });

  it('goes with the folders above it that held nothing else', async () => {
    const image = sample('one');
    for (const name of ['team/app', 'team/app/deep', 'kept'])
      await push(storage.repository(name), image, 'v1');
    for (const name of ['team/app', 'team/app/deep'])
      for (const { descriptor } of [...image.manifests, ...image.extras.map((extra) => extra.manifest)])
        await storage.repository(name).deleteManifest(descriptor.digest);
    // Their blobs are young, and a push may be about to name them.
    expect(await storage.collectGarbage()).toMatchObject({ repositories: 0 });
    expect(await storage.repositories()).toEqual(['kept', 'team/app', 'team/app/deep']);
    ahead = DAY_MS;
    expect(await storage.collectGarbage({ dryRun: true })).toMatchObject({ repositories: 2 });
    expect(await storage.repositories()).toHaveLength(3);
    expect(await storage.collectGarbage()).toMatchObject({ repositories: 2 });
    expect(await storage.repositories()).toEqual(['kept']);
    expect(folders().filter((path) => String(path).startsWith('team'))).toEqual([]);
    expect(await storage.repository('team/app').exists()).toBe(false);
    expect(await isWhole(storage.repository('kept'), image)).toBe(true);
    await push(storage.repository('team/app'), image, 'v2');
    expect(await storage.repository('team/app').tags()).toEqual(['v2']);
  });

  it('is none while only an upload is open there, which goes on', async () => {
    const repository = storage.repository('a');
    const upload = await repository.startUpload();
    await upload.append(Buffer.from('bytes'));
    expect(await storage.collectGarbage({ minAgeMs: -DAY_MS })).toMatchObject({ repositories: 0 });
    await upload.finish(digestOf(Buffer.from('bytes')));
    await upload.release();
    expect(await repository.blobSize(digestOf(Buffer.from('bytes')))).toBe(5);
  });

  it('stays when a tag there has lost its manifest, which is damage to be told', async () => {
    const image = sample('one');
    const repository = storage.repository('a');
    await repository.writeManifest(image.root, ['v1']);
    const { digest } = image.root.descriptor;
    rmSync(join(dir, 'registry', 'repositories', 'a', '_manifests', 'sha256', digestHex(digest)));
    expect(await storage.collectGarbage({ minAgeMs: -DAY_MS })).toMatchObject({ repositories: 0 });
    expect(await storage.check()).toMatchObject({ problems: [{ state: 'missing', repository: 'a' }] });
  });

  it('goes beside pushes to it and below it without taking anything from them', async () => {
    const image = makeImage({ platforms: ['linux/amd64'], layers: [] });
    const { digest } = image.root.descriptor;
    const [blob] = image.blobs.values();
    if (blob === undefined) throw new Error('the sample has no blobs');
    // Each round fills an empty repository and empties it again.
    const work = async (name: string) => {
      for (let round = 0; round < 40; round++) {
        const repository = storage.repository(name);
        await push(repository, image, 'v1');
        expect(await isWhole(repository, image)).toBe(true);
        await repository.exclusively(() => repository.deleteManifest(digest));
        await repository.exclusively(() => repository.deleteBlob(blob.descriptor.digest));
      }
    };
    let busy = true;
    const collecting = (async () => {
      let gone = 0;
      while (busy) gone += (await storage.collectGarbage()).repositories;
      return gone;
    })();
    try {
      await Promise.all(['a', 'a/b', 'a/b/c', 'd'].map(work));
    } finally {
      busy = false;
    }
    expect(await collecting).toBeGreaterThan(0);
    await storage.collectGarbage();
    expect(await storage.repositories()).toEqual([]);
    expect(folders()).toEqual([]);
  });
});

describe('a dry run', () => {
  it('says what would be removed, and removes nothing', async () => {
    await push(storage.repository('a'), sample('one'), 'v1');
    await push(storage.repository('a'), sample('two'), undefined);
    const before = await storage.check();
    ahead = DAY_MS;
    const told = await storage.collectGarbage({ dryRun: true, untagged: true });
    expect(told.manifests).toBeGreaterThan(0);
    expect(await storage.check()).toEqual(before);
    expect(await storage.collectGarbage({ untagged: true })).toEqual(told);
    expect((await storage.check()).blobs).toBe(before.blobs - told.blobs);
  });
});

describe('a check of the storage', () => {
  it('finds nothing wrong with what is right', async () => {
    await push(storage.repository('a'), sample('one'), 'v1');
    const image = sample('one');
    expect(await storage.check({ children: true })).toMatchObject({
      blobs: image.blobs.size + 4,
      manifests: 4,
      problems: [],
    });
  });

  it('names what is damaged and what is missing', async () => {
    const image = sample('one');
    await push(storage.repository('a'), image, 'v1');
    const [first, second] = [...image.blobs.keys()];
    if (first === undefined || second === undefined) throw new Error('the sample has no blobs');
    writeFileSync(join(dir, 'blobs', 'sha256', digestHex(first)), 'damaged');
    await storage.repository('a').deleteBlob(second);
    const report = await storage.check();
    expect(report.problems).toHaveLength(2);
    expect(report.problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ state: 'damaged', repository: 'a', digest: first }),
        expect.objectContaining({ state: 'missing', repository: 'a', digest: second }),
      ]),
    );
    expect(await checkFolder(dir)).toEqual(report);
    // The blobs are those of children; the tag is the index's, and that is what people know.
    for (const { tags } of report.problems) expect(tags).toEqual(['v1']);
  });

  it('names small files that do not hold what belongs there', async () => {
    const image = sample('one');
    const { root, extras } = image;
    const signature = extras[0]?.manifest.descriptor.digest;
    if (signature === undefined) throw new Error('the sample has no signature');
    await push(storage.repository('a'), image, 'v1');
    const within = join(dir, 'registry', 'repositories', 'a');
    const hex = digestHex(root.descriptor.digest);
    const files = [
      join(within, '_manifests', 'sha256', hex),
      join(within, '_referrers', 'sha256', hex, signature.replace(':', '-')),
      join(within, '_tags', 'v1'),
    ];
    for (const file of files) {
      const bytes = readFileSync(file);
      const other = Buffer.from(bytes);
      other[3] = (other[3] ?? 0) ^ 1;
      writeFileSync(file, other);
      const { problems } = await storage.check();
      expect(problems).toMatchObject([{ state: 'damaged', file: relative(dir, file), repository: 'a' }]);
      writeFileSync(file, bytes);
    }
    expect((await storage.check()).problems).toEqual([]);
  });
});

describe('uploads that nobody continues', () => {
  it('are removed after their time, also from before a restart', async () => {
    await storage.repository('a').startUpload();
    const { id } = await storage.repository('b').startUpload();
    await storage.close();
    storage = await openDiskStorage({ dir, durable: false, now: () => Date.now() + ahead });
    expect(await storage.repository('b').upload(id)).toBeDefined();
    ahead = DAY_MS / 2;
    await storage.sweep();
    expect(await storage.repository('b').upload(id)).toBeDefined();
    ahead = DAY_MS * 2;
    await storage.sweep();
    expect(await storage.repository('b').upload(id)).toBeUndefined();
    expect(storage.openUploads).toBe(0);
  });
});
