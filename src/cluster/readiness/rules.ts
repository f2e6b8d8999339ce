import { groupOf } from '../names.ts';
import type { KubeObject } from '../types.ts';
import {
  apiService,
  certificate,
  cheCluster,
  claim,
  crd,
  devWorkspace,
  generic,
  isSeen,
  namespace,
  service,
  webhookConfiguration,
} from './platform.ts';
import { failed, READY, type Readiness, waiting } from './types.ts';
import { daemonSet, deployment, job, pod, replicaSet, statefulSet } from './workloads.ts';

interface Rule {
  readonly group: string;
  readonly kind: string;
  readonly judge: (object: KubeObject) => Readiness;
  /** The controller writes `observedGeneration` as soon as it works; without one it has not. */
  readonly observed?: boolean;
}

/** A rule per kind; others follow the generic one. Sources: kstatus (sigs.k8s.io/cli-utils), cert-manager's API reference, and beside each rule. */
const RULES: readonly Rule[] = [
  { group: 'apps', kind: 'Deployment', judge: deployment, observed: true },
  { group: 'apps', kind: 'StatefulSet', judge: statefulSet, observed: true },
  { group: 'apps', kind: 'DaemonSet', judge: daemonSet, observed: true },
  { group: 'apps', kind: 'ReplicaSet', judge: replicaSet, observed: true },
  { group: 'batch', kind: 'Job', judge: job },
  { group: '', kind: 'Pod', judge: pod },
  { group: '', kind: 'Namespace', judge: namespace },
  { group: '', kind: 'PersistentVolumeClaim', judge: claim },
  { group: '', kind: 'Service', judge: service },
  { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', judge: crd },
  { group: 'apiregistration.k8s.io', kind: 'APIService', judge: apiService },
  {
    group: 'admissionregistration.k8s.io',
    kind: 'MutatingWebhookConfiguration',
    judge: webhookConfiguration,
  },
  {
    group: 'admissionregistration.k8s.io',
    kind: 'ValidatingWebhookConfiguration',
    judge: webhookConfiguration,
  },
  { group: 'cert-manager.io', kind: 'Certificate', judge: certificate },
  { group: 'cert-manager.io', kind: 'Issuer', judge: certificate },
  { group: 'cert-manager.io', kind: 'ClusterIssuer', judge: certificate },
  { group: 'org.eclipse.che', kind: 'CheCluster', judge: cheCluster },
  { group: 'workspace.devfile.io', kind: 'DevWorkspace', judge: devWorkspace },
];

/** Kinds that are what they say as soon as they are stored: nothing to ask the server for. */
const INSTANT: ReadonlySet<string> = new Set([
  '|ConfigMap',
  '|Secret',
  '|ServiceAccount',
  '|ResourceQuota',
  '|LimitRange',
  'rbac.authorization.k8s.io|Role',
  'rbac.authorization.k8s.io|RoleBinding',
  'rbac.authorization.k8s.io|ClusterRole',
  'rbac.authorization.k8s.io|ClusterRoleBinding',
  'scheduling.k8s.io|PriorityClass',
  'networking.k8s.io|NetworkPolicy',
]);

export function isInstant({ apiVersion, kind }: { apiVersion: string; kind: string }): boolean {
  return INSTANT.has(`${groupOf(apiVersion)}|${kind}`);
}

/** Whether an object is ready, by the rule of its kind. Undefined: it is not there (yet). */
export function readinessOf(object: KubeObject | undefined): Readiness {
  if (object === undefined) return waiting('does not exist yet');
  if (object.metadata.deletionTimestamp !== undefined) {
    const finalizers = object.metadata.finalizers ?? [];
    return failed(
      `is being deleted${finalizers.length === 0 ? '' : `; it waits for ${finalizers.join(', ')}`}`,
    );
  }
  if (isInstant(object)) return READY;
  const rule = RULES.find(({ group, kind }) => kind === object.kind && group === groupOf(object.apiVersion));
  if (!isSeen(object) || (rule?.observed === true && !hasStatus(object)))
    return waiting('its controller has not seen it yet');
  return (rule?.judge ?? generic)(object);
}

function hasStatus(object: KubeObject): boolean {
  const { status } = object;
  return typeof status === 'object' && status !== null && 'observedGeneration' in status;
}
