import { describe, expect, it } from 'vitest';
import { type ClusterFacts, NO_CLUSTER_FACTS } from '../../facts/index.ts';
import type { KubeObject } from '../types.ts';
import { breakingChanges } from './breaking.ts';

const make = (apiVersion: string, kind: string, more: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'n' },
  ...more,
});
const crd = (versions: string[], storedVersions: string[] = []) =>
  make('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    spec: { scope: 'Namespaced', versions: versions.map((name) => ({ name })) },
    status: { storedVersions },
  });
const deployment = (image: string, value?: string, selector: object = { matchLabels: { a: 'b' } }) =>
  make('apps/v1', 'Deployment', {
    spec: {
      selector,
      template: {
        spec: { containers: [{ name: 'c', image, env: value === undefined ? [] : [{ name: 'V', value }] }] },
      },
    },
  });
const knowledge: ClusterFacts = {
  ...NO_CLUSTER_FACTS,
  versions: [
    { component: 'Thing', object: { name: 'x' }, container: 'c', reason: 'nobody tried', source: '' },
    {
      component: 'Other',
      object: { name: 'x' },
      container: 'c',
      variable: 'V',
      reason: 'nobody tried',
      source: '',
    },
  ],
};

describe('changes that break', () => {
  it.each<[string, KubeObject, KubeObject, string | undefined]>([
    [
      'a selector',
      deployment('a:1'),
      deployment('a:1', undefined, { matchLabels: { a: 'c' } }),
      '`spec.selector` cannot be changed',
    ],
    [
      'a selector with one label more',
      deployment('a:1'),
      deployment('a:1', undefined, { matchLabels: { a: 'b', c: 'd' } }),
      '`spec.selector`',
    ],
    ['the same selector', deployment('a:1'), deployment('a:2'), undefined],
    [
      'a role reference',
      make('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'a' } }),
      make('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'b' } }),
      'roleRef',
    ],
    [
      "a Job's template with defaults filled in",
      make('batch/v1', 'Job', {
        spec: { template: { spec: { containers: [{ name: 'a', imagePullPolicy: 'Always' }] } } },
      }),
      make('batch/v1', 'Job', { spec: { template: { spec: { containers: [{ name: 'a' }] } } } }),
      undefined,
    ],
    [
      "a Job's image",
      make('batch/v1', 'Job', { spec: { template: { spec: { containers: [{ name: 'a', image: '1' }] } } } }),
      make('batch/v1', 'Job', { spec: { template: { spec: { containers: [{ name: 'a', image: '2' }] } } } }),
      'a Job runs once',
    ],
    [
      'an immutable ConfigMap',
      make('v1', 'ConfigMap', { immutable: true, data: { a: '1' } }),
      make('v1', 'ConfigMap', { data: { a: '2' } }),
      'marked immutable',
    ],
    ['a stored CRD version', crd(['v1', 'v2'], ['v1', 'v2']), crd(['v2']), 'stored in the version v1'],
    ['a CRD version that is not stored', crd(['v1', 'v2'], ['v2']), crd(['v2']), undefined],
    [
      'a version back by its tag',
      deployment('r/a:v0.43.0@sha256:00'),
      deployment('r/a:v0.42.1'),
      'Thing v0.43.0 would go back to v0.42.1',
    ],
    [
      'a version back by a variable',
      deployment('a:next', '7.121.0'),
      deployment('a:next', '7.117.0'),
      'Other 7.121.0 would go back',
    ],
    ['a version on', deployment('a:v0.9.0', '7.99.0'), deployment('a:v0.10.0', '7.117.0'), undefined],
    ['a moving tag', deployment('a:next'), deployment('a:v0.1.0'), undefined],
    ['a digest only', deployment('host:5000/a@sha256:00'), deployment('host:5000/a@sha256:11'), undefined],
  ])('%s', (_, live, wanted, message) => {
    const found = breakingChanges(live, wanted, knowledge);
    if (message === undefined) expect(found).toEqual([]);
    else {
      expect(found.map((error) => error.message).join()).toContain(message);
      expect(found[0]).toMatchObject({
        code: 'CHANGE_BREAKS',
        hint: expect.stringMatching(/delete|Migrate|rollback/),
      });
    }
  });
});
