import { afterEach, describe, expect, it } from 'vitest';
import { type Copying, startCopying } from '../../test/support/copying.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { imageOf, noise, pushAll } from '../../test/support/images.ts';
import { fc } from '../../test/support/properties.ts';
import { type Digest, digestOf } from '../oci/index.ts';
import { planCopies } from './plan.ts';
import { runPlan } from './run.ts';
import { runShard, shardOf, waitForShards } from './shard.ts';

let copying: Copying | undefined;
afterEach(async () => {
  await copying?.close();
  copying = undefined;
});

async function start() {
  copying = await startCopying();
  const copy = copying;
  const shared = noise('shared', 60_000);
  for (const name of ['a', 'b', 'c'])
    await pushAll(
      copy.source.repository(name),
      [imageOf({ seed: name, layers: [shared, 50_000, 900, 80] })],
      { tag: 'v1' },
    );
  const plan = () => planCopies(['a', 'b', 'c'].map((name) => copy.request(name)));
  return { copy, plan };
}

describe('the shard of a blob', () => {
  it('is one of the count, the same each time', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (bytes, count) => {
        const digest = digestOf(Buffer.from(bytes));
        const shard = shardOf(digest, count);
        return shard >= 0 && shard < count && Number.isInteger(shard) && shard === shardOf(digest, count);
      }),
    );
  });

  it('spreads blobs evenly', () => {
    const counts = new Array<number>(16).fill(0);
    for (let number = 0; number < 16_000; number++) {
      const shard = shardOf(digestOf(Buffer.from(`${number}`)) as Digest, 16);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(160);
  });
});

describe('copying in shards', () => {
  it('moves each blob once, in whichever order and however often a worker is started, and shows nothing before the end', async () => {
    const { copy, plan } = await start();
    for (const index of [2, 0, 2, 1]) {
      const result = await runShard(await plan(), { index, count: 3 });
      expect(result.failures).toEqual([]);
      expect(await copy.target.repository('to/a').resolve('v1')).toBeUndefined();
    }
    expect(copy.target.requests.some((line) => line.startsWith('PUT') && line.includes('/manifests/'))).toBe(
      false,
    );
    const reads = copy.source.requests.filter((line) => line.startsWith('GET') && line.includes('/blobs/'));
    const read = reads.map((line) => line.split('/blobs/')[1]);
    expect(new Set(read).size).toBe(read.length);
    const result = await runPlan(await waitForShards(await plan()));
    expect(result).toMatchObject({ blobsCopied: 0, bytesSent: 0 });
    expect(result.images.map(({ state }) => state)).toEqual(['copied', 'copied', 'copied']);
    expect(await copy.target.repository('to/c').resolve('v1')).toBeDefined();
  });

  it('waits for what others bring', async () => {
    const { plan } = await start();
    const before = await plan();
    await runShard(before, { index: 0, count: 2 });
    const clock = fakeClock();
    const sleep: typeof clock.sleep = async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (clock.sleeps.length === 3) await runShard(before, { index: 1, count: 2 });
    };
    const after = await waitForShards(before, { clock: { ...clock, sleep } });
    expect(clock.sleeps).toEqual([10_000, 10_000, 10_000]);
    expect(after.blobs.every(({ action }) => action === 'present')).toBe(true);
  });

  it('goes on alone when the others are gone', async () => {
    const { copy, plan } = await start();
    const before = await plan();
    await runShard(before, { index: 0, count: 2 });
    const clock = fakeClock();
    const notes: string[] = [];
    const after = await waitForShards(before, {
      clock,
      patienceMs: 30_000,
      emit: (event) => void (event.type === 'note' && notes.push(event.message)),
    });
    expect(notes).toEqual([
      expect.stringMatching(/^waiting for \d+ blobs .* come for 1 min$/),
      expect.stringContaining('did not come'),
    ]);
    const result = await runPlan(after);
    expect(result.blobsCopied).toBeGreaterThan(0);
    expect(await copy.target.repository('to/b').resolve('v1')).toBeDefined();
  });

  it('stops on request', async () => {
    const { plan } = await start();
    const before = await plan();
    const signal = AbortSignal.abort();
    await expect(runShard(before, { index: 0, count: 1 }, { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const stop = new AbortController();
    const waiting = waitForShards(before, {
      signal: stop.signal,
      clock: { ...fakeClock(), sleep: async () => stop.abort() },
    });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
