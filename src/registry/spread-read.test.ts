import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import { createLanes } from './lanes.ts';
import { PIECE, SPREAD_FROM, type SpreadStart, spreadBody } from './spread-read.ts';

const SIZE = SPREAD_FROM + 40 * 1024 * 1024 + 12_345;
const CHUNK = 1024 * 1024;

/** The bytes of a blob from `from` to `to`, each megabyte with its number. */
function* bytes(from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to; ) {
    const end = Math.min(to, (Math.floor(at / CHUNK) + 1) * CHUNK);
    yield Buffer.alloc(end - at, Math.floor(at / CHUNK) % 251);
    at = end;
  }
}

function digest(from: number): string {
  const hash = createHash('sha256');
  for (const chunk of bytes(from, SIZE)) hash.update(chunk);
  return hash.digest('hex');
}

/** A server of which one connection gives `alone` bytes a millisecond, and several together `together`. */
function server(alone: number, together: number, options: { readonly failAt?: number } = {}) {
  let time = 0;
  let entered = 0;
  let left = 0;
  const ranges: [number, number][] = [];
  const bodies: Readable[] = [];
  const decided: boolean[] = [];
  const body = (from: number, to: number, rate: number): Readable => {
    const made = Readable.from(
      (async function* () {
        let sent = 0;
        for (const chunk of bytes(from, to)) {
          time += chunk.length / rate;
          yield chunk;
          sent += chunk.length;
          if (options.failAt !== undefined && from + sent > options.failAt && from > 0)
            throw new Error('cut');
        }
      })(),
      { objectMode: false },
    );
    bodies.push(made);
    return made;
  };
  return {
    ranges,
    bodies,
    decided,
    places: () => ({ entered, left }),
    first: (at: number): SpreadStart => ({ at, body: body(at, SIZE, alone) }),
    piece: (at: number): SpreadStart => ({
      at,
      body: body(at, at + PIECE, together),
      piece: { until: at + PIECE, leave: () => void left++ },
    }),
    options: {
      size: SIZE,
      now: () => time,
      decided: (pays: boolean) => void decided.push(pays),
      enter: () => {
        entered++;
        return () => void left++;
      },
      openRange: async (from: number, to: number) => {
        ranges.push([from, to]);
        return body(from, to, to - from > PIECE ? alone : together);
      },
    },
  };
}

async function read(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

describe('a very large blob', () => {
  it('is read over several connections where they bring more, and comes in order', async () => {
    const { first, options, ranges, decided, bodies, places } = server(10_000, 30_000);
    expect(await read(spreadBody(first(0), options))).toBe(digest(0));
    expect(decided).toEqual([true]);
    expect(ranges.length).toBeGreaterThan(30);
    for (const [index, [from, to]] of ranges.entries()) {
      expect(from).toBe(index === 0 ? from : ranges[index - 1]?.[1]);
      expect(to - from).toBeLessThanOrEqual(PIECE);
    }
    expect(ranges.at(-1)?.[1]).toBe(SIZE);
    expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
    expect(places().entered).toBe(1);
    expect(places().left).toBeGreaterThan(0);
  });

  it('goes on with one where several bring no more', async () => {
    const { first, options, ranges, decided } = server(10_000, 11_000);
    expect(await read(spreadBody(first(0), options))).toBe(digest(0));
    expect(decided).toEqual([false]);
    expect(ranges.at(-1)?.[1]).toBe(SIZE);
    expect((ranges.at(-1)?.[1] ?? 0) - (ranges.at(-1)?.[0] ?? 0)).toBeGreaterThan(PIECE);
  });

  it('is spread at once where that is known to bring more, from any byte', async () => {
    const { piece, options, ranges, decided } = server(10_000, 30_000);
    expect(await read(spreadBody(piece(1_000_000), options))).toBe(digest(1_000_000));
    expect(ranges[0]?.[0]).toBe(1_000_000 + PIECE);
    expect(decided).toEqual([]);
  });

  it.each([
    { name: 'one connection is fast', alone: 300_000, places: true },
    { name: 'others need the places', alone: 10_000, places: false },
  ])('is not tried where $name', async ({ alone, places }) => {
    const { first, options, ranges, decided } = server(alone, 1_000_000);
    const stream = spreadBody(first(0), { ...options, ...(places ? {} : { enter: () => undefined }) });
    expect(await read(stream)).toBe(digest(0));
    expect([ranges, decided]).toEqual([[], []]);
  });

  it('fails where a piece fails, and closes everything', async () => {
    const { first, options, bodies, places } = server(10_000, 30_000, { failAt: 100 * CHUNK });
    await expect(read(spreadBody(first(0), options))).rejects.toThrow('cut');
    await new Promise((later) => setImmediate(later));
    expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
    expect(places().left).toBeGreaterThan(0);
  });

  it('closes everything when nobody wants the rest', async () => {
    const { piece, options, bodies, places } = server(10_000, 30_000);
    const stream = spreadBody(piece(0), options);
    for await (const _ of stream) break;
    await new Promise((later) => setImmediate(later));
    expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
    expect(places().left).toBeGreaterThan(0);
  });

  it('learns nothing of a run that is stopped', async () => {
    const { first, options, decided } = server(10_000, 30_000);
    const stopped = new SallyportError('ABORTED', 'stopped on request');
    const stream = spreadBody(first(0), { ...options, openRange: () => Promise.reject(stopped) });
    await expect(read(stream)).rejects.toBe(stopped);
    expect(decided).toEqual([]);
  });
});

describe('the places for it', () => {
  it('are for one blob at a time, and a second giving back does not take those of the next', () => {
    const lanes = createLanes(undefined, () => 0);
    const leave = lanes.spread();
    expect(lanes.spread()).toBeUndefined();
    leave?.();
    const next = lanes.spread();
    expect(next).toBeDefined();
    leave?.();
    expect(lanes.spread()).toBeUndefined();
    next?.();
    expect(lanes.spread()).toBeDefined();
  });

  it('are not there where few blobs may go at a time', () => {
    expect(createLanes(2, () => 0).spread()).toBeUndefined();
  });
});
