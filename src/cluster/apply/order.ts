import type { ClusterFacts } from '../../facts/index.ts';
import { isGuard } from '../guard/scope.ts';
import { groupOf } from '../names.ts';
import { matches } from '../patterns.ts';
import type { KubeObject } from '../types.ts';

/** Objects that may be applied at the same time, because none of them needs another. */
export type Group =
  | 'namespaces'
  | 'crds'
  | 'configuration'
  | 'certificates'
  | 'workloads'
  | 'webhooks'
  | 'custom-resources';

export interface Step {
  readonly group: Group;
  /** Component; absent for groups that all components share. */
  readonly stage?: string;
  readonly objects: readonly KubeObject[];
}

/** Kinds by group; the reason is what they are needed by. Everything else of Kubernetes' own APIs is a workload. */
const GROUP_OF_KIND: Readonly<Record<string, Group>> = {
  // everything namespaced
  Namespace: 'namespaces',
  // its custom resources
  CustomResourceDefinition: 'crds',
  // pods: they start with them or are bounded by them
  ServiceAccount: 'configuration',
  Role: 'configuration',
  RoleBinding: 'configuration',
  ClusterRole: 'configuration',
  ClusterRoleBinding: 'configuration',
  Secret: 'configuration',
  ConfigMap: 'configuration',
  ResourceQuota: 'configuration',
  LimitRange: 'configuration',
  PriorityClass: 'configuration',
  StorageClass: 'configuration',
  IngressClass: 'configuration',
  NetworkPolicy: 'configuration',
  PersistentVolume: 'configuration',
  PersistentVolumeClaim: 'configuration',
  // requests that reach the API server afterwards: last, when what answers them runs
  MutatingWebhookConfiguration: 'webhooks',
  ValidatingWebhookConfiguration: 'webhooks',
  APIService: 'webhooks',
  ValidatingAdmissionPolicy: 'webhooks',
  ValidatingAdmissionPolicyBinding: 'webhooks',
  MutatingAdmissionPolicy: 'webhooks',
  MutatingAdmissionPolicyBinding: 'webhooks',
};

const CERTIFICATES = 'cert-manager.io';

/** Groups that come once for all components, in order; then the others per component. */
const SHARED: readonly Group[] = ['namespaces', 'crds', 'configuration'];
const PER_STAGE: readonly Group[] = ['certificates', 'workloads', 'webhooks', 'custom-resources'];

/** Kubernetes' own API groups have no dot, or end in `.k8s.io`. */
function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}

export function groupOfObject(object: KubeObject, knowledge: ClusterFacts): Group {
  const { apiVersion, kind } = object;
  // It asks nobody, and what it guards starts after it: also where an older one would refuse the new images.
  if (isGuard(object)) return 'configuration';
  if (isBuiltIn(apiVersion)) return GROUP_OF_KIND[kind] ?? 'workloads';
  if (knowledge.early.some(({ objects }) => matches(object, objects))) return 'configuration';
  return groupOf(apiVersion) === CERTIFICATES ? 'certificates' : 'custom-resources';
}

/**
 * The steps in which objects are applied: what all components need first, then component after component. The order of the
 * objects within a step is that of the input. Steps without objects are left out.
 */
export function planOrder(objects: readonly KubeObject[], knowledge: ClusterFacts): readonly Step[] {
  const stages = [...knowledge.stages.map(({ name }) => name), undefined];
  const placed = objects.map((object) => ({
    object,
    group: groupOfObject(object, knowledge),
    stage: knowledge.stages.find(({ objects: patterns }) =>
      patterns.some((pattern) => matches(object, pattern)),
    )?.name,
  }));
  const shared = SHARED.map(
    (group): Step => ({
      group,
      objects: placed.filter((one) => one.group === group).map(({ object }) => object),
    }),
  );
  const staged = stages.flatMap((stage) =>
    PER_STAGE.map(
      (group): Step => ({
        group,
        ...(stage === undefined ? {} : { stage }),
        objects: placed
          .filter((one) => one.group === group && one.stage === stage)
          .map(({ object }) => object),
      }),
    ),
  );
  return [...shared, ...staged].filter((step) => step.objects.length > 0);
}
