import { describe, expect, it } from 'vitest';
import { type ClusterFacts, NO_CLUSTER_FACTS } from '../../facts/index.ts';
import type { KubeObject } from '../types.ts';
import { groupOfObject, planOrder } from './order.ts';

const object = (apiVersion: string, kind: string, name = 'x', more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...more },
});

describe('groups', () => {
  it.each([
    ['v1', 'Namespace', 'namespaces'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'crds'],
    ['v1', 'ServiceAccount', 'configuration'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'configuration'],
    ['v1', 'Secret', 'configuration'],
    ['v1', 'Service', 'workloads'],
    ['apps/v1', 'Deployment', 'workloads'],
    ['batch/v1', 'Job', 'workloads'],
    ['policy/v1', 'PodDisruptionBudget', 'workloads'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'webhooks'],
    ['cert-manager.io/v1', 'Issuer', 'certificates'],
    ['org.eclipse.che/v2', 'CheCluster', 'custom-resources'],
    ['example.org/v1', 'Deployment', 'custom-resources'],
    ['example.org/v1', 'Namespace', 'custom-resources'],
  ])('%s %s → %s', (apiVersion, kind, group) => {
    expect(groupOfObject(object(apiVersion, kind), NO_CLUSTER_FACTS)).toBe(group);
  });
});

describe('a guard', () => {
  it('holds before anything that makes pods', () => {
    const guard = object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'g', {
      labels: { 'sallyport.dev/guard': 'true' },
    });
    expect(groupOfObject(guard, NO_CLUSTER_FACTS)).toBe('configuration');
    expect(groupOfObject({ ...guard, metadata: { name: 'other' } }, NO_CLUSTER_FACTS)).toBe('webhooks');
  });
});

describe('order', () => {
  const knowledge: ClusterFacts = {
    ...NO_CLUSTER_FACTS,
    stages: [
      { name: 'first', objects: [{ namespace: 'one' }], reason: '', source: '' },
      { name: 'second', objects: [{ labels: { part: 'two' } }], reason: '', source: '' },
    ],
    early: [{ objects: { group: 'a.b', kind: 'Config' }, reason: '', source: '' }],
  };

  it('puts what all need before components, and components one after the other, whatever the order of the input', () => {
    const objects = [
      object('x.y/v1', 'Late', 'cr'),
      object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'hook', {
        labels: { part: 'two' },
      }),
      object('apps/v1', 'Deployment', 'two', { labels: { part: 'two' } }),
      object('apps/v1', 'Deployment', 'one', { namespace: 'one' }),
      object('cert-manager.io/v1', 'Issuer', 'issuer', { labels: { part: 'two' } }),
      object('a.b/v1', 'Config', 'early', { namespace: 'one' }),
      object('v1', 'Secret', 's'),
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'crd'),
      object('v1', 'Namespace', 'ns'),
    ];
    const plan = planOrder(objects, knowledge).map(
      ({ group, stage, objects: found }) =>
        `${stage ?? '-'} ${group}: ${found.map(({ metadata }) => metadata.name).join(' ')}`,
    );
    expect(plan).toEqual([
      '- namespaces: ns',
      '- crds: crd',
      '- configuration: early s',
      'first workloads: one',
      'second certificates: issuer',
      'second workloads: two',
      'second webhooks: hook',
      '- custom-resources: cr',
    ]);
  });

  it('loses nothing and repeats nothing', () => {
    const objects = Array.from({ length: 50 }, (_, index) =>
      object(
        ['v1', 'apps/v1', 'x.y/v1'][index % 3] ?? 'v1',
        ['Namespace', 'Secret', 'Deployment', 'Foo'][index % 4] ?? 'Foo',
        `n${index}`,
        index % 5 === 0 ? { namespace: 'one' } : {},
      ),
    );
    const planned = planOrder(objects, knowledge).flatMap((step) => step.objects);
    expect(new Set(planned)).toEqual(new Set(objects));
    expect(planned).toHaveLength(objects.length);
  });
});
