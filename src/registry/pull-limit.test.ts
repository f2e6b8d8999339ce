import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { failureOf, question, startSessionBench } from '../../test/support/registry-session.ts';
import type { SallyportEvent } from '../base/index.ts';
import { createPullGate, describeLimit, readPullLimit } from './pull-limit.ts';

const HOURS = 3_600_000;
const headers = (remaining: number) => ({
  'ratelimit-limit': '100;w=21600',
  'ratelimit-remaining': `${remaining};w=21600`,
});

describe('what a registry says of pulls', () => {
  it.each([
    ['as Docker Hub does', headers(76), { limit: 100, remaining: 76, windowMs: 6 * HOURS }],
    [
      'without a window',
      { 'ratelimit-limit': '5', 'ratelimit-remaining': '0' },
      { limit: 5, remaining: 0, windowMs: 0 },
    ],
    ['in half', { 'ratelimit-limit': '5' }, undefined],
    ['in words', { 'ratelimit-limit': 'many', 'ratelimit-remaining': '1;w=x' }, undefined],
    [
      'with a number beyond all',
      { 'ratelimit-limit': '9'.repeat(20), 'ratelimit-remaining': '1' },
      undefined,
    ],
    ['not at all', {}, undefined],
  ])('is read %s', (_name, told, limit) => {
    expect(readPullLimit(told)).toEqual(limit);
  });

  it('is told in the words of its documentation', () => {
    expect(describeLimit({ limit: 100, remaining: 1, windowMs: 6 * HOURS })).toBe('100 pulls in 6 hours');
    expect(describeLimit({ limit: 5, remaining: 1, windowMs: 0 })).toBe('5 pulls');
    expect(describeLimit({ limit: 5, remaining: 1, windowMs: 60_000 })).toBe('5 pulls in 1 minutes');
  });
});

describe('the gate before pulls', () => {
  const start = (wait: boolean) => {
    const clock = fakeClock();
    const events: SallyportEvent[] = [];
    const gate = createPullGate({
      registry: 'docker.io',
      clock,
      emit: (event) => void events.push(event),
      wait,
    });
    return {
      clock,
      events,
      gate,
      spend: (look: () => Promise<void> = async () => {}) => gate.spend(look, undefined),
    };
  };

  it('is open where nothing is said, and counts', async () => {
    const { gate, spend } = start(false);
    await spend();
    await spend();
    expect([gate.pulls(), gate.known()]).toEqual([2, undefined]);
  });

  it('closes before the registry refuses, also for pulls whose answers are still to come', async () => {
    const { gate, spend, clock } = start(false);
    gate.hear(headers(2), false);
    await spend();
    await spend();
    gate.hear(headers(1), true);
    const error = await failureOf(spend());
    expect(error).toMatchObject({ code: 'RATE_LIMITED', subject: 'docker.io' });
    expect(error.message).toBe('allows 100 pulls in 6 hours, and all are used');
    clock.advance(6 * HOURS);
    await spend();
    expect(gate.pulls()).toBe(3);
  });

  it('waits when it is told to, looking now and then, for all at once', async () => {
    const { gate, spend, clock, events } = start(true);
    gate.hear(headers(0), false);
    let looks = 0;
    const look = async () => {
      looks++;
      if (looks === 3) gate.hear(headers(50), false);
    };
    await Promise.all([spend(look), spend(look)]);
    expect(looks).toBe(3);
    expect(clock.sleeps).toEqual([300_000, 300_000, 300_000]);
    expect(events).toHaveLength(3);
    expect(gate.known()?.remaining).toBe(48);
  });

  it('hears every answer of the registry', async () => {
    let left = 1;
    const bench = await startSessionBench([
      {
        method: 'GET',
        path: '/v2/a/b/manifests/1',
        reply: () => ({ status: 200, headers: { ...headers(--left), 'content-length': '0' } }),
      },
    ]);
    try {
      const pull = async () => (await bench.session.send(question({ isPull: true }))).body.resume();
      await pull();
      expect(bench.session.pullGate.known()).toMatchObject({ remaining: 0 });
      expect((await failureOf(pull())).code).toBe('RATE_LIMITED');
    } finally {
      await bench.close();
    }
  });
});
