import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { makeImage } from '../scripts/sample-images.ts';
import { digestOf } from '../src/oci/index.ts';

const options = {
  platforms: ['linux/amd64', 'linux/arm64/v8'],
  layers: [
    { size: 200_000, seed: 'a', shared: true },
    { size: 70_000, seed: 'b' },
  ],
} as const;

it('sample images are what they say: digests, sizes, diff ids, tars, the same every time', async () => {
  const image = makeImage(options);
  expect(makeImage(options).root.bytes).toEqual(image.root.bytes);
  // The shared layer once, the others per platform, and two configs.
  expect(image.blobs.size).toBe(5);
  for (const manifest of image.manifests) {
    const { view } = manifest;
    if (view.kind === 'index') continue;
    if (view.config === undefined) throw new Error('no config');
    const read = async (digest: string) => {
      const blob = [...image.blobs.values()].find((one) => one.descriptor.digest === digest);
      if (blob === undefined) throw new Error(`no blob ${digest}`);
      const bytes = await buffer(await blob.open(0));
      expect([digestOf(bytes), bytes.length]).toEqual([digest, blob.descriptor.size]);
      expect(await buffer(await blob.open(1000))).toEqual(bytes.subarray(1000));
      return bytes;
    };
    const config = JSON.parse((await read(view.config.digest)).toString()) as {
      rootfs: { diff_ids: string[] };
    };
    const tars = await Promise.all(view.layers.map(async (layer) => gunzipSync(await read(layer.digest))));
    expect(tars.map((tar) => digestOf(tar))).toEqual(config.rootfs.diff_ids);
    for (const tar of tars) {
      expect(tar.length % 512).toBe(0);
      expect(tar.subarray(0, 4).toString()).toBe('etc/');
    }
  }
});
