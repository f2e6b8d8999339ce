import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { timeLimit } from './time-limit.ts';

describe('a time limit', () => {
  it('ends by itself, with the reason that time ran out', async () => {
    const { signal } = timeLimit(5);
    await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('ends with the other signal, at once when that has ended', () => {
    const other = new AbortController();
    const limit = timeLimit(60_000, other.signal);
    other.abort(new Error('stopped'));
    expect(limit.signal.reason).toMatchObject({ message: 'stopped' });
    limit.done();
    const late = timeLimit(60_000, other.signal);
    expect(late.signal.aborted).toBe(true);
    late.done();
  });

  it('does not end once it is done', async () => {
    const other = new AbortController();
    const limit = timeLimit(5, other.signal);
    limit.done();
    other.abort();
    await sleep(20);
    expect(limit.signal.aborted).toBe(false);
  });
});
