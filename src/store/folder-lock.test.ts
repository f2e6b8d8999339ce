import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './index.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-lock-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A lock as another process would have left it. */
function leaveLock(holder: object): void {
  mkdirSync(join(dir, '.lock'));
  writeFileSync(join(dir, '.lock-holder.json'), JSON.stringify(holder));
}

function deadHolder(): object {
  const pid = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
  return { pid, host: hostname(), started: 1 };
}

describe('the lock of a folder', () => {
  it('keeps a second taker out, and lets one in after it was given up', async () => {
    const first = await lockFolder(dir);
    expect(first.afterCrash).toBe(false);
    await expect(lockFolder(dir)).rejects.toMatchObject({ code: 'LOCKED', subject: dir });
    await first.release();
    const second = await lockFolder(dir);
    expect(second.afterCrash).toBe(false);
    await second.release();
  });

  it('is taken over at once from a process that no longer lives', async () => {
    leaveLock(deadHolder());
    const lock = await lockFolder(dir);
    expect(lock.afterCrash).toBe(true);
    await expect(lockFolder(dir)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
  });

  it('is taken over from an earlier life of the same process number, as in a restarted container', async () => {
    leaveLock({ pid: process.pid, host: hostname(), started: 1 });
    await (await lockFolder(dir)).release();
  });

  it('is respected when its holder lives', async () => {
    const child = spawn('sleep', ['30']);
    try {
      leaveLock({ pid: child.pid, host: hostname(), started: 1 });
      await expect(lockFolder(dir)).rejects.toThrow(`process ${child.pid}`);
    } finally {
      child.kill();
    }
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken over from a process whose parent has not noticed its end, as in a container without init',
    async () => {
      // `sleep` takes the shell's place and never waits for the shell's child.
      const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
        const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
        await expect.poll(state).toContain(') Z ');
        leaveLock({ pid, host: hostname(), started: 1 });
        await (await lockFolder(dir)).release();
        expect(state()).toContain(') Z ');
      } finally {
        parent.kill();
      }
    },
  );

  it('is respected when it is held by another machine', async () => {
    leaveLock({ pid: 1, host: 'elsewhere.example', started: 1 });
    await expect(lockFolder(dir)).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('is waited for while nobody knows whose it is: its process was killed before it could say', async () => {
    leaveLock({});
    const nearlyStale = new Date(Date.now() - 9500);
    utimesSync(join(dir, '.lock'), nearlyStale, nearlyStale);
    await (await lockFolder(dir)).release();
  });

  it.each([
    ['a dead process', (turn: string) => writeFileSync(turn, JSON.stringify(deadHolder()))],
    [
      'nobody knows whom',
      (turn: string) => {
        mkdirSync(turn);
        utimesSync(turn, new Date(0), new Date(0));
      },
    ],
  ])('is taken over although the last takeover was left half done, by %s', async (_name, leave) => {
    leaveLock(deadHolder());
    leave(join(dir, '.lock-takeover'));
    await (await lockFolder(dir)).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is not taken over while another process does so', async () => {
    leaveLock(deadHolder());
    const child = spawn('sleep', ['30']);
    try {
      writeFileSync(
        join(dir, '.lock-takeover'),
        JSON.stringify({ pid: child.pid, host: hostname(), started: 1 }),
      );
      await expect(lockFolder(dir)).rejects.toMatchObject({ code: 'LOCKED' });
    } finally {
      child.kill();
    }
  });

  it('goes to one of several that come for a dead one', async () => {
    leaveLock(deadHolder());
    const results = await Promise.allSettled([lockFolder(dir), lockFolder(dir), lockFolder(dir)]);
    const taken = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(taken).toHaveLength(1);
    for (const lock of taken) await lock.release();
  });
});
