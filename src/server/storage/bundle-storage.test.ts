import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleBundle, writeBundle } from '../../../test/support/bundles.ts';
import { openBundle } from '../../store/index.ts';
import { bundleStorage, type Serving, serveStorage } from '../index.ts';

describe('a bundle that is served', () => {
  let serving: Serving;
  const sample = sampleBundle('served', 9000);
  const [root] = sample.content.manifests;

  beforeAll(async () => {
    const [image] = sample.content.info.images;
    if (image === undefined) throw new Error('the sample has no image');
    const reference = 'registry.example:8443/team/app:1';
    const target = { repository: 'private.example/che/registry.example-8443/team/app', tag: '1' };
    const path = await writeBundle({
      ...sample,
      content: {
        ...sample.content,
        info: { ...sample.content.info, images: [{ ...image, reference, target }] },
        index: sample.content.index.map((entry) =>
          entry.name === undefined ? entry : { ...entry, name: reference },
        ),
      },
    });
    serving = await serveStorage(bundleStorage(await openBundle({ path })), {});
  });
  afterAll(() => serving.close({ graceMs: 0 }));

  const names = ['registry.example-8443/team/app', 'team/app', 'che/registry.example-8443/team/app'];
  const ask = (path: string, init: RequestInit = {}) => fetch(`${serving.url}/v2/${path}`, init);

  it.each(names)('answers as %s', async (name) => {
    const response = await ask(`${name}/manifests/1`);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(root?.bytes);
    expect(await (await ask(`${name}/tags/list`)).json()).toEqual({ name, tags: ['1'] });
    const [signature] = (
      (await (await ask(`${name}/referrers/${root?.descriptor.digest ?? ''}`)).json()) as {
        manifests: unknown[];
      }
    ).manifests;
    expect(signature).toMatchObject({ artifactType: 'application/x.sig' });
  });

  it('gives blobs whole, in ranges, and empty', async () => {
    for (const { digest, size } of sample.content.blobs) {
      const bytes = sample.blobs.get(digest) ?? Buffer.alloc(1);
      const whole = await ask(`team/app/blobs/${digest}`);
      expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
      if (size < 10) continue;
      const range = await ask(`team/app/blobs/${digest}`, { headers: { range: 'bytes=3-8' } });
      expect(range.status).toBe(206);
      expect(Buffer.from(await range.arrayBuffer())).toEqual(bytes.subarray(3, 9));
    }
  });

  it('has nothing else, and takes nothing', async () => {
    expect(((await (await ask('_catalog')).json()) as { repositories: string[] }).repositories).toEqual(
      names.toSorted(),
    );
    expect((await ask('other/manifests/1')).status).toBe(404);
    expect((await ask('team/app/manifests/2')).status).toBe(404);
    expect((await ask(`team/app/blobs/sha256:${'0'.repeat(64)}`)).status).toBe(404);
    expect((await ask('team/app/blobs/uploads/', { method: 'POST' })).status).toBe(405);
  });
});
