import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { SallyportError, type SallyportEvent } from '../../base/index.ts';
import { tryPull } from '../preflight/trial-pull.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { runSmoke } from './run.ts';

const refused = (what: string) => () =>
  Promise.reject(new SallyportError('CLUSTER_FORBIDDEN', `may not ${what}`));

/** A cluster that knows no workspaces; what is named is refused. */
function cluster(refuse: Partial<Record<'create' | 'delete' | 'list', true>>) {
  const made: string[] = [];
  const client = {
    list: refuse.list === true ? refused('list') : () => Promise.resolve([]),
    get: ({ kind, name }: ObjectName) =>
      Promise.resolve(
        kind === 'ServiceAccount' || made.includes(`${kind} ${name}`) ? { metadata: {} } : undefined,
      ),
    create: (object: KubeObject) => {
      const { kind, metadata } = object;
      if (kind === 'DevWorkspace' || (kind === 'Pod' && refuse.create === true))
        return Promise.reject(new SallyportError('KIND_UNKNOWN', 'the cluster knows no such kind'));
      made.push(`${kind} ${metadata.name}`);
      return Promise.resolve(object);
    },
    delete:
      refuse.delete === true
        ? refused('delete')
        : ({ kind, name }: ObjectName) => {
            made.splice(made.indexOf(`${kind} ${name}`), 1);
            return Promise.resolve(true);
          },
  } as unknown as ClusterClient;
  const events: SallyportEvent[] = [];
  const request = {
    client,
    namespace: 'trial',
    image: 'registry.corp.test/a@sha256:a',
    command: ['true'],
    allowed: { images: [], excluded: [] },
    timeoutMs: 1000,
    probe: () => Promise.resolve({ state: 'unknown' as const }),
    clock: fakeClock(),
    emit: (event: SallyportEvent) => void events.push(event),
  };
  return { made, events, request };
}

describe('a trial that fails', () => {
  it('says so, and leaves nothing behind where the cluster does not know workspaces', async () => {
    const { made, request } = cluster({});
    const steps = await runSmoke(request);
    expect(steps.map(({ name, state }) => [name, state])).toEqual([
      ['make a namespace', 'done'],
      ['start a workspace', 'failed'],
      ['remove the namespace', 'done'],
    ]);
    expect(steps[1]?.message).toBe('the cluster knows no such kind');
    expect(made).toEqual([]);
  });

  it('keeps what was found when its namespace cannot be removed', async () => {
    const steps = await runSmoke(cluster({ delete: true }).request);
    expect(steps.slice(1).map(({ state, message }) => `${state} ${message}`)).toEqual([
      'failed the cluster knows no such kind',
      'failed may not delete. Remove it with: kubectl delete namespace trial',
    ]);
  });

  it('throws its own failure and tells what cleaning up met', async () => {
    const smoke = cluster({ list: true, delete: true });
    await expect(runSmoke(smoke.request)).rejects.toThrow('may not list');
    const pull = cluster({ create: true, delete: true });
    await expect(tryPull(pull.request)).rejects.toThrow('the cluster knows no such kind');
    for (const { events } of [smoke, pull])
      expect(events.filter(({ type }) => type === 'note')).toMatchObject([
        { level: 'info', subject: 'Namespace trial', message: expect.stringContaining('is being removed') },
        { level: 'warning', subject: 'Namespace trial', message: expect.stringContaining('may not delete') },
      ]);
  });
});
