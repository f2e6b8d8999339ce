import { describe, expect, it } from 'vitest';
import { SallyportError, systemClock } from '../base/index.ts';
import { createStanding, type Standing } from './standing.ts';

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
    standing.answered(200);
    expect(standing.isLast(refused, 5)).toBe(false);
    time.now += 14_000;
    expect(standing.isLast(refused, 1)).toBe(false);
    time.now += 2000;
    expect(standing.isLast(refused, 1)).toBe(true);
    standing.answered(200);
    expect(standing.isLast(refused, 1)).toBe(false);
  });

  it('is waited for anew when nobody has asked for long', () => {
    const { standing, time } = standingAt();
    standing.answered(200);
    standing.isLast(refused, 1);
    time.now += 300_000;
    standing.admit();
    expect(standing.isLast(refused, 1)).toBe(false);
  });

  it('changes nothing for other failures', () => {
    const { standing } = standingAt();
    for (const change of [() => {}, () => standing.answered(200)]) {
      change();
      expect([standing.isLast(cut, 5), standing.isLast(cut, 6)]).toEqual([false, true]);
      expect(standing.isLast(failure('ECONNREFUSED', false), 1)).toBe(true);
    }
  });
});

describe('a server that answers every request with a failure', () => {
  const down = (facts = {}) =>
    new SallyportError('REGISTRY_REFUSED', 'was answered with 503', {
      subject: 'r.example',
      facts: { status: 503, transient: true, ...facts },
    });

  it('is given up for all after half a minute, whoever asks', () => {
    const { standing, time } = standingAt();
    expect(standing.isLast(down(), 1)).toBe(false);
    time.now += 29_000;
    standing.answered(503);
    expect(standing.isLast(down(), 1)).toBe(false);
    standing.admit();
    time.now += 1000;
    expect(standing.isLast(down(), 1)).toBe(true);
    const failure = standing.final(down());
    expect(failure).toMatchObject({
      code: 'REGISTRY_REFUSED',
      subject: 'r.example',
      facts: { status: 503, transient: false },
    });
    expect(failure.message).toMatch(/^nothing but failures came from it for 30 s.*was answered with 503$/);
    expect(standing.final(cut)).toBe(failure);
    expect(() => standing.admit()).toThrow(failure);
  });

  it('is looked at once in a while, and counts again when it answers', () => {
    const { standing, time } = standingAt();
    standing.isLast(down(), 1);
    time.now += 30_000;
    standing.isLast(down(), 1);
    time.now += 10_000;
    standing.admit();
    expect(() => standing.admit()).toThrow('nothing but failures');
    standing.answered(404);
    standing.admit();
    expect(standing.isLast(down(), 1)).toBe(false);
    expect(standing.final(cut)).toBe(cut);
  });

  it('is waited for anew when nobody has asked in the meantime, as between two rounds of a long run', () => {
    const { standing, time } = standingAt();
    standing.admit();
    standing.isLast(down(), 6);
    time.now += 300_000;
    standing.admit();
    expect(standing.isLast(down(), 1)).toBe(false);
    time.now += 30_000;
    expect(standing.isLast(down(), 1)).toBe(true);
    time.now += 300_000;
    standing.admit();
    standing.admit();
    expect(standing.isLast(down(), 1)).toBe(false);
  });

  it('is given up although each request waits long for its failure', () => {
    const { standing, time } = standingAt();
    const seen = [1, 2].map((tries) => {
      standing.admit();
      time.now += 60_000;
      return standing.isLast(down(), tries);
    });
    expect(seen).toEqual([false, true]);
  });

  it.each([
    ['answers something else in between', (standing: Standing) => standing.answered(200)],
    ['counts our requests in between', (standing: Standing) => standing.answered(429)],
  ])('is tried as ever when it %s', (_, happens) => {
    const { standing, time } = standingAt();
    standing.isLast(down(), 1);
    time.now += 29_000;
    happens(standing);
    time.now += 29_000;
    expect([5, 6].map((tries) => standing.isLast(down(), tries))).toEqual([false, true]);
  });

  it.each([
    [20_000, [0, 20, 40], 2],
    [60_000, [0, 59, 118, 119, 120], 4],
    [60_000, [0, 60], 1],
    [600_000, [0, 120], 1],
    [1000, [0, 29, 30], 2],
  ])('is waited for as long as it asks (%s ms), and not for ever', (retryAfterMs, seconds, lastAt) => {
    const { standing, time } = standingAt();
    const start = time.now;
    const isLast = seconds.map((second) => {
      time.now = start + second * 1000;
      return standing.isLast(down({ retryAfterMs }), 1);
    });
    expect(isLast.indexOf(true)).toBe(lastAt);
  });

  it('is no matter of rate limits', () => {
    const { standing, time } = standingAt();
    const limited = new SallyportError('RATE_LIMITED', '429', { facts: { status: 429, transient: true } });
    standing.isLast(limited, 1);
    time.now += 60_000;
    expect([5, 6].map((tries) => standing.isLast(limited, tries))).toEqual([false, true]);
    standing.admit();
  });
});
