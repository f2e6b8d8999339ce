import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SallyportError } from '../../src/base/index.ts';
import type { RawManifest } from '../../src/oci/index.ts';
import { type ContentStore, canListReferrers, canListTags } from '../../src/store/index.ts';
import { blobOf, imageOf, indexOf, noise, openerOf, type TestImage } from './images.ts';

/** What a store under test holds: an index of two images under several tags, with signatures. */
export interface StoredContent {
  readonly root: RawManifest;
  readonly children: readonly TestImage[];
  readonly signatures: readonly TestImage[];
  readonly tags: readonly string[];
}

function makeContent(): StoredContent {
  const children = [
    imageOf({
      seed: 'reading',
      layers: [0, 2, 300_000, 3_000_001],
      platform: { os: 'linux', architecture: 'amd64' },
    }),
    imageOf({
      seed: 'reading sha512',
      layers: [70_000],
      algorithm: 'sha512',
      platform: { os: 'linux', architecture: 'arm64' },
    }),
  ];
  const root = indexOf(children);
  const signatures = ['a', 'b', 'c'].map((seed) =>
    imageOf({
      seed,
      subject: root.descriptor,
      artifactType: 'application/x.signature',
      annotations: { seed },
    }),
  );
  return { root, children, signatures, tags: ['t1', 't2', 't3'] };
}

/** Writes the content into a store that can be written. */
export async function fillStore(
  store: ContentStore,
  { root, children, signatures, tags }: StoredContent,
): Promise<void> {
  for (const { manifest, blobs } of children) {
    for (const { blob, bytes } of blobs) await store.writeBlob(blob, openerOf(bytes));
    await store.writeManifest(manifest);
  }
  for (const tag of tags) await store.writeManifest(root, { tag });
  for (const { manifest, blobs } of signatures) {
    for (const { blob, bytes } of blobs) await store.writeBlob(blob, openerOf(bytes));
    await store.writeManifest(manifest);
  }
}

/** What every store gives back of what it holds, also one that cannot be written. `open` gives a store that holds the content. */
export function storeReading(
  name: string,
  open: (content: StoredContent) => Promise<{ readonly store: ContentStore; close(): Promise<void> }>,
): void {
  describe(`reading from a content store: ${name}`, () => {
    const content = makeContent();
    const { root, children, signatures, tags } = content;
    const blobs = [...children, ...signatures].flatMap((image) => image.blobs);
    let store: ContentStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open(content);
      store = opened.store;
      close = () => opened.close();
    });
    afterAll(() => close());

    const codeOf = async (promise: Promise<unknown>): Promise<string> => {
      const outcome: unknown = await promise.then(
        () => 'no failure',
        (thrown: unknown) => thrown,
      );
      return outcome instanceof SallyportError ? outcome.code : String(outcome);
    };

    it('gives the exact bytes of manifests, by digest and by tag', async () => {
      for (const { descriptor, bytes } of [root, ...children.map(({ manifest }) => manifest)]) {
        expect((await store.readManifest(descriptor.digest)).bytes.equals(bytes)).toBe(true);
        expect(await store.resolve(descriptor.digest)).toMatchObject(descriptor);
      }
      for (const tag of tags) {
        expect((await store.readManifest(tag)).bytes.equals(root.bytes)).toBe(true);
        expect(await store.resolve(tag)).toMatchObject(root.descriptor);
      }
    });

    it.each([
      ['checked', {}],
      ['unchecked', { unchecked: true }],
    ])('gives the exact bytes of blobs of every size, %s', async (_, options) => {
      for (const { blob, bytes } of blobs) {
        expect(await store.hasBlob(blob)).toBe(true);
        expect((await buffer(await store.readBlob(blob, options))).equals(bytes)).toBe(true);
      }
    });

    it.each([1, 299_999, 300_000, 3_000_000])('reads from byte %i on', async (offset) => {
      for (const { blob, bytes } of blobs.filter(({ blob: { size } }) => size >= offset))
        expect((await buffer(await store.readBlob(blob, { offset }))).equals(bytes.subarray(offset))).toBe(
          true,
        );
    });

    it('gives several readers of one blob each their own bytes', async () => {
      const [largest] = blobs.toSorted((a, b) => b.blob.size - a.blob.size);
      if (largest === undefined) throw new Error('the content has no blob');
      const offsets = [0, 7, 1_000_000, 0];
      const read = await Promise.all(
        offsets.map(async (offset) => buffer(await store.readBlob(largest.blob, { offset }))),
      );
      read.forEach((bytes, index) => {
        expect(bytes.equals(largest.bytes.subarray(offsets[index]))).toBe(true);
      });
    });

    it('does not have what is not there', async () => {
      const blob = blobOf(noise('nowhere', 10));
      expect(await store.hasBlob(blob)).toBe(false);
      expect(await codeOf(store.readBlob(blob).then(buffer))).toBe('BLOB_NOT_FOUND');
      expect(await store.resolve('nowhere')).toBeUndefined();
      expect(await store.resolve(blob.digest)).toBeUndefined();
      expect(await codeOf(store.readManifest('nowhere'))).toBe('MANIFEST_NOT_FOUND');
      expect(await codeOf(store.readManifest(blob.digest))).toBe('MANIFEST_NOT_FOUND');
    });

    it('does not have a blob of another size', async () => {
      const known = blobs.find(({ blob }) => blob.size === 300_000)?.blob;
      if (known === undefined) throw new Error('the content has no such blob');
      const other = { ...known, size: 299_999 };
      expect(await store.hasBlob(other)).toBe(false);
      expect(await codeOf(store.readBlob(other).then(buffer))).toBe('SIZE_MISMATCH');
    });

    it('lists tags, where it can', async () => {
      if (!canListTags(store)) return;
      // A registry without referrers has a fallback tag besides.
      expect(await store.listTags()).toEqual(expect.arrayContaining([...tags]));
      expect(await store.listTags({ limit: 2 })).toHaveLength(2);
    });

    it('lists what refers to a manifest with what it says of itself, where it can', async () => {
      if (!canListReferrers(store)) return;
      const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);
      const listed = await store.referrers(root.descriptor.digest);
      expect(listed.toSorted(byDigest)).toEqual(
        signatures
          .map(({ manifest: { descriptor, view } }) => ({
            ...descriptor,
            artifactType: view.artifactType,
            annotations: view.annotations,
          }))
          .toSorted(byDigest),
      );
      expect(
        await store.referrers(children[0]?.manifest.descriptor.digest ?? root.descriptor.digest),
      ).toEqual([]);
    });

    it('stops on request', async () => {
      const signal = AbortSignal.abort();
      const [first] = blobs;
      await expect(store.resolve('t1', { signal })).rejects.toThrow();
      await expect(store.readManifest('t1', { signal })).rejects.toThrow();
      if (first !== undefined)
        await expect(store.readBlob(first.blob, { signal }).then(buffer)).rejects.toThrow();
    });
  });
}
