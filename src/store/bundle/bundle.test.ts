import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { REFERENCE, sampleBundle, writeBundle } from '../../../test/support/bundles.ts';
import { openerOf } from '../../../test/support/images.ts';
import { giveBack, SallyportError } from '../../base/index.ts';
import { BundleTarget, layOutBundle, openBundle, startBundle, verifyBundle } from '../index.ts';
import { padding, tarHeader } from './tar-header.ts';

const sample = sampleBundle();
const { info, index } = sample.content;
const root = index[0]?.descriptor;

function temporary(name: string, bytes: Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), name);
  writeFileSync(path, bytes);
  return path;
}

async function refusal(bytes: Buffer): Promise<string> {
  const report = await verifyBundle({ path: temporary('x.bundle', bytes) });
  return report.problems.map(({ message }) => message).join('; ');
}

describe('a bundle', () => {
  it('is the same bytes whenever it is made', async () => {
    const [first, second] = [await writeBundle(sample), await writeBundle(sampleBundle())];
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  });

  it('gives everything back', async () => {
    const bundle = await openBundle({ path: await writeBundle(sample) });
    try {
      const store = bundle.repository('registry.example/team/app');
      expect(bundle.info).toEqual(info);
      expect(await store.resolve('1')).toEqual(root);
      expect(await store.listTags()).toEqual(['1']);
      for (const { manifest, blobs } of sample.images) {
        expect((await store.readManifest(manifest.descriptor.digest)).bytes).toEqual(manifest.bytes);
        for (const { blob, bytes } of blobs) {
          expect(await store.hasBlob(blob)).toBe(true);
          expect((await buffer(await store.readBlob(blob))).equals(bytes)).toBe(true);
          const offset = Math.floor(bytes.length / 2);
          expect((await buffer(await store.readBlob(blob, { offset }))).equals(bytes.subarray(offset))).toBe(
            true,
          );
        }
      }
      if (root === undefined) throw new Error('the sample has no root');
      expect(await store.referrers(root.digest)).toMatchObject([{ artifactType: 'application/x.sig' }]);
      await expect(store.writeManifest()).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
      const missing = { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 } as const;
      await expect(store.readBlob(missing)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(store.readManifest('2')).rejects.toMatchObject({ code: 'MANIFEST_NOT_FOUND' });
    } finally {
      await bundle.close();
    }
  });

  it('names an image for nodes as it is looked for there, beside its name in its source', async () => {
    const [image] = sample.content.index;
    if (image === undefined) throw new Error('the sample has no image');
    const nodeName = `registry.corp.example/team/app@${image.descriptor.digest}`;
    const index = [...sample.content.index, { ...image, nodeName }];
    const path = await writeBundle({ ...sample, content: { ...sample.content, index } });
    const bundle = await openBundle({ path });
    try {
      expect(await bundle.repository('registry.example/team/app').listTags()).toEqual(['1']);
      const { manifests } = JSON.parse((await bundle.readFile('index.json')).toString('utf8'));
      const annotations: unknown[] = manifests.map((entry: { annotations?: object }) => entry.annotations);
      expect(annotations).toContainEqual({
        'io.containerd.image.name': image.name,
        'org.opencontainers.image.ref.name': image.name,
      });
      expect(annotations).toContainEqual({
        'io.containerd.image.name': nodeName,
        'sallyport.dev/name': image.name,
      });
    } finally {
      await bundle.close();
    }
  });

  it('keeps the tag of a signature, under no name that other tools take for an image', async () => {
    const [image, signature] = sample.content.index;
    if (image === undefined || signature === undefined) throw new Error('the sample has no signature');
    const index = [image, { ...signature, name: 'registry.example/team/app:a.sig', isBeside: true }];
    const path = await writeBundle({ ...sample, content: { ...sample.content, index } });
    const bundle = await openBundle({ path });
    try {
      expect(await bundle.repository('registry.example/team/app').listTags()).toEqual(['1', 'a.sig']);
      const { manifests } = JSON.parse((await bundle.readFile('index.json')).toString('utf8')) as {
        manifests: { annotations: object }[];
      };
      expect(manifests.map(({ annotations }) => Object.keys(annotations))).toEqual([
        ['io.containerd.image.name', 'org.opencontainers.image.ref.name'],
        ['sallyport.dev/name'],
      ]);
    } finally {
      await bundle.close();
    }
  });

  it('is read right by several at once that give back every chunk, and spoil it', async () => {
    const bundle = await openBundle({ path: await writeBundle(sample) });
    try {
      const store = bundle.repository('registry.example/team/app');
      const [big] = sample.images
        .flatMap(({ blobs }) => blobs)
        .toSorted((a, b) => b.bytes.length - a.bytes.length);
      if (big === undefined) throw new Error('the sample has no blobs');
      const read = async (): Promise<Buffer> => {
        const kept: Buffer[] = [];
        const content = await store.readBlob(big.blob);
        for await (const chunk of content as AsyncIterable<Buffer>) {
          kept.push(Buffer.from(chunk));
          await new Promise((resolve) => setImmediate(resolve));
          chunk.fill(0);
          giveBack(content, chunk);
        }
        return Buffer.concat(kept);
      };
      for (const bytes of await Promise.all([read(), read(), read()]))
        expect(bytes.equals(big.bytes)).toBe(true);
    } finally {
      await bundle.close();
    }
  });

  it('is unpacked by tar, and its sums are what sha256sum reads', async () => {
    const path = await writeBundle(sample);
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-untar-'));
    expect(execFileSync('tar', ['xf', path, '-C', folder], { encoding: 'utf8' })).toBe('');
    execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: folder });
    expect(existsSync(join(folder, sample.content.files[0]?.name ?? ''))).toBe(true);
  });
});

describe('verify', () => {
  it('finds one flipped bit wherever it is', { timeout: 60_000 }, async () => {
    const bytes = readFileSync(await writeBundle(sampleBundle('small', 5000)));
    const bundle = await openBundle({ path: temporary('x.bundle', bytes) });
    // Every kind of byte: headers field by field, contents at both ends, padding, the end.
    const places = new Set<number>([bytes.length - 1, bytes.length - 1024]);
    for (const { header, data, size } of bundle.entries.values()) {
      for (const offset of [0, 50, 99, 100, 124, 135, 136, 148, 156, 157, 257, 265, 329, 400, 511])
        places.add(header + offset);
      if (size > 0) for (const offset of [0, size - 1]) places.add(data + offset);
      if (padding(size) > 0) for (const offset of [0, padding(size) - 1]) places.add(data + size + offset);
    }
    await bundle.close();
    for (let step = 0; step < 60; step++) places.add(Math.floor((bytes.length * step) / 60));
    const path = temporary('y.bundle', bytes);
    const missed: number[] = [];
    for (const place of places) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8));
      writeFileSync(path, flipped);
      if ((await verifyBundle({ path })).problems.length === 0) missed.push(place);
    }
    expect(missed).toEqual([]);
    writeFileSync(path, bytes);
    expect((await verifyBundle({ path })).problems).toEqual([]);
  });
});

describe('hostile and damaged bundles', () => {
  const file = (name: string, bytes: Buffer, header = tarHeader(name, bytes.length)): Buffer =>
    Buffer.concat([header, bytes, Buffer.alloc(padding(bytes.length))]);
  const end = Buffer.alloc(1024);
  const retyped = (type: string): Buffer => {
    const header = tarHeader('blobs/sha256/link', 0);
    header.write(type, 156, 'latin1');
    header.write('        ', 148, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return header;
  };
  const text = Buffer.from('x');

  it.each([
    ['a path that leads out', file('sallyport/../../etc/passwd', text), 'leads out of its folder'],
    ['an absolute path', file('/etc/passwd', text), 'it is absolute'],
    ['a drive letter', file('C:/x', text), 'drive letter'],
    ['a backslash', file('sallyport\\x', text), 'backslash'],
    ['control characters', file('sallyport/\u001b[31m', text), 'control characters'],
    ['a foreign name', file('install.sh', text), 'nothing of that name belongs into a bundle'],
    ['a symbolic link', retyped('2'), 'a symbolic link'],
    ['a hard link', retyped('1'), 'a hard link'],
    ['a device', retyped('3'), 'a character device'],
    ['a sparse file', retyped('S'), 'a sparse file'],
    [
      'a name twice',
      Buffer.concat([file('index.json', text), file('index.json', text)]),
      'stands in it twice',
    ],
    [
      'a file that says to be larger than the bundle',
      file('index.json', text, tarHeader('index.json', 8 ** 11 - 1)),
      'is cut off',
    ],
    ['a size beyond all numbers', file('index.json', text, tarHeader('index.json', 1e15)), 'is cut off'],
    ['no tar at all', Buffer.alloc(2048, 'a'), 'no tar header'],
    ['an empty tar', Buffer.alloc(0), 'it has only 1024 bytes'],
  ])('refuses %s', async (_, bytes, reason) => {
    expect(await refusal(Buffer.concat([bytes, end]))).toContain(reason);
  });

  it('refuses bytes behind the end and a file that ends early', async () => {
    const bytes = readFileSync(await writeBundle(sample));
    expect(await refusal(Buffer.concat([bytes, Buffer.alloc(512)]))).toContain('512 bytes behind its end');
    for (const length of [bytes.length - 1, bytes.length - 1024, bytes.length - 100_000, 700])
      expect(await refusal(bytes.subarray(0, length))).toContain('cut off');
  });

  it.each([
    [
      'a blob that no image names',
      (content: typeof sample.content) => ({
        ...content,
        blobs: [...content.blobs, { mediaType: 'x', digest: `sha256:${'1'.repeat(64)}` as const, size: 5 }],
      }),
      'belongs to no image',
    ],
    [
      'a blob that is missing',
      (content: typeof sample.content) => ({ ...content, blobs: content.blobs.slice(1) }),
      'lacks sha256:',
    ],
    [
      'a size that is not the blob’s',
      (content: typeof sample.content) => ({
        ...content,
        blobs: content.blobs.map((blob) => (blob.size === 3000 ? { ...blob, size: 2999 } : blob)),
      }),
      'is 2999 bytes long, and a descriptor says 3000',
    ],
    [
      'an index entry with another size',
      (content: typeof sample.content) => ({
        ...content,
        index: content.index.map((entry) => ({ ...entry, descriptor: { ...entry.descriptor, size: 7 } })),
      }),
      'a descriptor says 7',
    ],
    [
      'an image without its manifest',
      (content: typeof sample.content) => ({
        ...content,
        info: {
          ...content.info,
          images: [{ reference: REFERENCE, digest: `sha256:${'2'.repeat(64)}` as const }],
        },
      }),
      'has no manifest of',
    ],
  ])('refuses %s', async (_, change, reason) => {
    const { entries, total } = layOutBundle(change(sample.content));
    const bytes = Buffer.alloc(total);
    for (const entry of entries) {
      tarHeader(entry.name, entry.size).copy(bytes, entry.header);
      entry.bytes?.copy(bytes, entry.data);
    }
    expect(await refusal(bytes)).toContain(reason);
  });
});

describe('a bundle that was interrupted', () => {
  it('goes on at the byte, keeps what is right and makes damaged content anew', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), 'x.bundle');
    const layout = layOutBundle(sample.content);
    const big = sample.content.blobs.find(({ size }) => size === 2_500_000);
    const small = sample.content.blobs.find(({ size }) => size === 70_000);
    if (big === undefined || small === undefined) throw new Error('the sample has other blobs');
    const bytesOf = (digest: string) => sample.blobs.get(digest) ?? Buffer.alloc(0);
    const first = await startBundle({ path, layout });
    await first.writeBlob(small, openerOf(bytesOf(small.digest)), {});
    const broken = async () =>
      Readable.from(
        (function* () {
          yield bytesOf(big.digest).subarray(0, 2_200_000);
          throw new SallyportError('CONNECTION_FAILED', 'gone');
        })(),
      );
    await expect(first.writeBlob(big, broken, {})).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await first.close();
    expect(existsSync(path)).toBe(false);

    const target = new BundleTarget(path);
    const second = await startBundle({ path, layout });
    target.attach(second);
    expect(second.has(small.digest)).toBe(true);
    expect([small, big].map((blob) => second.missing(blob))).toEqual([0, 2_500_000 - 2 * 1024 * 1024]);
    const offsets: number[] = [];
    for (const blob of sample.content.blobs)
      await target.writeBlob(blob, (offset) => {
        if (blob === big) offsets.push(offset);
        return openerOf(bytesOf(blob.digest))(offset);
      });
    expect(offsets).toEqual([2 * 1024 * 1024]);
    await second.finish();
    expect(readFileSync(path).equals(readFileSync(await writeBundle(sample)))).toBe(true);
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('refuses wrong content, and takes the right one after it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), 'x.bundle');
    const writer = await startBundle({ path, layout: layOutBundle(sample.content) });
    const [blob] = sample.content.blobs.filter(({ size }) => size === 70_000);
    if (blob === undefined) throw new Error('the sample has other blobs');
    await expect(writer.writeBlob(blob, openerOf(Buffer.alloc(70_000)), {})).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    await expect(writer.writeBlob(blob, openerOf(Buffer.alloc(80_000)), {})).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'INTERNAL' });
    await writer.writeBlob(blob, openerOf(sample.blobs.get(blob.digest) ?? Buffer.alloc(0)), {});
    expect(writer.has(blob.digest)).toBe(true);
    await writer.close();
  });

  it('is one process’s alone', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sallyport-bundle-')), 'x.bundle');
    const layout = layOutBundle(sample.content);
    const writer = await startBundle({ path, layout });
    await expect(startBundle({ path, layout })).rejects.toMatchObject({ code: 'LOCKED' });
    await writer.close();
  });
});

describe('a bundle in parts', () => {
  it('is the same bytes, names the part that is damaged or missing, and makes only it again', async () => {
    const whole = readFileSync(await writeBundle(sample));
    const path = await writeBundle(sample, { partSize: 1_000_000 });
    const part = (number: number) => `${path}.00${number}`;
    expect(Buffer.concat([1, 2, 3].map((number) => readFileSync(part(number)))).equals(whole)).toBe(true);
    for (const name of [path, `${path}.parts.json`, part(2)])
      expect((await verifyBundle({ path: name })).problems).toEqual([]);

    const right = readFileSync(part(2));
    const wrong = Buffer.from(right);
    wrong[500_000] = (wrong[500_000] ?? 0) ^ 1;
    writeFileSync(part(2), wrong);
    expect((await verifyBundle({ path })).problems).toMatchObject([{ subject: part(2) }]);

    const layout = layOutBundle(sample.content);
    const writer = await startBundle({ path, layout, partSize: 1_000_000 });
    const again = sample.content.blobs.filter(({ digest }) => !writer.has(digest));
    expect(again.map(({ size }) => size)).toEqual([2_500_000]);
    for (const blob of again)
      await writer.writeBlob(blob, openerOf(sample.blobs.get(blob.digest) ?? Buffer.alloc(0)), {});
    await writer.finish();
    expect(readFileSync(part(2)).equals(right)).toBe(true);
    expect((await verifyBundle({ path })).problems).toEqual([]);
  });

  it('finds a flipped bit in the index of parts', async () => {
    const path = await writeBundle(sample, { partSize: 1_000_000 });
    const bytes = readFileSync(`${path}.parts.json`);
    const missed: number[] = [];
    for (let place = 0; place < bytes.length; place += 3) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 7));
      writeFileSync(`${path}.parts.json`, flipped);
      if ((await verifyBundle({ path })).problems.length === 0) missed.push(place);
    }
    expect(missed).toEqual([]);
  });
});
