import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SallyportError } from '../../src/base/index.ts';
import type { Descriptor } from '../../src/oci/index.ts';
import { type ContentStore, canListReferrers, canListTags, canMount } from '../../src/store/index.ts';
import { blobOf, imageOf, indexOf, openerOf } from './images.ts';

/** A fresh, empty store, a second repository beside it, and how to end both. */
export interface StoreUnderTest {
  readonly store: ContentStore;
  /** Another repository from which blobs can be mounted. */
  readonly sibling?: { readonly store: ContentStore; readonly repository: string };
  close(): Promise<void>;
}

/** What stores must do when things go wrong as well: wrong, short, failing and stopped sources, several writers at once. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`content store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: ContentStore;
    beforeAll(async () => {
      under = await open();
      store = under.store;
    });
    afterAll(() => under.close());

    const codeOf = async (promise: Promise<unknown>): Promise<string> => {
      const outcome: unknown = await promise.then(
        () => 'no failure',
        (thrown: unknown) => thrown,
      );
      return outcome instanceof SallyportError ? outcome.code : String(outcome);
    };
    const read = async (blob: Descriptor): Promise<Buffer> => buffer(await store.readBlob(blob));
    const push = async (bytes: Buffer): Promise<Descriptor> => {
      const blob = blobOf(bytes);
      await store.writeBlob(blob, openerOf(bytes));
      return blob;
    };

    it.each([
      ['nothing', 0],
      ['two bytes', 2],
      ['less than a chunk', 300_000],
      ['many chunks', 3_000_001],
    ])('keeps a blob of %s', async (_, size) => {
      const bytes = randomBytes(size);
      const blob = await push(bytes);
      expect(await store.hasBlob(blob)).toBe(true);
      expect((await read(blob)).equals(bytes)).toBe(true);
    });

    it('keeps a sha512 blob', async () => {
      const bytes = randomBytes(70_000);
      const blob = blobOf(bytes, { algorithm: 'sha512' });
      await store.writeBlob(blob, openerOf(bytes));
      expect((await read(blob)).equals(bytes)).toBe(true);
    });

    it('takes a blob twice, also at the same time', async () => {
      const bytes = randomBytes(400_000);
      const blob = blobOf(bytes);
      await Promise.all([store.writeBlob(blob, openerOf(bytes)), store.writeBlob(blob, openerOf(bytes))]);
      await store.writeBlob(blob, openerOf(bytes));
      expect((await read(blob)).equals(bytes)).toBe(true);
    });

    it.each([1000, 700_000])('refuses %i bytes that are not what their digest says', async (size) => {
      const blob = blobOf(randomBytes(size));
      expect(await codeOf(store.writeBlob(blob, openerOf(randomBytes(size))))).toBe('DIGEST_MISMATCH');
      expect(await store.hasBlob(blob)).toBe(false);
    });

    it.each([
      ['short', 999, 1000],
      ['long', 1001, 1000],
      ['short and big', 600_000, 700_000],
      ['long and big', 800_000, 700_000],
    ])('refuses a source that is too %s', async (_, has, says) => {
      const bytes = randomBytes(has);
      const blob = { ...blobOf(bytes), size: says };
      expect(await codeOf(store.writeBlob(blob, openerOf(bytes)))).toMatch(/SIZE_MISMATCH|DIGEST_MISMATCH/);
      expect(await store.hasBlob(blob)).toBe(false);
    });

    it.each([5000, 900_000])('passes a failing source on, and takes the %i bytes later', async (size) => {
      const bytes = randomBytes(size);
      const blob = blobOf(bytes);
      const broken = async (offset: number): Promise<Readable> =>
        Readable.from(
          (function* () {
            yield bytes.subarray(offset, offset + 1000);
            throw new SallyportError('BLOB_NOT_FOUND', 'the source is gone');
          })(),
        );
      expect(await codeOf(store.writeBlob(blob, broken))).toBe('BLOB_NOT_FOUND');
      expect(await store.hasBlob(blob)).toBe(false);
      await store.writeBlob(blob, openerOf(bytes));
      expect((await read(blob)).equals(bytes)).toBe(true);
    });

    it('keeps the exact bytes of manifests, by digest and by tag', async () => {
      const image = imageOf({ seed: 'exact' });
      for (const { blob, bytes } of image.blobs) await store.writeBlob(blob, openerOf(bytes));
      await store.writeManifest(image.manifest);
      const index = indexOf([image]);
      await store.writeManifest(index, { tag: 'v1' });
      const child = await store.readManifest(image.manifest.descriptor.digest);
      expect(child.bytes.equals(image.manifest.bytes)).toBe(true);
      expect((await store.readManifest('v1')).bytes.equals(index.bytes)).toBe(true);
      for (const selector of ['v1', index.descriptor.digest])
        expect(await store.resolve(selector)).toMatchObject(index.descriptor);
      await store.writeManifest(image.manifest, { tag: 'v1' });
      expect(await store.resolve('v1')).toMatchObject(image.manifest.descriptor);
    });

    it('lists tags', async () => {
      if (!canListTags(store)) return;
      const image = imageOf({ seed: 'tags' });
      for (const { blob, bytes } of image.blobs) await store.writeBlob(blob, openerOf(bytes));
      for (const tag of ['t1', 't2', 't3']) await store.writeManifest(image.manifest, { tag });
      expect(await store.listTags()).toEqual(expect.arrayContaining(['t1', 't2', 't3']));
      expect(await store.listTags({ limit: 2 })).toHaveLength(2);
    });

    it('lists what refers to a manifest, however much comes at once', async () => {
      if (!canListReferrers(store)) return;
      const image = imageOf({ seed: 'subject' });
      const { descriptor: subject } = image.manifest;
      const signatures = ['a', 'b', 'c'].map((seed) =>
        imageOf({ seed, subject, artifactType: 'application/x.signature', annotations: { seed } }),
      );
      for (const { blobs } of [image, ...signatures])
        for (const { blob, bytes } of blobs) await store.writeBlob(blob, openerOf(bytes));
      await store.writeManifest(image.manifest, { tag: 'signed' });
      expect(await store.referrers(subject.digest)).toEqual([]);
      await Promise.all(signatures.map(({ manifest }) => store.writeManifest(manifest)));
      const listed = await store.referrers(subject.digest);
      expect(new Set(listed.map(({ digest }) => digest))).toEqual(
        new Set(signatures.map(({ manifest }) => manifest.descriptor.digest)),
      );
      for (const entry of listed) expect(entry.artifactType).toBe('application/x.signature');
      expect(new Set(listed.map(({ annotations }) => annotations?.['seed']))).toEqual(
        new Set(['a', 'b', 'c']),
      );
    });

    it('takes a blob over from a sibling, and does not invent one', async () => {
      if (!canMount(store) || under.sibling === undefined) return;
      const bytes = randomBytes(2000);
      const blob = blobOf(bytes);
      await under.sibling.store.writeBlob(blob, openerOf(bytes));
      expect(await store.mountBlob(blob, under.sibling.repository)).toBe(true);
      expect((await read(blob)).equals(bytes)).toBe(true);
      const missing = blobOf(randomBytes(2000));
      expect(await store.mountBlob(missing, under.sibling.repository)).toBe(false);
      expect(await store.hasBlob(missing)).toBe(false);
    });

    it('stops on request and leaves nothing visible', async () => {
      const bytes = randomBytes(2_000_000);
      const blob = blobOf(bytes);
      const stop = new AbortController();
      const slow = async (offset: number): Promise<Readable> =>
        Readable.from(
          (async function* () {
            for (let at = offset; at < bytes.length; at += 100_000) {
              if (at >= 500_000) stop.abort();
              yield bytes.subarray(at, at + 100_000);
              await new Promise((next) => setImmediate(next));
            }
          })(),
        );
      const outcome: unknown = await store
        .writeBlob(blob, slow, { signal: stop.signal })
        .catch((thrown: unknown) => thrown);
      expect(outcome).toBeInstanceOf(Error);
      expect(await store.hasBlob(blob)).toBe(false);
      await store.writeBlob(blob, openerOf(bytes));
      expect((await read(blob)).equals(bytes)).toBe(true);
    });
  });
}
