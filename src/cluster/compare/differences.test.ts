import { describe, expect, it } from 'vitest';
import { fc } from '../../../test/support/properties.ts';
import type { KubeObject } from '../types.ts';
import { differencesOf } from './differences.ts';

const make = (kind: string, more: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', ...metadata },
  ...more,
});
const containers = (...list: object[]) => ({ spec: { template: { spec: { containers: list } } } });

describe('differences by meaning', () => {
  it.each<[string, KubeObject, KubeObject, object[]]>([
    ['key order', make('A', { a: 1, b: 2 }), make('A', { b: 2, a: 1 }), []],
    [
      'what the server writes',
      make('A', { status: { a: 1 } }, { uid: '1', generation: 3, managedFields: [], resourceVersion: '9' }),
      make('A', {}, { generation: 4 }),
      [],
    ],
    [
      'an image among containers, in another order',
      make('Deployment', containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' })),
      make('Deployment', containers({ name: 'b', image: 'b:2' }, { name: 'a', image: 'a:1' })),
      [{ path: 'spec.template.spec.containers[name=b].image', before: 'b:1', after: 'b:2', about: 'image' }],
    ],
    [
      'an image in a variable, a variable, and a new container',
      make(
        'Deployment',
        containers({
          name: 'a',
          env: [
            { name: 'RELATED_IMAGE_x', value: '1' },
            { name: 'V', value: '1' },
          ],
        }),
      ),
      make(
        'Deployment',
        containers(
          {
            name: 'a',
            env: [
              { name: 'RELATED_IMAGE_x', value: '2' },
              { name: 'V', value: '2' },
            ],
          },
          { name: 'n' },
        ),
      ),
      [
        {
          path: 'spec.template.spec.containers[name=a].env[name=RELATED_IMAGE_x].value',
          before: '1',
          after: '2',
          about: 'image',
        },
        {
          path: 'spec.template.spec.containers[name=a].env[name=V].value',
          before: '1',
          after: '2',
          about: 'environment',
        },
        { path: 'spec.template.spec.containers[name=n]', after: { name: 'n' }, about: 'other' },
      ],
    ],
    [
      'a secret without its values',
      make('Secret', { data: { a: 'old', b: 'same' } }),
      make('Secret', { data: { a: 'new', b: 'same' } }),
      [{ path: 'data.a', before: '(masked)', after: '(masked)', about: 'secret' }],
    ],
    [
      'stringData that is stored already',
      make('Secret', { data: { a: 'eA==' } }),
      make('Secret', { stringData: { a: 'x' } }),
      [],
    ],
    [
      'a secret whose data is new',
      make('Secret', {}),
      make('Secret', { data: { a: 'new' } }),
      [{ path: 'data', after: { a: '(masked)' }, about: 'secret' }],
    ],
    [
      'a rule more, and one less',
      make('ClusterRole', { rules: [{ verbs: ['get'] }, { verbs: ['list'] }] }),
      make('ClusterRole', { rules: [{ verbs: ['list'] }, { verbs: ['watch'] }, { verbs: ['patch'] }] }),
      [
        { path: 'rules[]', before: { verbs: ['get'] }, about: 'rights' },
        { path: 'rules[]', after: { verbs: ['watch'] }, about: 'rights' },
        { path: 'rules[]', after: { verbs: ['patch'] }, about: 'rights' },
      ],
    ],
    [
      'keys that are no words',
      make('A', {}, { annotations: { 'a.b/c': '1' } }),
      make('A', {}, { annotations: { 'a.b/c': '2' } }),
      [{ path: 'metadata.annotations["a.b/c"]', before: '1', after: '2', about: 'metadata' }],
    ],
    [
      "kubectl's own copy",
      make('A', {}, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }),
      make('A', {}),
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(differencesOf(before, after)).toEqual(expected);
  });

  it('finds nothing between an object and itself, and something when a value changed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (spec) => {
        const object = make('A', { spec });
        expect(differencesOf(object, structuredClone(object))).toEqual([]);
        expect(
          differencesOf(object, make('A', { spec: { ...spec, changed: ['x'] } })).length,
        ).toBeGreaterThan(0);
      }),
    );
  });
});
