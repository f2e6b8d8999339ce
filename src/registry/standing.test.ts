import { describe, expect, it } from 'vitest';
import { SallyportError, systemClock } from '../base/index.ts';
import { createStanding } from './standing.ts';

const failure = (reason: string, transient = true) =>
  new SallyportError('CONNECTION_FAILED', 'failed', { facts: { reason, transient } });
const refused = failure('ECONNREFUSED');
const cut = failure('ECONNRESET');

function standingAt() {
  const time = { now: 1000 };
  return { time, standing: createStanding({ ...systemClock, now: () => time.now }) };
}

describe('a server that takes no connection', () => {
  it('is given up soon when it never answered: the address may be wrong', () => {
    const { standing } = standingAt();
    expect([1, 2, 3].map((tries) => standing.isLast(refused, tries))).toEqual([false, false, true]);
  });

  it('is waited for when it has answered, all requests together, and then not at all', () => {
    const { standing, time } = standingAt();
    standing.answered();
    expect(standing.isLast(refused, 5)).toBe(false);
    time.now += 14_000;
    expect(standing.isLast(refused, 1)).toBe(false);
    time.now += 2000;
    expect(standing.isLast(refused, 1)).toBe(true);
    standing.answered();
    expect(standing.isLast(refused, 1)).toBe(false);
  });

  it('changes nothing for other failures', () => {
    const { standing } = standingAt();
    for (const change of [() => {}, standing.answered]) {
      change();
      expect([standing.isLast(cut, 5), standing.isLast(cut, 6)]).toEqual([false, true]);
      expect(standing.isLast(failure('ECONNREFUSED', false), 1)).toBe(true);
    }
  });
});
