import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { goneFrom, readInventory, unionOf, writeInventory } from './inventory.ts';
import { listPrevious, readPrevious, writePrevious } from './previous.ts';
import { deleteState, readState, type StatePlace, writeState } from './store.ts';

/** A cluster that keeps what is applied; `dies` counts down the writes until it is away. */
function cluster() {
  const objects = new Map<string, KubeObject>();
  const state = { dies: Number.POSITIVE_INFINITY };
  const key = ({ kind, name }: Pick<ObjectName, 'kind' | 'name'>): string => `${kind}/${name}`;
  const client = {
    apply: (object: KubeObject) => {
      if (state.dies-- <= 0) return Promise.reject(new Error('away'));
      objects.set(key({ kind: object.kind, name: object.metadata.name }), object);
      return Promise.resolve(object);
    },
    get: (name: ObjectName) => Promise.resolve(objects.get(key(name))),
    delete: (name: ObjectName) => Promise.resolve(objects.delete(key(name))),
    list: ({ kind, labelSelector = '' }: { kind: string; labelSelector?: string }) =>
      Promise.resolve(
        [...objects.values()].filter(
          (object) =>
            object.kind === kind &&
            labelSelector
              .split(',')
              .every((pair) => object.metadata.labels?.[pair.split('=')[0] ?? ''] === pair.split('=')[1]),
        ),
      ),
  } as unknown as ClusterClient;
  const place: StatePlace = { client, namespace: 'state', release: 'r' };
  return { objects, state, place };
}

const big = () => ({ text: randomBytes(1_500_000).toString('base64') });
const stamp = (text: string) => ({ stamp: text });
const name = (text: string): ObjectName => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'n',
  name: text,
});

describe('what is kept in the cluster', () => {
  it('comes back as it was, over as many objects as it needs, none above what a server takes', async () => {
    const { place, objects } = cluster();
    const value = big();
    await writeState(place, 'previous', '1', value, stamp('a'));
    expect([...objects.keys()]).toEqual(
      expect.arrayContaining([
        'Namespace/state',
        'Secret/sallyport-r-r1',
        'Secret/sallyport-r-r1-1',
        'Secret/sallyport-r-r1-2',
      ]),
    );
    for (const object of objects.values()) expect(JSON.stringify(object).length).toBeLessThan(1_000_000);
    expect(await readState(place, 'previous', '1', {})).toEqual(value);
  });

  it('is not there when it was not written whole', async () => {
    const { place, state } = cluster();
    await writeState(place, 'previous', '1', big(), stamp('a'));
    state.dies = 1;
    await expect(writeState(place, 'previous', '1', big(), stamp('b'))).rejects.toThrow('away');
    expect(await readState(place, 'previous', '1', {})).toBeUndefined();
  });

  it('leaves no part behind when it shrinks or goes', async () => {
    const { place, objects } = cluster();
    await writeState(place, 'previous', '1', big(), stamp('a'));
    await writeState(place, 'previous', '1', { small: true }, stamp('b'));
    expect([...objects.keys()]).toEqual(['Namespace/state', 'Secret/sallyport-r-r1']);
    expect(await readState(place, 'previous', '1', {})).toEqual({ small: true });
    await deleteState(place, 'previous', '1', {});
    expect([...objects.keys()]).toEqual(['Namespace/state']);
  });

  it('keeps the last three states before an apply, without who set which field', async () => {
    const { place } = cluster();
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'n', managedFields: [{ manager: 'x' }] },
      status: { phase: 'x' },
    };
    for (let revision = 1; revision <= 5; revision++)
      await writePrevious(
        place,
        {
          revision,
          at: String(revision),
          objects: [{ name: name('a'), object }, { name: name('b') }],
          inventory: [name('a')],
        },
        {},
      );
    expect(await listPrevious(place, {})).toEqual([5, 4, 3]);
    const state = await readPrevious(place, 4, {});
    expect(state?.objects).toEqual([
      {
        name: name('a'),
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } },
      },
      { name: name('b') },
    ]);
    expect(await readPrevious(place, 1, {})).toBeUndefined();
  });

  it('names what was applied, as a ConfigMap', async () => {
    const { place, objects } = cluster();
    expect(await readInventory(place, {})).toEqual({ objects: [], revision: 0 });
    await writeInventory(place, { objects: [name('a')], revision: 7 }, stamp('a'));
    expect(objects.has('ConfigMap/sallyport-r')).toBe(true);
    expect(await readInventory(place, {})).toEqual({ objects: [name('a')], revision: 7 });
  });

  it('says what cannot be read', async () => {
    const { place, objects } = cluster();
    await writeInventory(place, { objects: [name('a')], revision: 7 }, stamp('a'));
    const head = objects.get('ConfigMap/sallyport-r');
    objects.set('ConfigMap/sallyport-r', {
      ...head,
      binaryData: { 'state.json.gz': 'AAAA' },
    } as unknown as KubeObject);
    await expect(readInventory(place, {})).rejects.toMatchObject({
      code: 'STATE_INVALID',
      subject: 'ConfigMap state/sallyport-r',
    });
  });
});

describe('inventories', () => {
  const v2 = { ...name('a'), apiVersion: 'v2' };
  it.each([
    ['nothing before', [], [name('a')], ['a'], []],
    ['one gone', [name('a'), name('b')], [name('a')], ['a', 'b'], ['b']],
    ['another kind of the same name', [{ ...name('a'), kind: 'Secret' }], [name('a')], ['a', 'a'], ['a']],
    [
      'another group is another object',
      [{ ...name('a'), apiVersion: 'x.y/v1' }],
      [name('a')],
      ['a', 'a'],
      ['a'],
    ],
    ['another version is the same object', [name('a')], [v2], ['a'], []],
  ])('%s', (_, before, after, all, gone) => {
    expect(unionOf(before, after).map((one) => one.name)).toEqual(all);
    expect(goneFrom(before, after).map((one) => one.name)).toEqual(gone);
  });
});
