import type { KubeObject } from '../types.ts';
import { bindingsOf, celText, guardMetadata, POD_RULES } from './scope.ts';
import type { MutateRequest } from './types.ts';

/** Where the kind may be found, newest first: alpha since Kubernetes 1.32, beta since 1.34. */
export const MUTATING_VERSIONS: readonly string[] = [
  'admissionregistration.k8s.io/v1',
  'admissionregistration.k8s.io/v1beta1',
  'admissionregistration.k8s.io/v1alpha1',
];

const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/**
 * A MutatingAdmissionPolicy and its bindings: pods that name a source image get its copy in place of it, so that manifests can stay as upstream
 * wrote them. Containers are merged by their names; nothing else of a pod is touched.
 */
export function mutatingGuard(request: MutateRequest): readonly KubeObject[] {
  const { name, apiVersion, images } = request;
  const map = `{${Object.entries(images)
    .map(([from, to]) => `${celText(from)}: ${celText(to)}`)
    .join(', ')}}`;
  const policy: KubeObject = {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: guardMetadata(name),
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'IfNeeded',
      matchConstraints: { resourceRules: POD_RULES },
      variables: [{ name: 'copies', expression: map }],
      matchConditions: [],
      mutations: LISTS.map((list) => ({
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression: `Object{spec: Object.spec{${list}: has(object.spec.${list}) ? object.spec.${list}.filter(c, c.image in variables.copies).map(c, Object.spec.${list}{name: c.name, image: variables.copies[c.image]}) : []}}`,
        },
      })),
    },
  };
  return [policy, ...bindingsOf(request, apiVersion, 'MutatingAdmissionPolicyBinding', {})];
}
