import type { ChildProcess } from 'node:child_process';
import { expect } from 'vitest';
import { stop } from './docker-registry.ts';

/** Waits until `ask` no longer fails, then works; the daemon is stopped whatever comes of it, also where it has ended by itself. */
export async function whileUp(
  daemon: ChildProcess,
  ask: () => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  const answer = () =>
    ask().then(
      () => 'up',
      () => 'not yet',
    );
  try {
    await expect.poll(answer, { timeout: 30_000, interval: 200 }).toBe('up');
    await work();
  } finally {
    await stop(daemon);
  }
}
