import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { giveBack, Reusing } from '../base/index.ts';
import { createFeed } from './feed.ts';

const content = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251));

function source() {
  const readings: number[] = [];
  const destroyed: Readable[] = [];
  return {
    readings,
    destroyed,
    open: async (offset: number): Promise<Readable> => {
      readings.push(offset);
      const stream = Readable.from(
        (function* () {
          for (let at = offset; at < content.length; at += 10_000)
            yield content.subarray(at, Math.min(at + 10_000, content.length));
        })(),
        { objectMode: false },
      );
      stream.once('close', () => destroyed.push(stream));
      return stream;
    },
  };
}

function sumOf(counted: readonly [number, number][], writer: number): number {
  return counted.reduce((sum, [of, count]) => (of === writer ? sum + count : sum), 0);
}

const LONG = 60_000;

describe('createFeed', () => {
  it('reads once for all writers and gives each all of it', async () => {
    const { readings, open } = source();
    const counted: [number, number][] = [];
    const feed = createFeed({
      writers: 3,
      open,
      graceMs: LONG,
      onProgress: (writer, count) => counted.push([writer, count]),
    });
    const all = await Promise.all([0, 1, 2].map(async (writer) => buffer(await feed.opener(writer)(0))));
    for (const bytes of all) expect(bytes.equals(content)).toBe(true);
    expect(readings).toEqual([0]);
    for (const writer of [0, 1, 2]) expect(sumOf(counted, writer)).toBe(content.length);
    expect(feed.sourceErrors).toEqual([]);
  });

  it.each([
    { writers: 1, back: true },
    { writers: 2, back: false },
  ])('gives chunks back to the source for $writers: $back', async ({ writers, back }) => {
    const returned: Buffer[] = [];
    const chunk = Buffer.from('abc');
    const open = async (): Promise<Readable> => {
      const stream = new Reusing({ read: () => {}, takeBack: (given) => returned.push(given) });
      stream.push(chunk);
      stream.push(null);
      return stream;
    };
    const feed = createFeed({ writers, open, graceMs: LONG, onProgress: () => {} });
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const stream = await feed.opener(writer)(0);
        for await (const taken of stream as AsyncIterable<Buffer>) giveBack(stream, taken);
      }),
    );
    expect(returned).toEqual(back ? [chunk] : []);
  });

  it('reads at the pace of the slowest', async () => {
    const { open } = source();
    const counted: [number, number][] = [];
    const feed = createFeed({
      writers: 2,
      open,
      graceMs: LONG,
      onProgress: (writer, count) => counted.push([writer, count]),
    });
    const [fast, slow] = await Promise.all([feed.opener(0)(0), feed.opener(1)(0)]);
    if (fast === undefined || slow === undefined) throw new Error('no streams');
    const reading = buffer(fast);
    for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
    expect(sumOf(counted, 0)).toBeLessThan(content.length); // the slow one has not read a byte
    expect((await buffer(slow)).equals(content)).toBe(true);
    expect((await reading).equals(content)).toBe(true);
  });

  it('goes on for the others when a writer gives up', async () => {
    const { readings, open } = source();
    const feed = createFeed({ writers: 2, open, graceMs: LONG, onProgress: () => {} });
    const [one, two] = await Promise.all([feed.opener(0)(0), feed.opener(1)(0)]);
    one?.once('data', () => one.destroy());
    one?.on('error', () => {});
    expect((await buffer(two ?? Readable.from([]))).equals(content)).toBe(true);
    expect(readings).toEqual([0]);
  });

  it('does not wait for a writer that failed before it came', async () => {
    const { open } = source();
    const feed = createFeed({ writers: 2, open, graceMs: LONG, onProgress: () => {} });
    const coming = feed.opener(0)(0).then(buffer);
    feed.leave(1);
    expect((await coming).equals(content)).toBe(true);
  });

  it('reads again for a writer that begins again or comes late, and counts nothing twice', async () => {
    const { readings, open } = source();
    const counted: [number, number][] = [];
    const feed = createFeed({
      writers: 2,
      open,
      graceMs: 1,
      onProgress: (writer, count) => counted.push([writer, count]),
    });
    const opener = feed.opener(0);
    expect((await buffer(await opener(0))).equals(content)).toBe(true);
    expect((await buffer(await opener(390_000))).equals(content.subarray(390_000))).toBe(true);
    expect(sumOf(counted, 0)).toBe(content.length);
    expect((await buffer(await feed.opener(1)(0))).equals(content)).toBe(true);
    expect(readings).toEqual([0, 390_000, 0]);
  });

  it('stops reading when all writers have left', async () => {
    const { open, destroyed } = source();
    const feed = createFeed({ writers: 1, open, onProgress: () => {} });
    const stream = await feed.opener(0)(0);
    await new Promise((next) => stream.once('data', next));
    stream.destroy();
    await expect.poll(() => destroyed.length).toBe(1);
  });

  it.each([
    ['cannot be opened', async () => Promise.reject(new Error('gone'))],
    [
      'fails on the way',
      async () =>
        Readable.from(
          (function* () {
            yield content.subarray(0, 5);
            throw new Error('gone');
          })(),
        ),
    ],
  ])('tells all writers when the source %s', async (_, open) => {
    const feed = createFeed({ writers: 2, open, graceMs: LONG, onProgress: () => {} });
    const outcomes = await Promise.allSettled(
      [0, 1].map(async (writer) => buffer(await feed.opener(writer)(0))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(feed.sourceErrors).toHaveLength(1);
  });
});
