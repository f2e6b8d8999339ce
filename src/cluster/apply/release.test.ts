import { beforeEach, describe, expect, it } from 'vitest';
import { ignoreEvents, SallyportError, systemClock } from '../../base/index.ts';
import { NO_CLUSTER_FACTS } from '../../facts/index.ts';
import { identityOf, nameOf } from '../names.ts';
import { readInventory } from '../state/inventory.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { applyRelease, type ReleaseResult } from './release.ts';

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
});

/** A cluster that keeps what is applied, but for what is called `bad`. */
function cluster() {
  const objects = new Map<string, KubeObject>();
  const forbidden = new Set<string>();
  const client = {
    namespace: 'n',
    kinds: { find: async () => ({ namespaced: true }), refresh: () => undefined },
    get: async (name: ObjectName) => {
      if (forbidden.has(name.name)) throw new SallyportError('CLUSTER_FORBIDDEN', 'may not be read');
      return objects.get(identityOf(name));
    },
    apply: async (object: KubeObject) => {
      if (object.metadata.name === 'bad') throw new SallyportError('OBJECT_INVALID', 'is not accepted');
      objects.set(identityOf(nameOf(object)), object);
      return object;
    },
    delete: async (name: ObjectName) => objects.delete(identityOf(name)),
    list: async () => [],
  } as unknown as ClusterClient;
  return { client, objects, forbidden };
}

let there: ReturnType<typeof cluster>;
beforeEach(() => {
  there = cluster();
});

const placeOf = () => ({ client: there.client, namespace: 'state', release: 'r' });

function apply(...names: readonly string[]): Promise<ReleaseResult> {
  return applyRelease({
    client: there.client,
    knowledge: NO_CLUSTER_FACTS,
    clock: systemClock,
    emit: ignoreEvents,
    forceConflicts: false,
    wait: false,
    timeoutMs: 1000,
    objects: names.map(configMap),
    place: placeOf(),
    force: false,
    rollbackOnFailure: false,
    record: false,
  });
}

const left = ({ left: those }: ReleaseResult): string[] => those.map(({ name }) => name.name);
const listed = async (): Promise<string[]> =>
  (await readInventory(placeOf(), {})).objects.map(({ name }) => name);

describe('what an apply says is left', () => {
  it('is what was applied before and is no longer wanted', async () => {
    await apply('a', 'b');
    expect(left(await apply('a'))).toEqual(['b']);
    expect(await listed()).toEqual(['b', 'a']);
  });

  it('is not what a failed apply never made', async () => {
    await expect(apply('a', 'bad')).rejects.toMatchObject({ code: 'OBJECT_INVALID' });
    expect(left(await apply('a'))).toEqual([]);
    expect(await listed()).toEqual(['a']);
  });

  it('is not what a failed apply never made, when the next one fails as well', async () => {
    await expect(apply('a', 'bad')).rejects.toMatchObject({ code: 'OBJECT_INVALID' });
    there.objects.delete(identityOf(nameOf(configMap('a'))));
    await expect(apply('bad')).rejects.toMatchObject({ code: 'OBJECT_INVALID' });
    expect(await listed()).toEqual(['bad']);
  });

  it('is not what somebody has deleted since', async () => {
    await apply('a', 'b');
    there.objects.delete(identityOf(nameOf(configMap('b'))));
    expect(left(await apply('a'))).toEqual([]);
    expect(await listed()).toEqual(['a']);
  });

  it('is what may not be looked at', async () => {
    await apply('a', 'b');
    there.forbidden.add('b');
    expect(left(await apply('a'))).toEqual(['b']);
    expect(await listed()).toEqual(['b', 'a']);
  });
});
