import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Digest, digestOf } from '../oci/index.ts';
import { type ReadableRepository, type ReadableStorage, serveStorage } from './index.ts';

const BLOB = Buffer.from('0123456789');
const MANIFEST = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const digest = (bytes: Buffer) => digestOf(bytes, 'sha256');

/** One image in memory: the least that can be served. */
function memoryStorage(onClose: () => void): ReadableStorage {
  const repository = (name: string): ReadableRepository => ({
    name,
    exists: async () => name === 'a/b',
    blobSize: async (asked: Digest) => (asked === digest(BLOB) ? BLOB.length : undefined),
    openBlob: async (_digest, range) =>
      Readable.from([BLOB.subarray(range?.start ?? 0, (range?.end ?? BLOB.length) + 1)]),
    findManifest: async (selector) =>
      selector === '1' || selector === digest(MANIFEST)
        ? {
            digest: digest(MANIFEST),
            mediaType: 'application/vnd.oci.image.index.v1+json',
            size: MANIFEST.length,
          }
        : undefined,
    readManifest: async () => MANIFEST,
    tags: async () => ['1'],
    referrers: async () => [],
  });
  return { repository, repositories: async () => ['a/b'], close: async () => onClose() };
}

describe('a storage that can only be read', () => {
  it('is served whole, and refuses every change', async () => {
    let closed = 0;
    const serving = await serveStorage(
      memoryStorage(() => closed++),
      {},
    );
    const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${serving.url}/v2/${path}`, { method, headers });
      return [response.status, await response.text()] as const;
    };
    try {
      expect(await ask('GET', 'a/b/manifests/1')).toEqual([200, MANIFEST.toString()]);
      expect(await ask('GET', `a/b/blobs/${digest(BLOB)}`, { range: 'bytes=3-5' })).toEqual([206, '345']);
      expect(await ask('GET', 'a/b/tags/list')).toEqual([200, '{"name":"a/b","tags":["1"]}']);
      expect(await ask('GET', '_catalog')).toEqual([200, '{"repositories":["a/b"]}']);
      for (const [method, path] of [
        ['POST', 'a/b/blobs/uploads/'],
        ['PUT', 'a/b/manifests/2'],
        ['DELETE', 'a/b/manifests/1'],
        ['DELETE', `a/b/blobs/${digest(BLOB)}`],
      ] as const)
        expect(await ask(method, path)).toEqual([405, expect.stringContaining('read-only')]);
    } finally {
      await serving.close({ graceMs: 0 });
    }
    expect(closed).toBe(1);
  });

  it('is closed when it cannot be served', async () => {
    let closed = 0;
    const tls = { cert: 'no certificate', key: 'no key' };
    await expect(
      serveStorage(
        memoryStorage(() => closed++),
        { tls },
      ),
    ).rejects.toMatchObject({
      code: 'TLS_FAILED',
    });
    expect(closed).toBe(1);
  });
});
