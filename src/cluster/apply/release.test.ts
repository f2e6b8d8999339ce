import { beforeEach, describe, expect, it } from 'vitest';
import { ignoreEvents, SallyportError, systemClock } from '../../base/index.ts';
import { NO_CLUSTER_FACTS } from '../../facts/index.ts';
import { identityOf, nameOf } from '../names.ts';
import { readInventory } from '../state/inventory.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { applyRelease, type ReleaseRequest, type ReleaseResult } from './release.ts';

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
});

/** A cluster that keeps what is applied, but for what is called `bad`. */
function cluster() {
  const objects = new Map<string, KubeObject>();
  const forbidden = new Set<string>();
  /** API versions that the server has no list of, with how it answers when it is asked for one. */
  const unserved = new Map<string, number>();
  const kinds: { readonly apiVersion: string; readonly kind: string }[] = [];
  const client = {
    namespace: 'n',
    kinds: {
      find: async (apiVersion: string) => (unserved.has(apiVersion) ? undefined : { namespaced: true }),
      all: async () => kinds,
      refresh: () => undefined,
    },
    raw: async (path: string) => ({ status: unserved.get(path.replace(/^\/apis\//, '')) ?? 200 }),
    get: async (name: ObjectName) => {
      if (unserved.has(name.apiVersion)) return undefined;
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
  return { client, objects, forbidden, unserved, kinds };
}

let there: ReturnType<typeof cluster>;
beforeEach(() => {
  there = cluster();
});

const placeOf = () => ({ client: there.client, namespace: 'state', release: 'r' });

const apply = (...names: readonly string[]): Promise<ReleaseResult> => applyObjects(names.map(configMap));

function applyObjects(
  objects: readonly KubeObject[],
  confirmPrune?: ReleaseRequest['confirmPrune'],
): Promise<ReleaseResult> {
  return applyRelease({
    client: there.client,
    knowledge: NO_CLUSTER_FACTS,
    clock: systemClock,
    emit: ignoreEvents,
    forceConflicts: false,
    wait: false,
    timeoutMs: 1000,
    objects,
    place: placeOf(),
    force: false,
    rollbackOnFailure: false,
    record: false,
    ...(confirmPrune === undefined ? {} : { confirmPrune }),
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

  const thing = { ...configMap('t'), apiVersion: 'x.example/v1', kind: 'Thing' };

  it('is what an API has that is away for a while', async () => {
    await applyObjects([configMap('a'), thing]);
    there.unserved.set('x.example/v1', 503);
    expect(left(await apply('a'))).toEqual(['t']);
    expect(left(await applyObjects([configMap('a')], () => Promise.resolve(true)))).toEqual(['t']);
    expect(await listed()).toEqual(['t', 'a']);
  });

  it('is what the server has in a later version only, and that can be removed', async () => {
    await applyObjects([configMap('a'), thing]);
    there.unserved.set('x.example/v1', 404);
    there.kinds.push({ apiVersion: 'x.example/v2', kind: 'Thing' });
    there.objects.set(identityOf(nameOf(thing)), { ...thing, apiVersion: 'x.example/v2' });
    expect(left(await apply('a'))).toEqual(['t']);
    expect((await readInventory(placeOf(), {})).objects[0]).toMatchObject({ apiVersion: 'x.example/v2' });
    const { pruned } = await applyObjects([configMap('a')], () => Promise.resolve(true));
    expect(pruned.map(({ name }) => name)).toEqual(['t']);
    expect(await listed()).toEqual(['a']);
  });

  it('is not what went with its kind', async () => {
    await applyObjects([configMap('a'), thing]);
    there.unserved.set('x.example/v1', 404);
    there.kinds.push({ apiVersion: 'y.example/v1', kind: 'Thing' });
    expect(left(await apply('a'))).toEqual([]);
    expect(await listed()).toEqual(['a']);
  });
});
