import type { KubeObject } from '../types.ts';
import { bindingsOf, celText, guardMetadata } from './scope.ts';
import type { GuardRequest } from './types.ts';

/**
 * A MutatingAdmissionPolicy and its bindings: every new pod in the scope gets the pull secret beside those that it has. For namespaces that come
 * later and whose accounts nobody prepares; the secret itself is somebody else's to bring (the kubelet passes over one that is missing).
 */
export function pullSecretPolicy(
  request: GuardRequest & { readonly apiVersion: string; readonly secret: string },
): readonly KubeObject[] {
  const { name, apiVersion, secret } = request;
  const policy: KubeObject = {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: guardMetadata(name),
    spec: {
      // A pod without the secret may still find its image on the node.
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'IfNeeded',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      matchConditions: [
        {
          name: 'lacks-it',
          expression: `!has(object.spec.imagePullSecrets) || !object.spec.imagePullSecrets.exists(s, has(s.name) && s.name == ${celText(secret)})`,
        },
      ],
      mutations: [
        {
          // Not an apply configuration: a reference to a secret is atomic (core/v1 LocalObjectReference), which those may not touch.
          patchType: 'JSONPatch',
          jsonPatch: {
            // In two steps: a list with an object in it as the value ends the request with a panic of the server (seen with Kubernetes 1.34.4).
            expression: `(has(object.spec.imagePullSecrets) ? [] : [JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: []}]) + [JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: {"name": ${celText(secret)}}}]`,
          },
        },
      ],
    },
  };
  return [policy, ...bindingsOf(request, apiVersion, 'MutatingAdmissionPolicyBinding', {})];
}
