import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { SallyportError, systemClock } from '../../base/index.ts';
import { digestHex, digestOf } from '../../oci/index.ts';
import { lockFolder } from '../../store/index.ts';
import { createRegistryServer } from '../index.ts';
import { openDesk, putQuestion } from './desk.ts';
import { collectGarbageIn } from './garbage.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-desk-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const BLOB = Buffer.from('nobody names me');
const FILE = () => join(dir, 'blobs', 'sha256', digestHex(digestOf(BLOB)));

async function pushed(url: string): Promise<void> {
  const answer = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digestOf(BLOB)}`, {
    method: 'POST',
    body: BLOB,
  });
  expect(answer.status).toBe(201);
}

describe('garbage collection of a folder', () => {
  it('is done by the registry that runs on it, which keeps what is young', async () => {
    const registry = await createRegistryServer({ dir, durable: false });
    try {
      await pushed(registry.url);
      expect(await collectGarbageIn(dir)).toMatchObject({ by: 'running', blobs: 0, young: { blobs: 1 } });
      expect(await collectGarbageIn(dir, { minAgeMs: -60_000, dryRun: true })).toMatchObject({ blobs: 1 });
      expect(existsSync(FILE())).toBe(true);
      expect(await collectGarbageIn(dir, { minAgeMs: -60_000 })).toMatchObject({ blobs: 1 });
      expect(existsSync(FILE())).toBe(false);
      expect(readdirSync(join(dir, 'registry', 'desk'))).toEqual([]);
    } finally {
      await registry.close({ graceMs: 0 });
    }
  });

  it('is done at once where nothing runs, and nothing is too young', async () => {
    const registry = await createRegistryServer({ dir, durable: false });
    await pushed(registry.url);
    await registry.close({ graceMs: 0 });
    expect(await collectGarbageIn(dir, { dryRun: true })).toMatchObject({ by: 'idle', blobs: 1, links: 1 });
    expect(await collectGarbageIn(dir)).toMatchObject({
      by: 'idle',
      blobs: 1,
      links: 1,
      bytes: BLOB.length,
      young: { blobs: 0 },
    });
    expect(existsSync(FILE())).toBe(false);
  });

  it('tells when the folder is none, or is held by something that does not answer', async () => {
    await expect(collectGarbageIn(dir)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', subject: dir });
    await (await createRegistryServer({ dir, durable: false })).close({ graceMs: 0 });
    const lock = await lockFolder(dir);
    try {
      await expect(collectGarbageIn(dir, { clock: fakeClock() })).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining('does not answer'),
      });
      expect(readdirSync(join(dir, 'registry', 'desk'))).toEqual([]);
    } finally {
      await lock.release();
    }
  });

  it('takes over when the holder ends without an answer', async () => {
    await (await createRegistryServer({ dir, durable: false })).close({ graceMs: 0 });
    const lock = await lockFolder(dir);
    const clock = fakeClock();
    const sleep = async (ms: number): Promise<void> => {
      await clock.sleep(ms);
      if (clock.sleeps.length === 3) await lock.release();
    };
    expect(await collectGarbageIn(dir, { clock: { ...clock, sleep } })).toMatchObject({ by: 'idle' });
  });
});

describe('the desk', () => {
  it('gives failures back as they were, and knows when it changed hands', async () => {
    const open = () =>
      openDesk({
        root: dir,
        clock: systemClock,
        answer: async () => {
          throw new SallyportError('NO_SPACE', 'is full', { subject: 'disk' });
        },
        onFailure: (failure) => {
          throw failure;
        },
      });
    const desk = open();
    const question = await putQuestion(dir, 'fail');
    await expect(outcome(question)).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: 'is full',
      subject: 'disk',
    });
    await desk.stop();
    const orphan = await putQuestion(dir, 'late');
    expect(await orphan.look()).toBe('waiting');
    const next = open();
    await expect.poll(() => orphan.look(), { interval: 20 }).toBe('lost');
    await next.stop();
  });
});

async function outcome(question: { look(): Promise<unknown> }): Promise<unknown> {
  for (;;) {
    const state = await question.look();
    if (typeof state === 'object') return state;
    await systemClock.sleep(20);
  }
}
