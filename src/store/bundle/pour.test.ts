import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { blobOf, noise } from '../../../test/support/images.ts';
import { ByteFile } from './byte-file.ts';
import { pour } from './pour.ts';

const AT = 300;
const bytes = noise('pour', 1_500_000);
const blob = blobOf(bytes);

/** Files of these sizes, with room for the blob behind `AT`. */
async function files(sizes: readonly number[]): Promise<{ file: ByteFile; content: () => Buffer }> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-pour-'));
  const pieces = sizes.map((size, index) => ({ path: join(dir, String(index)), size }));
  return {
    file: await ByteFile.openForWriting(pieces),
    content: () =>
      Buffer.concat(pieces.map(({ path }) => readFileSync(path))).subarray(AT, AT + bytes.length),
  };
}

function* cut(from: number, to: number, length: number): Generator<Buffer> {
  for (let at = from; at < to; at += length) yield bytes.subarray(at, Math.min(to, at + length));
}

const begin = () => ({ hash: createHash('sha256'), offset: 0 });
const ONE = [AT + bytes.length];
const THREE = [AT + 1000, 700_001, bytes.length - 701_001];

describe('pouring a stream into a file', () => {
  it.each([
    ['one file in chunks of a socket', ONE, 65_536],
    ['one file in a thousand small chunks', ONE, 1500],
    ['one file at once', ONE, bytes.length],
    ['three files, their borders within chunks', THREE, 65_536],
    ['three files at once', THREE, bytes.length],
  ])('fills %s', async (_, sizes, length) => {
    const { file, content } = await files(sizes);
    const { reached, failure } = await pour({
      source: Readable.from(cut(0, bytes.length, length), { objectMode: false }),
      file,
      at: AT,
      blob,
      subject: 'x',
      from: begin(),
      signal: undefined,
    });
    await file.close();
    expect(failure).toBeUndefined();
    expect(reached?.offset).toBe(bytes.length);
    expect(`sha256:${reached?.hash.digest('hex')}`).toBe(blob.digest);
    expect(content().equals(bytes)).toBe(true);
  });

  it('says how far it came when the source breaks off, and goes on from there', async () => {
    const { file, content } = await files(ONE);
    const half = async function* () {
      yield* cut(0, 655_360, 65_536);
      throw new Error('gone');
    };
    const options = { file, at: AT, blob, subject: 'x', signal: undefined };
    const first = await pour({ ...options, source: Readable.from(half()), from: begin() });
    expect(first.failure).toMatchObject({ message: 'gone' });
    const { reached } = first;
    if (reached === undefined) throw new Error('nothing is known of what was written');
    expect(reached.offset % 65_536).toBe(0);
    expect(content().subarray(0, reached.offset).equals(bytes.subarray(0, reached.offset))).toBe(true);
    const source = Readable.from(cut(reached.offset, bytes.length, 65_536));
    const second = await pour({ ...options, source, from: reached });
    await file.close();
    expect(`sha256:${second.reached?.hash.digest('hex')}`).toBe(blob.digest);
    expect(content().equals(bytes)).toBe(true);
  });

  it('writes nothing of what is too much, and stops on request', async () => {
    const { file } = await files([AT + bytes.length + 10]);
    const options = { file, at: AT, blob, subject: 'x', from: begin() };
    const much = await pour({
      ...options,
      source: Readable.from([bytes, Buffer.from('more')]),
      signal: undefined,
    });
    expect(much.failure).toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(await file.read(AT + bytes.length, 10)).toEqual(Buffer.alloc(10));
    const stopped = await pour({
      ...options,
      source: Readable.from([bytes]),
      signal: AbortSignal.abort(new Error('stop')),
    });
    expect(stopped).toMatchObject({ failure: { message: 'stop' } });
    await file.close();
  });

  it('knows nothing any more after a failed write', async () => {
    const { file } = await files(ONE);
    await file.close();
    const { reached, failure } = await pour({
      source: Readable.from([bytes]),
      file,
      at: AT,
      blob,
      subject: 'x',
      from: begin(),
      signal: undefined,
    });
    expect(reached).toBeUndefined();
    expect(failure).toMatchObject({ code: 'FILE_WRITE_FAILED' });
  });
});
