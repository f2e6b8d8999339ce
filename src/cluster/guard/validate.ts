import type { KubeObject } from '../types.ts';
import { bindingsOf, celText, imagesOf, POD_RULES } from './scope.ts';
import type { GuardMode, ValidateRequest } from './types.ts';

/** Generally available since Kubernetes 1.30. */
const API_VERSION = 'admissionregistration.k8s.io/v1';

/** Deny and Warn exclude each other (ValidatingAdmissionPolicyBinding.spec.validationActions). */
const ACTIONS: Readonly<Record<GuardMode, readonly string[]>> = {
  audit: ['Audit'],
  warn: ['Warn', 'Audit'],
  deny: ['Deny', 'Audit'],
};

/**
 * A ValidatingAdmissionPolicy and its bindings: in the scope only images below the prefixes, by digest, may come to run. What an old pod
 * has already is not held against a change of it, so that finalizers and labels can still be edited.
 */
export function validatingGuard(request: ValidateRequest): readonly KubeObject[] {
  const { name, mode, prefixes, exact } = request;
  const allowed = [
    ...prefixes.map((prefix) => `i.startsWith(${celText(`${prefix}/`)})`),
    ...exact.map((reference) => `i == ${celText(reference)}`),
  ].join(' || ');
  const byDigest = [
    'i.matches("@sha256:[0-9a-f]{64}$")',
    ...exact.map((text) => `i == ${celText(text)}`),
  ].join(' || ');
  const all = (pod: string): string =>
    [
      imagesOf(pod, 'containers'),
      imagesOf(pod, 'initContainers'),
      imagesOf(pod, 'ephemeralContainers'),
      `(has(${pod}.spec.volumes) ? ${pod}.spec.volumes.filter(v, has(v.image) && has(v.image.reference)).map(v, v.image.reference) : [])`,
    ].join(' + ');
  const policy: KubeObject = {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      // A guard that cannot be evaluated must not let everything pass where it is meant to refuse, nor stop anything where it is not.
      failurePolicy: mode === 'deny' ? 'Fail' : 'Ignore',
      matchConstraints: { resourceRules: POD_RULES },
      variables: [
        { name: 'before', expression: `oldObject == null ? [] : ${all('oldObject')}` },
        {
          name: 'images',
          expression: `(${all('object')}).filter(i, !(i in variables.before))`,
        },
        { name: 'foreign', expression: `variables.images.filter(i, !(${allowed}))` },
        { name: 'loose', expression: `variables.images.filter(i, !(${byDigest}))` },
      ],
      validations: [
        {
          expression: 'size(variables.foreign) == 0',
          messageExpression: `"not from " + ${celText(prefixes.join(' or '))} + ": " + variables.foreign.join(", ")`,
          reason: 'Forbidden',
        },
        {
          expression: 'size(variables.loose) == 0',
          messageExpression: '"not by digest: " + variables.loose.join(", ")',
          reason: 'Forbidden',
        },
      ],
    },
  };
  return [
    policy,
    ...bindingsOf(request, API_VERSION, 'ValidatingAdmissionPolicyBinding', {
      validationActions: ACTIONS[mode],
    }),
  ];
}
