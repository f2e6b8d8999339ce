import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import {
  contentStoreSuite,
  describe as describeBlob,
  put,
  SAMPLE,
} from '../../test/support/content-store-suite.ts';
import { type Descriptor, digestHex } from '../oci/index.ts';
import { type Layout, openLayout } from './index.ts';

let dir: string;
let open: Layout[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-layout-'));
  open = [];
});

afterEach(async () => {
  for (const layout of open) await layout.close();
  rmSync(dir, { recursive: true, force: true });
});

async function writable(path = dir): Promise<Layout> {
  const layout = await openLayout({ dir: path, mode: 'write', durable: false });
  open.push(layout);
  return layout;
}

async function reopen(): Promise<Layout> {
  for (const layout of open.splice(0)) await layout.close();
  return openLayout({ dir, mode: 'read' });
}

function pathOf(blob: Descriptor): string {
  return join(dir, 'blobs', 'sha256', digestHex(blob.digest));
}

describe('a layout as a content store', () => {
  contentStoreSuite(async () => (await writable()).repository('team/sample'));
});

describe('a layout on disk', () => {
  it('is a layout that is still there when it is opened again', async () => {
    const layout = await writable();
    await fill(layout.repository('a/one'), SAMPLE, 'v1');
    await fill(layout.repository(''), makeImage({ platforms: ['linux/amd64'], layers: [] }), 'bare');
    const again = await reopen();
    expect(again.repositories()).toEqual(['', 'a/one']);
    expect(await again.repository('a/one').listTags()).toEqual(['v1']);
    expect((await again.repository('a/one').readManifest('v1')).bytes).toEqual(SAMPLE.root.bytes);
    expect(await again.repository('a/one').referrers(SAMPLE.root.descriptor.digest)).toHaveLength(1);
    expect(await again.repository('').listTags()).toEqual(['bare']);
    expect(JSON.parse(readFileSync(join(dir, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    });
  });

  it('lists roots and referrers, not the children of an index', async () => {
    const layout = await writable();
    await fill(layout.repository('a'), SAMPLE, 'v1');
    await reopen();
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    expect(index.manifests.map((entry) => entry.digest).sort()).toEqual(
      [SAMPLE.root.descriptor.digest, SAMPLE.extras[0]?.manifest.descriptor.digest].sort(),
    );
  });

  it('gives the same bytes for the same content, whatever the order', async () => {
    const other = makeImage({ platforms: ['linux/amd64'], layers: [{ size: 10, seed: 'z' }] });
    const bytes: Buffer[] = [];
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const layout = await writable(join(dir, order.join('')));
      for (const name of order) await fill(layout.repository(name), name === 'a' ? SAMPLE : other, 'v1');
      await layout.close();
      open.pop();
      bytes.push(readFileSync(join(layout.dir, 'index.json')));
    }
    expect(bytes[0]).toEqual(bytes[1]);
  });

  it('keeps what other tools wrote into their entries', async () => {
    const layout = await writable();
    await fill(layout.repository(''), SAMPLE, 'v1');
    await reopen();
    const file = join(dir, 'index.json');
    const index = JSON.parse(readFileSync(file, 'utf8')) as { manifests: Record<string, unknown>[] };
    const tagged = index.manifests.find((entry) => 'annotations' in entry);
    if (tagged === undefined) throw new Error('no entry has a name');
    tagged['x-other'] = { kept: true };
    writeFileSync(file, JSON.stringify(index));
    await fill((await writable()).repository('b'), SAMPLE, 'v2');
    await reopen();
    expect(readFileSync(file, 'utf8')).toContain('"x-other":{"kept":true}');
  });

  it('continues a blob where an earlier try stopped', async () => {
    const bytes = Buffer.from('0123456789');
    const blob = describeBlob(bytes);
    const store = (await writable()).repository('a');
    const broken = async () =>
      Readable.from(
        (function* () {
          yield bytes.subarray(0, 4);
          throw new Error('the line broke');
        })(),
      );
    await expect(store.writeBlob(blob, broken)).rejects.toThrow('the line broke');
    expect(await store.hasBlob(blob)).toBe(false);
    const offsets: number[] = [];
    await store.writeBlob(blob, async (offset) => {
      offsets.push(offset);
      return Readable.from([bytes.subarray(offset)]);
    });
    expect(offsets).toEqual([4]);
    expect((await buffer(await store.readBlob(blob))).toString()).toBe('0123456789');
  });

  it('lets one of several writers of the same blob write', async () => {
    const store = (await writable()).repository('a');
    const bytes = Buffer.alloc(100_000, 7);
    let opened = 0;
    const write = () =>
      store.writeBlob(describeBlob(bytes), async (offset) => {
        opened++;
        return Readable.from([bytes.subarray(offset)]);
      });
    await Promise.all([write(), write(), write()]);
    expect(opened).toBe(1);
  });

  it('refuses a source that sends more than it should', async () => {
    const store = (await writable()).repository('a');
    const blob = describeBlob(Buffer.from('short'));
    await expect(
      store.writeBlob(blob, async () => Readable.from([Buffer.from('shorter than this')])),
    ).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(readdirSync(join(dir, '.ingest'))).toEqual([]);
  });

  it('may be opened for writing once', async () => {
    await writable();
    await expect(openLayout({ dir, mode: 'write' })).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('refuses to write what was opened for reading', async () => {
    await writable();
    const layout = await reopen();
    await expect(put(layout.repository('a'), Buffer.from('x'))).rejects.toMatchObject({
      code: 'FILE_WRITE_FAILED',
    });
  });
});

describe('a layout from elsewhere', () => {
  const cases: readonly {
    readonly name: string;
    readonly spoil: (blob: Descriptor) => void;
    readonly code: string;
  }[] = [
    {
      name: 'a blob with other content',
      spoil: (blob) => writeFileSync(pathOf(blob), 'other content!'),
      code: 'DIGEST_MISMATCH',
    },
    { name: 'a blob that was cut', spoil: (blob) => truncateSync(pathOf(blob), 3), code: 'SIZE_MISMATCH' },
    {
      name: 'a link in place of a blob',
      spoil: (blob) => {
        writeFileSync(join(dir, 'secret'), 'other content!');
        rmSync(pathOf(blob));
        symlinkSync(join(dir, 'secret'), pathOf(blob));
      },
      code: 'FILE_UNREADABLE',
    },
    {
      name: 'a folder in place of a blob',
      spoil: (blob) => {
        rmSync(pathOf(blob));
        mkdirSync(pathOf(blob));
      },
      code: 'FILE_UNREADABLE',
    },
    { name: 'a blob that is gone', spoil: (blob) => rmSync(pathOf(blob)), code: 'BLOB_NOT_FOUND' },
  ];

  it.each(cases)('is refused for $name', async ({ spoil, code }) => {
    const blob = await put((await writable()).repository('a'), Buffer.from('right content!'));
    const layout = await reopen();
    spoil(blob);
    await expect(layout.repository('a').readBlob(blob).then(buffer)).rejects.toMatchObject({ code });
  });

  it('is refused when its blobs folder is a link', async () => {
    await writable();
    await reopen();
    rmSync(join(dir, 'blobs'), { recursive: true });
    symlinkSync(tmpdir(), join(dir, 'blobs'));
    await expect(openLayout({ dir, mode: 'read' })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it.each([
    ['{"imageLayoutVersion":"2.0.0"}', '{"manifests":[]}'],
    ['{"imageLayoutVersion":"1.0.0"}', '{"manifests":{}}'],
    ['{"imageLayoutVersion":"1.0.0"}', '[]'],
    ['nonsense', '{"manifests":[]}'],
    [
      '{"imageLayoutVersion":"1.0.0"}',
      '{"manifests":[{"mediaType":"x","size":1,"digest":"sha256:../../etc/passwd"}]}',
    ],
    [
      '{"imageLayoutVersion":"1.0.0"}',
      '{"manifests":[{"mediaType":"x","size":-1,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}',
    ],
  ])('is refused when it says %s and %s', async (marker, index) => {
    writeFileSync(join(dir, 'oci-layout'), marker);
    writeFileSync(join(dir, 'index.json'), index);
    await expect(openLayout({ dir, mode: 'read' })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('is not made out of a folder with other files', async () => {
    writeFileSync(join(dir, 'thesis.txt'), 'precious');
    await expect(openLayout({ dir, mode: 'write' })).rejects.toMatchObject({ code: 'OUTPUT_FOREIGN_FILES' });
    await expect(openLayout({ dir, mode: 'read' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
