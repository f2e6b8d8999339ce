import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClusterKind, skipWithout } from './harness/needs.ts';
import { cgroupsOf, makeState, removeState } from './harness/state.ts';
import { BUILD_TIME } from './harness/tools.ts';

/** Nothing runs on after the tests' process is gone, even where it had no chance to clean up. */
describe.each<ClusterKind>(['control-plane', 'node'])('what a killed %s leaves', (kind) => {
  it.skipIf(skipWithout(kind))(
    'is no process, and its files go when the next one starts',
    async () => {
      const { child, folder } = await start(kind);
      expect(running(folder).length).toBeGreaterThan(3);
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
      await expect.poll(() => running(folder), { timeout: 20_000 }).toEqual([]);
      expect(existsSync(folder)).toBe(true);
      removeState(makeState());
      expect(existsSync(folder)).toBe(false);
      expect(cgroupsOf(folder)).toEqual([]);
    },
    BUILD_TIME,
  );

  it.skipIf(skipWithout(kind))(
    'is nothing at all after Ctrl-C',
    async () => {
      const { child, folder } = await start(kind);
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(running(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
      expect(cgroupsOf(folder)).toEqual([]);
    },
    BUILD_TIME,
  );
});

async function start(kind: ClusterKind) {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'up.ts'), kind];
  const child = spawn(process.execPath, args, {
    cwd: resolve(import.meta.dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes('# ready')) break;
  }
  const folder = /FOLDER=(\S+)/.exec(said)?.[1];
  if (folder === undefined) throw new Error(`${kind} did not start: ${said}`);
  return { child, folder };
}

/** Command lines of processes that name the folder. */
function running(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(folder));
}
