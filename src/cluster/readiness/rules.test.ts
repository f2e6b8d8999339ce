import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../types.ts';
import { readinessOf } from './rules.ts';

const make = (apiVersion: string, kind: string, more: object, metadata: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', ...metadata },
  ...more,
});
const condition = (type: string, status: string, reason = '', message = '') => ({
  type,
  status,
  reason,
  message,
});
const deployment = (status: object, spec: object = {}, generation = 2) =>
  make('apps/v1', 'Deployment', { spec, status: { observedGeneration: 2, ...status } }, { generation });
const PEM = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');
const INJECT = { annotations: { 'cert-manager.io/inject-ca-from': 'ns/cert' } };
const crd = (conditions: object[], conversion?: object, metadata: object = {}) =>
  make(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { spec: { conversion }, status: { conditions } },
    metadata,
  );
const webhook = (caBundle?: string) => ({
  strategy: 'Webhook',
  webhook: { clientConfig: { caBundle } },
});
const hooks = (...bundles: (string | undefined)[]) =>
  make(
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    { webhooks: bundles.map((caBundle, index) => ({ name: `w${index}`, clientConfig: { caBundle } })) },
    INJECT,
  );
const full = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

describe('readiness', () => {
  it.each<[string, KubeObject | undefined, string, string]>([
    ['nothing there', undefined, 'waiting', 'does not exist yet'],
    ['a deployment that is done', deployment(full), 'ready', ''],
    ['one whose new generation was not seen', deployment(full, {}, 3), 'waiting', 'not seen'],
    ['one without a status', make('apps/v1', 'Deployment', { status: {} }), 'waiting', 'not seen'],
    [
      'one without new replicas',
      deployment({ replicas: 1 }, { replicas: 2 }),
      'waiting',
      '0 of 2 replicas are new',
    ],
    ['one with old replicas', deployment({ ...full, replicas: 2 }), 'waiting', '1 old'],
    [
      'one whose pods are not available',
      deployment({ ...full, availableReplicas: 0 }),
      'waiting',
      '0 of 1 replicas are available',
    ],
    ['one scaled to nothing', deployment({}, { replicas: 0 }), 'ready', ''],
    [
      'one past its deadline',
      deployment({ conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'late')] }),
      'failed',
      'late',
    ],
    [
      'one whose pods are refused',
      deployment({
        replicas: 1,
        conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')],
      }),
      'waiting',
      'exceeded quota',
    ],
    [
      'a stateful set',
      make('apps/v1', 'StatefulSet', {
        spec: { replicas: 2 },
        status: { observedGeneration: 1, readyReplicas: 2, updatedReplicas: 1 },
      }),
      'waiting',
      '1 of 2 replicas are new',
    ],
    [
      'a stateful set with OnDelete',
      make('apps/v1', 'StatefulSet', {
        spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } },
        status: { observedGeneration: 1, readyReplicas: 1 },
      }),
      'ready',
      '',
    ],
    [
      'a daemon set',
      make('apps/v1', 'DaemonSet', {
        status: {
          observedGeneration: 1,
          desiredNumberScheduled: 3,
          updatedNumberScheduled: 3,
          numberAvailable: 2,
        },
      }),
      'waiting',
      '2 of 3 pods',
    ],
    ['a job that runs', make('batch/v1', 'Job', { status: { active: 1 } }), 'waiting', '1 pods run'],
    [
      'a job that is done',
      make('batch/v1', 'Job', { status: { conditions: [condition('Complete', 'True')] } }),
      'ready',
      '',
    ],
    [
      'a job that failed',
      make('batch/v1', 'Job', {
        status: { conditions: [condition('Failed', 'True', 'BackoffLimitExceeded')] },
      }),
      'failed',
      'BackoffLimitExceeded',
    ],
    [
      'a pod that cannot be placed',
      make('v1', 'Pod', {
        status: {
          phase: 'Pending',
          conditions: [condition('PodScheduled', 'False', 'Unschedulable', '0/1 nodes')],
        },
      }),
      'waiting',
      'Unschedulable: 0/1 nodes',
    ],
    [
      'a pod that cannot pull',
      make('v1', 'Pod', {
        status: {
          phase: 'Pending',
          containerStatuses: [{ name: 'c', state: { waiting: { reason: 'ImagePullBackOff' } } }],
        },
      }),
      'waiting',
      'container c: ImagePullBackOff',
    ],
    [
      'a pod that is ready',
      make('v1', 'Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }),
      'ready',
      '',
    ],
    [
      'a terminating namespace',
      make('v1', 'Namespace', { status: { phase: 'Terminating' } }),
      'failed',
      'being deleted',
    ],
    ['an established CRD', crd([condition('Established', 'True')]), 'ready', ''],
    ['a CRD that is not', crd([]), 'waiting', 'not established'],
    [
      'a CRD whose names are taken',
      crd([condition('NamesAccepted', 'False', 'PluralConflict', 'foos is in use')]),
      'failed',
      'foos is in use',
    ],
    [
      'a CRD with an empty bundle',
      crd([condition('Established', 'True')], webhook(), INJECT),
      'waiting',
      'from ns/cert',
    ],
    [
      'a CRD with the placeholder bundle',
      crd([condition('Established', 'True')], webhook('Cg=='), INJECT),
      'waiting',
      'from ns/cert',
    ],
    ['a CRD with a bundle', crd([condition('Established', 'True')], webhook(PEM), INJECT), 'ready', ''],
    ['a CRD whose bundle nobody fills', crd([condition('Established', 'True')], webhook()), 'ready', ''],
    ['webhooks with bundles', hooks(PEM, PEM), 'ready', ''],
    ['webhooks of which one has none', hooks(PEM, undefined), 'waiting', 'w1'],
    [
      'a service that needs an address',
      make('v1', 'Service', { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } }),
      'waiting',
      'load balancer',
    ],
    ['a service', make('v1', 'Service', { spec: { type: 'ClusterIP' } }), 'ready', ''],
    ['an unbound claim', make('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }), 'ready', ''],
    [
      'a certificate nobody saw',
      make('cert-manager.io/v1', 'Certificate', {}),
      'waiting',
      'cert-manager has not',
    ],
    [
      'a certificate that is not issued',
      make('cert-manager.io/v1', 'Certificate', {
        status: { conditions: [condition('Ready', 'False', 'DoesNotExist', 'no secret')] },
      }),
      'waiting',
      'DoesNotExist: no secret',
    ],
    [
      'a certificate',
      make('cert-manager.io/v1', 'Certificate', { status: { conditions: [condition('Ready', 'True')] } }),
      'ready',
      '',
    ],
    [
      'a CheCluster nobody saw',
      make('org.eclipse.che/v2', 'CheCluster', {}),
      'waiting',
      'has not looked at it',
    ],
    [
      'a CheCluster on its way',
      make('org.eclipse.che/v2', 'CheCluster', {
        status: { chePhase: 'Inactive', reason: 'InstallOrUpdateFailed', message: 'bad' },
      }),
      'waiting',
      'phase Inactive, InstallOrUpdateFailed: bad',
    ],
    [
      'a CheCluster that is Active though its reason lingers',
      make('org.eclipse.che/v2', 'CheCluster', {
        status: { chePhase: 'Active', reason: 'InstallOrUpdateFailed' },
      }),
      'ready',
      '',
    ],
    [
      'a workspace that failed',
      make('workspace.devfile.io/v1alpha2', 'DevWorkspace', {
        spec: { started: true },
        status: { phase: 'Failed', message: 'no image' },
      }),
      'failed',
      'no image',
    ],
    [
      'a stopped workspace',
      make('workspace.devfile.io/v1alpha2', 'DevWorkspace', {
        spec: { started: false },
        status: { phase: 'Stopped' },
      }),
      'ready',
      '',
    ],
    [
      'an unknown kind with Ready',
      make('a.b/v1', 'Foo', { status: { conditions: [condition('Ready', 'False', 'No')] } }),
      'waiting',
      'No',
    ],
    [
      'an unknown kind that is stalled',
      make('a.b/v1', 'Foo', { status: { conditions: [condition('Stalled', 'True', 'Stuck')] } }),
      'failed',
      'Stuck',
    ],
    [
      'an unknown kind with an old status',
      make('a.b/v1', 'Foo', { status: { observedGeneration: 1 } }, { generation: 2 }),
      'waiting',
      'not seen',
    ],
    ['an unknown kind without conditions', make('a.b/v1', 'Foo', {}), 'ready', ''],
    [
      'an object that is being deleted',
      make('v1', 'ConfigMap', {}, { deletionTimestamp: 't', finalizers: ['a/b'] }),
      'failed',
      'waits for a/b',
    ],
  ])('%s', (_, object, state, message) => {
    const readiness = readinessOf(object);
    expect(readiness.state).toBe(state);
    if (message === '') expect(readiness.message).toBe('');
    else expect(readiness.message).toContain(message);
  });
});
