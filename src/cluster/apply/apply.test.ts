import { describe, expect, it } from 'vitest';
import { ignoreEvents, SallyportError, systemClock } from '../../base/index.ts';
import type { ClusterClient, KubeObject } from '../types.ts';
import { applyInOrder } from './apply.ts';

const objects = Array.from(
  { length: 100 },
  (_, index): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `c${index}`, namespace: 'n' },
  }),
);

describe('a step', () => {
  it.each(['CONNECTION_FAILED', 'CLUSTER_UNAUTHORIZED'] as const)(
    'ends when nothing can be asked any more (%s), and says that once',
    async (code) => {
      let asked = 0;
      const client = {
        apply: async (object: KubeObject) => {
          if (++asked > 20) throw new SallyportError(code, 'is away', { subject: 'server' });
          return object;
        },
      } as unknown as ClusterClient;
      const failed: string[] = [];
      const run = applyInOrder(
        {
          client,
          knowledge: { stages: [] } as never,
          clock: systemClock,
          emit: (event) =>
            event.type === 'object' && event.action === 'failed'
              ? failed.push(event.name)
              : ignoreEvents(event),
          forceConflicts: false,
          wait: false,
          timeoutMs: 1000,
        },
        objects,
        new Map(),
        () => undefined,
      );
      await expect(run).rejects.toMatchObject({
        code,
        subject: 'server',
        message: 'is away; 20 of 100 objects of this step were applied',
      });
      expect(failed).toEqual([]);
      // Those under way, and no more.
      expect(asked).toBeLessThan(40);
    },
  );
});
