import { describe, expect, it } from 'vitest';
import { type SallyportEvent, systemClock } from '../../base/index.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { type Explain, waitUntilReady } from './wait.ts';

const name = (kind: string, text: string): ObjectName => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'v1',
  kind,
  namespace: 'n',
  name: text,
});
const job = (type?: string): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'n' },
  status: { conditions: type === undefined ? [] : [{ type, status: 'True', reason: 'Because' }] },
});

/** Looks see these states in turn, the last for ever; time passes only while waiting. */
function run(states: (KubeObject | undefined)[], more: { explain?: Explain; names?: ObjectName[] } = {}) {
  let now = 0;
  let looks = 0;
  const events: Extract<SallyportEvent, { type: 'waiting' }>[] = [];
  const client = {
    get: () => Promise.resolve(states[Math.min(looks++, states.length - 1)]),
    kinds: { find: () => Promise.resolve({}), refresh: () => {} },
  } as unknown as ClusterClient;
  const done = waitUntilReady({
    client,
    step: 'wait for x',
    names: more.names ?? [name('Job', 'j')],
    timeoutMs: 20_000,
    clock: {
      ...systemClock,
      now: () => now,
      sleep: (ms) => {
        now += ms;
        return Promise.resolve();
      },
    },
    emit: (event) => {
      if (event.type === 'waiting') events.push(event);
    },
    explain: more.explain,
  });
  return { done, events, elapsed: () => now };
}

describe('waiting', () => {
  it('tells what it waits for, each time something changed', async () => {
    const { done, events } = run([undefined, undefined, job(), job('Complete')]);
    await done;
    expect(events.map(({ ready, objects }) => `${ready} ${objects[0]?.message ?? ''}`)).toEqual([
      '0 does not exist yet',
      '0 no pod has started',
      '1 ',
    ]);
  });

  it('asks nothing of what is ready as soon as it is stored', async () => {
    const { done, events } = run([undefined], { names: [name('ConfigMap', 'c'), name('Secret', 's')] });
    await done;
    expect(events).toEqual([]);
  });

  it('gives up at the time limit, with what each object waits for', async () => {
    const { done, elapsed } = run([job()]);
    await expect(done).rejects.toMatchObject({
      code: 'NOT_READY',
      message: 'wait for x: 1 object was not ready within 20 s',
      parts: [
        {
          code: 'NOT_READY',
          subject: 'Job n/j',
          message: 'no pod has started',
          hint: 'kubectl describe -n n job.batch/j',
        },
      ],
    });
    expect(elapsed()).toBeGreaterThanOrEqual(20_000);
  });

  it('gives up at once when something failed for good', async () => {
    const { done, elapsed } = run([job(), job('Failed')]);
    await expect(done).rejects.toMatchObject({
      message: 'wait for x: 1 object cannot become ready',
      parts: [{ message: 'Because' }],
    });
    expect(elapsed()).toBeLessThan(1000);
  });

  it('asks why from time to time, and says it', async () => {
    const asked: number[] = [];
    const explain: Explain = (waiting) => {
      asked.push(waiting.length);
      return Promise.resolve([{ object: name('Job', 'j'), text: 'the image is not there' }]);
    };
    const { done, events } = run([job()], { explain });
    await expect(done).rejects.toMatchObject({ parts: [{ message: 'the image is not there' }] });
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(8);
    expect(events.at(-1)?.objects[0]?.explanation).toBe('the image is not there');
  });
});
