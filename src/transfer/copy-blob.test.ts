import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { blobOf, noise } from '../../test/support/images.ts';
import { type ContentStore, type Layout, openLayout, type ReadBlobOptions } from '../store/index.ts';
import { copyBlob } from './copy-blob.ts';

const bytes = noise('right', 200_000);
const blob = blobOf(bytes);

/** A source that gives these contents in turn, hashed by nobody, and notes how it was asked. */
function source(name: string, ...contents: readonly Buffer[]) {
  const asked: ReadBlobOptions[] = [];
  const left = [...contents];
  const store = {
    name,
    readBlob: async (_: unknown, options: ReadBlobOptions) => {
      asked.push(options);
      return Readable.from([(left.shift() ?? bytes).subarray(options.offset ?? 0)]);
    },
  } as unknown as ContentStore;
  return { store, asked };
}

const layouts: Layout[] = [];
afterEach(async () => {
  for (const layout of layouts.splice(0)) await layout.close();
});

/** A store that hashes what is written into it, and one that does not say so. */
async function targets(): Promise<{ checking: ContentStore; other: ContentStore }> {
  const layout = await openLayout({
    dir: mkdtempSync(join(tmpdir(), 'sallyport-copy-')),
    mode: 'write',
    durable: false,
  });
  layouts.push(layout);
  const checking = layout.repository('a');
  const written: Buffer[] = [];
  const other = {
    name: 'other',
    writeBlob: async (_: unknown, open: (offset: number) => Promise<Readable>) => {
      for await (const chunk of await open(0)) written.push(chunk as Buffer);
    },
  } as unknown as ContentStore;
  return { checking, other };
}

const rest = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onResume: () => undefined,
};

describe('copying a blob', () => {
  it('tells what an earlier run had left, and not what this one sends again', async () => {
    const offsets = [150_000, 20_000];
    const resuming = {
      name: 'resuming',
      writeBlob: async (_: unknown, open: (offset: number) => Promise<Readable>) => {
        for (const offset of offsets) for await (const _ of await open(offset));
      },
    } as unknown as ContentStore;
    const told: number[] = [];
    await copyBlob({
      ...rest,
      blob,
      from: [source('one').store],
      to: [resuming],
      onWritten: (_, kept) => void told.push(kept),
    });
    expect(told).toEqual([150_000]);
  });

  it.each([
    ['one that hashes', ['checking'], true],
    ['one that does not', ['other'], false],
    ['both', ['checking', 'other'], false],
  ] as const)('lets the source hash unless every target does: %s', async (_, names, unchecked) => {
    const known = await targets();
    const { store, asked } = source('one');
    const to = names.map((name) => known[name]);
    expect(await copyBlob({ blob, from: [store], to, ...rest })).toEqual(to.map(() => ({})));
    expect(asked).toMatchObject([{ unchecked }]);
  });

  it('blames the source for what a target finds wrong, asks once more, then others', async () => {
    const wrong = noise('wrong', bytes.length);
    const { checking } = await targets();
    const bad = source('bad.example/team/app', wrong, wrong);
    const [outcome] = await copyBlob({ blob, from: [bad.store], to: [checking], ...rest });
    expect(outcome).toMatchObject({
      error: { code: 'DIGEST_MISMATCH', subject: 'bad.example/team/app' },
      fromSource: true,
    });
    expect(bad.asked).toHaveLength(2);
    expect(await checking.hasBlob(blob)).toBe(false);

    const worse = source('worse.example/team/app', wrong, wrong);
    const good = source('good.example/team/app');
    const [second] = await copyBlob({
      blob,
      from: [worse.store, good.store],
      to: [checking],
      ...rest,
    });
    expect(second).toEqual({});
    expect(good.asked).toHaveLength(1);
    expect(await checking.hasBlob(blob)).toBe(true);
  });
});
