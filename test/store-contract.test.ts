import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobsOf } from '../src/oci/index.ts';
import type { ApiResponse } from '../src/server/index.ts';
import { openBundle, openLayout } from '../src/store/index.ts';
import { writeBundle } from './support/bundles.ts';
import { startEmbedded } from './support/embedded.ts';
import { fakeClock } from './support/fake-clock.ts';
import { type StoreUnderTest, storeContract } from './support/store-contract.ts';
import { fillStore, type StoredContent, storeReading } from './support/store-reading.ts';

/** Every store that can be written, empty. */
const WRITABLE: Readonly<Record<string, () => Promise<StoreUnderTest>>> = {
  'registry repository': async () => {
    const embedded = await startEmbedded();
    return {
      store: embedded.repository('some/where'),
      sibling: { store: embedded.repository('some/where/else'), repository: 'some/where/else' },
      close: embedded.close,
    };
  },
  'registry without referrers, mounts, or one PUT for a blob': async () => {
    const gone = { status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>') };
    const embedded = await startEmbedded({
      clock: fakeClock(),
      intercept: ({ method, path, headers }) => {
        if (path.includes('/referrers/')) return { respond: gone };
        if (method === 'PUT' && path.includes('/blobs/uploads/') && headers['content-length'] !== '0')
          return { respond: { status: 405, headers: {} } };
        if (method === 'PUT' && path.includes('/manifests/')) return { rewrite: withoutSubject };
        return undefined;
      },
    });
    return { store: embedded.repository('plain'), close: embedded.close };
  },
  'OCI layout on disk': async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-layout-'));
    const layout = await openLayout({ dir, mode: 'write', durable: false });
    return {
      store: layout.repository('some/where'),
      sibling: { store: layout.repository('else'), repository: 'else' },
      close: async () => {
        await layout.close();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};

function withoutSubject(response: ApiResponse): ApiResponse {
  const { 'oci-subject': _, ...headers } = response.headers;
  return { ...response, headers };
}

for (const [name, open] of Object.entries(WRITABLE)) {
  storeContract(name, open);
  storeReading(name, async (content) => {
    const under = await open();
    await fillStore(under.store, content);
    return under;
  });
}

storeReading('bundle', (content) => bundleOf(content));
storeReading('bundle in parts', (content) => bundleOf(content, 1_000_000));

async function bundleOf({ root, children, signatures, tags }: StoredContent, partSize?: number) {
  const images = [...children, ...signatures];
  const references = tags.map((tag) => `registry.example/some/where:${tag}`);
  const path = await writeBundle(
    {
      images,
      blobs: new Map(images.flatMap((image) => image.blobs.map(({ blob, bytes }) => [blob.digest, bytes]))),
      content: {
        info: {
          apiVersion: 'sallyport.dev/v1alpha1',
          kind: 'Bundle',
          name: 'contract',
          format: 'oci',
          platforms: [],
          images: references.map((reference) => ({ reference, digest: root.descriptor.digest })),
          omitted: [],
        },
        index: [
          ...references.map((name) => ({ descriptor: root.descriptor, name })),
          ...signatures.map(({ manifest }) => ({ descriptor: manifest.descriptor })),
        ],
        manifests: [root, ...images.map(({ manifest }) => manifest)],
        blobs: images.flatMap(({ manifest }) => blobsOf(manifest.view)),
        files: [],
      },
    },
    partSize === undefined ? {} : { partSize },
  );
  const bundle = await openBundle({ path });
  return {
    store: bundle.repository('registry.example/some/where'),
    close: async () => {
      await bundle.close();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
}
