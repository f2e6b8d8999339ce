import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { whenAborted } from './when-aborted.ts';

describe('whenAborted', () => {
  it('runs what waits, once and in its order, and not what was taken back', () => {
    const stop = new AbortController();
    const ran: string[] = [];
    whenAborted(stop.signal, () => void ran.push('first'));
    const takeBack = whenAborted(stop.signal, () => void ran.push('never'));
    whenAborted(stop.signal, () => void ran.push('last'));
    takeBack();
    stop.abort();
    stop.abort();
    expect(ran).toEqual(['first', 'last']);
  });

  it('needs one listener however many wait', () => {
    const { signal } = new AbortController();
    for (let turn = 0; turn < 100; turn++) whenAborted(signal, () => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('does nothing without a signal, and for one that has ended', () => {
    let ran = false;
    whenAborted(undefined, () => (ran = true))();
    whenAborted(AbortSignal.abort(), () => (ran = true))();
    expect(ran).toBe(false);
  });
});
