import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiResponse } from '../src/server/index.ts';
import { openLayout } from '../src/store/index.ts';
import { startEmbedded } from './support/embedded.ts';
import { fakeClock } from './support/fake-clock.ts';
import { storeContract } from './support/store-contract.ts';

storeContract('registry repository', async () => {
  const embedded = await startEmbedded();
  return {
    store: embedded.repository('some/where'),
    sibling: { store: embedded.repository('some/where/else'), repository: 'some/where/else' },
    close: embedded.close,
  };
});

storeContract('registry without referrers, mounts, or one PUT for a blob', async () => {
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
});

function withoutSubject(response: ApiResponse): ApiResponse {
  const { 'oci-subject': _, ...headers } = response.headers;
  return { ...response, headers };
}

storeContract('OCI layout on disk', async () => {
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
});
