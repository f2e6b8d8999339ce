import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobsOf } from '../../src/oci/index.ts';
import { type BundleContent, BundleTarget, layOutBundle, startBundle } from '../../src/store/index.ts';
import { imageOf, indexOf, openerOf, type TestImage } from './images.ts';

/** Content for a bundle of one two-platform image with a signature, made in memory. */
export interface SampleBundle {
  readonly content: BundleContent;
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly images: readonly TestImage[];
}

export const REFERENCE = 'registry.example/team/app:1';

export function sampleBundle(seed = 'sample', big = 2_500_000): SampleBundle {
  const children = [
    imageOf({
      seed: `${seed} amd64`,
      layers: [3000, 70_000],
      platform: { os: 'linux', architecture: 'amd64' },
    }),
    imageOf({
      seed: `${seed} arm64`,
      layers: [0, big],
      platform: { os: 'linux', architecture: 'arm64' },
    }),
  ];
  const root = indexOf(children);
  const signature = imageOf({
    seed: `${seed} signature`,
    subject: root.descriptor,
    artifactType: 'application/x.sig',
  });
  const images = [...children, signature];
  const blobs = new Map(
    images.flatMap((image) => image.blobs.map(({ blob, bytes }) => [blob.digest, bytes] as const)),
  );
  return {
    images,
    blobs,
    content: {
      info: {
        apiVersion: 'sallyport.dev/v1alpha1',
        kind: 'Bundle',
        name: 'sample',
        format: 'oci',
        platforms: [],
        images: [{ reference: REFERENCE, digest: root.descriptor.digest }],
        omitted: [],
      },
      index: [
        { descriptor: root.descriptor, name: REFERENCE },
        { descriptor: { ...signature.manifest.descriptor, artifactType: 'application/x.sig' } },
      ],
      manifests: [root, ...images.map(({ manifest }) => manifest)],
      blobs: [
        ...new Map(
          images.flatMap(({ manifest }) => blobsOf(manifest.view)).map((blob) => [blob.digest, blob]),
        ).values(),
      ],
      files: [
        {
          name: 'sallyport/a file with a name that is longer than one hundred bytes, so that it needs a pax record of its own.txt',
          bytes: Buffer.from('hello\n'),
        },
      ],
    },
  };
}

/** Writes a bundle as the program does; gives its path. */
export async function writeBundle(
  sample: SampleBundle,
  options: { readonly path?: string; readonly partSize?: number } = {},
): Promise<string> {
  const path = options.path ?? join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), 'x.bundle');
  const writer = await startBundle({
    path,
    layout: layOutBundle(sample.content),
    ...(options.partSize === undefined ? {} : { partSize: options.partSize }),
  });
  const target = new BundleTarget(path);
  target.attach(writer);
  for (const blob of sample.content.blobs)
    await target.writeBlob(blob, openerOf(sample.blobs.get(blob.digest) ?? Buffer.alloc(0)));
  await writer.finish();
  return path;
}
