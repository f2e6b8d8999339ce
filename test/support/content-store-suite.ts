import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import { type Descriptor, digestOf } from '../../src/oci/index.ts';
import {
  type ContentStore,
  canListReferrers,
  canListTags,
  type ReferringStore,
  type TagListingStore,
} from '../../src/store/index.ts';

export type TestedStore = ContentStore & Partial<ReferringStore> & Partial<TagListingStore>;

export const SAMPLE = makeImage({
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: [
    { size: 5_000, seed: 'base', shared: true },
    { size: 200_000, seed: 'program' },
  ],
  attestations: true,
  signature: 'referrer',
  annotations: { 'org.opencontainers.image.title': 'sample' },
});

/** What every store must do, whatever is behind it. `open` gives an empty one for each test. */
export function contentStoreSuite(open: () => Promise<TestedStore>): void {
  it('gives back exactly what was written, by tag and by digest', async () => {
    const store = await open();
    await fill(store, SAMPLE, 'v1');
    expect(await store.resolve('v1')).toMatchObject(SAMPLE.root.descriptor);
    expect((await store.readManifest('v1')).bytes).toEqual(SAMPLE.root.bytes);
    for (const manifest of SAMPLE.manifests) {
      expect((await store.readManifest(manifest.descriptor.digest)).bytes).toEqual(manifest.bytes);
      expect(await store.resolve(manifest.descriptor.digest)).toMatchObject(manifest.descriptor);
    }
    for (const { descriptor } of SAMPLE.blobs.values()) {
      expect(await store.hasBlob(descriptor)).toBe(true);
      expect(digestOf(await buffer(await store.readBlob(descriptor)))).toBe(descriptor.digest);
    }
  });

  it('reads a blob from an offset on', async () => {
    const store = await open();
    const blob = await put(store, Buffer.from('0123456789'));
    expect((await buffer(await store.readBlob(blob, { offset: 4 }))).toString()).toBe('456789');
  });

  it('takes an empty blob and a blob that is there already', async () => {
    const store = await open();
    const empty = await put(store, Buffer.alloc(0));
    expect(await buffer(await store.readBlob(empty))).toHaveLength(0);
    await put(store, Buffer.from('twice'));
    const twice = await put(store, Buffer.from('twice'));
    expect((await buffer(await store.readBlob(twice))).toString()).toBe('twice');
  });

  it('says what it does not have', async () => {
    const store = await open();
    const blob = describe(Buffer.from('nowhere'));
    expect(await store.resolve('none')).toBeUndefined();
    expect(await store.resolve(blob.digest)).toBeUndefined();
    expect(await store.hasBlob(blob)).toBe(false);
    await expect(store.readManifest('none')).rejects.toMatchObject({ code: 'MANIFEST_NOT_FOUND' });
    await expect(store.readBlob(blob).then(buffer)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });

  it('refuses content that is not what its descriptor says', async () => {
    const store = await open();
    const blob = describe(Buffer.from('right'));
    const wrong = (text: string) => store.writeBlob(blob, async () => Readable.from([Buffer.from(text)]));
    await expect(wrong('wrong')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await store.hasBlob(blob)).toBe(false);
    await store.writeBlob(blob, async (offset) => Readable.from([Buffer.from('right').subarray(offset)]));
    expect(await store.hasBlob(blob)).toBe(true);
  });

  it('moves a tag', async () => {
    const store = await open();
    await fill(store, SAMPLE, 'v1');
    const child = SAMPLE.manifests[0];
    if (child === undefined) throw new Error('the sample has no child');
    await store.writeManifest(child, { tag: 'v1' });
    expect((await store.resolve('v1'))?.digest).toBe(child.descriptor.digest);
  });

  it('lists tags in order and referrers with what they say of themselves, where it can', async () => {
    const store = await open();
    await fill(store, SAMPLE, 'v2');
    await fill(store, SAMPLE, 'v1');
    if (canListTags(store)) {
      expect(await store.listTags()).toEqual(['v1', 'v2']);
      expect(await store.listTags({ limit: 1 })).toEqual(['v1']);
    }
    if (canListReferrers(store)) {
      const referrers = await store.referrers(SAMPLE.root.descriptor.digest);
      expect(referrers).toEqual([
        {
          ...SAMPLE.extras[0]?.manifest.descriptor,
          artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
          annotations: { 'org.opencontainers.image.created': '2024-01-01T00:00:00Z' },
        },
      ]);
    }
  });

  it('stops when it is told to', async () => {
    const store = await open();
    const signal = AbortSignal.abort();
    await expect(store.resolve('v1', { signal })).rejects.toThrow();
    await expect(store.readManifest('v1', { signal })).rejects.toThrow();
  });
}

export function describe(bytes: Buffer): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
}

export async function put(store: ContentStore, bytes: Buffer): Promise<Descriptor> {
  const blob = describe(bytes);
  await store.writeBlob(blob, async (offset) =>
    Readable.from(bytes.length === 0 ? [] : [bytes.subarray(offset)]),
  );
  return blob;
}
