import type { KubeObject } from '../types.ts';
import { bindingsOf, celList, celText, guardMetadata, imagesOf, POD_RULES } from './scope.ts';
import type { GuardMode, ValidateRequest } from './types.ts';

/** Generally available since Kubernetes 1.30. */
const API_VERSION = 'admissionregistration.k8s.io/v1';

/** Deny and Warn exclude each other (ValidatingAdmissionPolicyBinding.spec.validationActions). */
const ACTIONS: Readonly<Record<GuardMode, readonly string[]>> = {
  audit: ['Audit'],
  warn: ['Warn', 'Audit'],
  deny: ['Deny', 'Audit'],
};

const changes = (apiGroup: string, resources: readonly string[]) => [
  { apiGroups: [apiGroup], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources },
];

/** What a controller makes of its own is judged where it is written. Nobody gains by claiming to be such: pods are judged in any case. */
const NOT_FOLLOWING = [
  {
    name: 'writes-its-own-template',
    expression:
      '!(has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(r, r.kind in ["Deployment", "CronJob"]))',
  },
];

/**
 * Where pods are described. Each is a policy of its own, since the server checks the types of an expression against every kind that the policy
 * matches.
 */
const PLACES = [
  { suffix: '', pod: '', rules: POD_RULES, conditions: [] },
  {
    suffix: '-workloads',
    pod: '.spec.template',
    rules: [
      ...changes('apps', ['deployments', 'statefulsets', 'daemonsets', 'replicasets']),
      ...changes('batch', ['jobs']),
    ],
    conditions: NOT_FOLLOWING,
  },
  {
    suffix: '-cronjobs',
    pod: '.spec.jobTemplate.spec.template',
    rules: changes('batch', ['cronjobs']),
    conditions: [],
  },
] as const;

/**
 * ValidatingAdmissionPolicies and their bindings: in the scope only images below the prefixes, by digest, may come to run. Pods are what counts;
 * what they are made from is judged as well, so that whoever writes a Deployment learns of it, and not its ReplicaSet alone. What an old object has
 * already is not held against a change of it, so that finalizers and labels can still be edited.
 */
export function validatingGuard(request: ValidateRequest): readonly KubeObject[] {
  return PLACES.flatMap((place) => {
    const mode = place.suffix === '' ? request.mode : request.workloads;
    return mode === undefined ? [] : policyFor(request, place, mode);
  });
}

/** Whether an object is a pod or holds a template that pods are made from. */
export function describesPods({ apiVersion, kind }: KubeObject): boolean {
  return ['v1|Pod', ...WORKLOADS].includes(`${apiVersion}|${kind}`);
}

const WORKLOADS = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => `apps/v1|${kind}`),
  ...['Job', 'CronJob'].map((kind) => `batch/v1|${kind}`),
];

function policyFor(
  request: ValidateRequest,
  { suffix, pod, rules, conditions }: (typeof PLACES)[number],
  mode: GuardMode,
): readonly KubeObject[] {
  const { prefixes, exact } = request;
  const name = `${request.name}${suffix}`;
  const below = prefixes.map((prefix) => `i.startsWith(${celText(`${prefix}/`)})`).join(' || ');
  const policy: KubeObject = {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: guardMetadata(name),
    spec: {
      // A guard that cannot be evaluated must not let everything pass where it is meant to refuse, nor stop anything where it is not.
      failurePolicy: mode === 'deny' ? 'Fail' : 'Ignore',
      matchConstraints: { resourceRules: rules },
      ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
      variables: [
        { name: 'excepted', expression: celList(exact) },
        { name: 'before', expression: `oldObject == null ? [] : ${allImages(`oldObject${pod}`)}` },
        {
          name: 'images',
          expression: `(${allImages(`object${pod}`)}).filter(i, !(i in variables.before) && !(i in variables.excepted))`,
        },
        { name: 'foreign', expression: `variables.images.filter(i, !(${below}))` },
        {
          name: 'loose',
          expression: 'variables.images.filter(i, !i.matches("@sha256:[0-9a-f]{64}$"))',
        },
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
    ...bindingsOf({ ...request, name }, API_VERSION, 'ValidatingAdmissionPolicyBinding', {
      validationActions: ACTIONS[mode],
    }),
  ];
}

/** The images of containers of every sort and of volumes, as CEL; `pod` is what holds the pod's `spec`. */
function allImages(pod: string): string {
  return [
    imagesOf(pod, 'containers'),
    imagesOf(pod, 'initContainers'),
    imagesOf(pod, 'ephemeralContainers'),
    `(has(${pod}.spec.volumes) ? ${pod}.spec.volumes.filter(v, has(v.image) && has(v.image.reference)).map(v, v.image.reference) : [])`,
  ].join(' + ');
}
