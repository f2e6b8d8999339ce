import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { NO_CLUSTER_FACTS } from '../../facts/index.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { removeObjects, tellWhatStays } from './remove.ts';

const object = (apiVersion: string, kind: string, finalizers?: string[]): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: kind.toLowerCase(), namespace: 'n', ...(finalizers === undefined ? {} : { finalizers }) },
});

/** A cluster whose operator takes some looks to end a finalizer. */
function cluster(objects: KubeObject[], looksUntilGone: number) {
  const there = new Map(objects.map((one) => [one.kind, one]));
  const log: string[] = [];
  const notes: string[] = [];
  let now = 0;
  let looks = 0;
  const client = {
    get: ({ kind }: ObjectName) => {
      const found = there.get(kind);
      if (found?.metadata.deletionTimestamp !== undefined && ++looks >= looksUntilGone) {
        there.delete(kind);
        log.push(`gone ${kind}`);
        return Promise.resolve(undefined);
      }
      return Promise.resolve(found);
    },
    delete: ({ kind }: ObjectName) => {
      log.push(`delete ${kind}`);
      const found = there.get(kind);
      if (found?.metadata.finalizers === undefined) there.delete(kind);
      else there.set(kind, { ...found, metadata: { ...found.metadata, deletionTimestamp: 't' } });
      return Promise.resolve(true);
    },
  } as unknown as ClusterClient;
  const options = {
    clock: {
      ...systemClock,
      now: () => now,
      sleep: (ms: number) => {
        now += ms;
        return Promise.resolve();
      },
    },
    emit: (event: { type: string; message?: string }) => {
      if (event.type === 'note') notes.push(event.message ?? '');
    },
  };
  return { client, log, notes, options };
}

const names = (objects: KubeObject[]): ObjectName[] =>
  objects.map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    namespace: 'n',
  }));

describe('deleting', () => {
  const objects = [
    object('v1', 'ServiceAccount'),
    object('apps/v1', 'Deployment'),
    object('x.y/v1', 'Thing', ['x.y/cleanup']),
  ];

  it('lets an operator finish with its custom resources before it goes, and its account last', async () => {
    const { client, log, options } = cluster(objects, 5);
    await removeObjects(client, names(objects), NO_CLUSTER_FACTS, options);
    expect(log).toEqual(['delete Thing', 'gone Thing', 'delete Deployment', 'delete ServiceAccount']);
  });

  it('leaves the operator running when a custom resource stays, and says what holds it', async () => {
    const { client, log, options } = cluster(objects, Number.POSITIVE_INFINITY);
    await expect(removeObjects(client, names(objects), NO_CLUSTER_FACTS, options)).rejects.toMatchObject({
      code: 'OBJECT_CONFLICT',
      subject: 'Thing n/thing',
      message: expect.stringContaining('held by x.y/cleanup; its operator was left running'),
    });
    expect(log).toEqual(['delete Thing']);
  });

  it('tells what is still there for its finalizers', async () => {
    const [, , thing] = objects;
    const { client, notes, options } = cluster(thing === undefined ? [] : [thing], Number.POSITIVE_INFINITY);
    await removeObjects(client, names(objects), NO_CLUSTER_FACTS, options);
    await tellWhatStays(client, names(objects), options);
    expect(notes).toEqual(['is deleted but still there; it waits for x.y/cleanup']);
  });
});
