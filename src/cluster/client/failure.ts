import { ERROR_HINTS, type ErrorCode, printable, SallyportError } from '../../base/index.ts';
import type { Status } from './status.ts';

/** What was tried, for messages. */
export interface Attempt {
  /** `apply`, `get`, `list`, `delete`… */
  readonly verb: string;
  /** The object or kind: `Deployment eclipse-che/che`. */
  readonly subject: string;
}

interface FailureRule {
  readonly when: (status: Status) => boolean;
  readonly code: ErrorCode;
  readonly says: (status: Status, attempt: Attempt) => string;
  readonly hint?: (status: Status, attempt: Attempt) => string;
}

const said = ({ message }: Status): string => printable(message, 1200);
const has =
  (pattern: RegExp) =>
  ({ message }: Status): boolean =>
    pattern.test(message);
const first = (pattern: RegExp, { message }: Status): string => pattern.exec(message)?.[1] ?? '';

/**
 * Which failure a Status is. The reasons are those of k8s.io/apimachinery/pkg/apis/meta/v1/types.go; where one reason has several
 * causes, the message tells them apart (sources beside each). First match wins.
 */
const RULES: readonly FailureRule[] = [
  {
    // apiserver/pkg/endpoints/handlers/fieldmanager: each cause names a manager and a field
    when: ({ causes }) => causes.some(({ reason }) => reason === 'FieldManagerConflict'),
    code: 'FIELD_CONFLICT',
    says: (status) => `another manager set what we want to set: ${conflictsText(status)}`,
  },
  {
    // apiserver/pkg/admission/plugin/namespace/lifecycle
    when: ({ causes, message }) =>
      causes.some(({ reason }) => reason === 'NamespaceTerminating') ||
      /because it is being terminated/.test(message),
    code: 'NAMESPACE_TERMINATING',
    says: (status) => `the namespace ${first(/namespace "?([\w.-]+)"? because/, status)} is being deleted`,
    hint: (status) =>
      `Wait until it is gone; \`kubectl get namespace ${first(/namespace "?([\w.-]+)"? because/, status)} -o yaml\` says in its conditions what still blocks it.`,
  },
  {
    // apiserver/pkg/admission/plugin/webhook and apiextensions-apiserver/pkg/apiserver/conversion
    when: has(/failed calling webhook|failed to call webhook|conversion webhook for .* failed/),
    code: 'WEBHOOK_DOWN',
    says: (status) => `a webhook that the server must ask does not answer: ${said(status)}`,
    hint: (status) => {
      const [, service, namespace] = /"?https:\/\/([\w-]+)\.([\w-]+)\.svc[:/]/.exec(status.message) ?? [];
      if (service === undefined || namespace === undefined) return ERROR_HINTS.WEBHOOK_DOWN;
      return `Bring it back: kubectl -n ${namespace} get endpointslices,pods shows whether anything stands behind the Service ${service}; when the operator is gone for good, delete its webhook configuration.`;
    },
  },
  {
    when: has(
      /admission webhook ".*" denied the request|ValidatingAdmissionPolicy '.*' .*denied request|violates PodSecurity/s,
    ),
    code: 'ADMISSION_DENIED',
    says: (status) => `a rule of the cluster forbids it: ${said(status)}`,
  },
  {
    // plugin/pkg/admission/resourcequota
    when: has(/exceeded quota:|failed quota:/),
    code: 'CLUSTER_QUOTA_EXCEEDED',
    says: (status) => `the quota of the namespace does not allow it: ${said(status)}`,
  },
  {
    // etcd's request limit of 1.5 MiB, the API server's of 3 MiB, and 256 KiB for all annotations
    when: ({ code, reason, message }) =>
      code === 413 ||
      reason === 'RequestEntityTooLarge' ||
      /request is too large|trying to send message larger than max|metadata\.annotations: Too long|exceeds the limit/.test(
        message,
      ),
    code: 'OBJECT_TOO_LARGE',
    says: (status) => `the object is larger than the cluster stores: ${said(status)}`,
  },
  {
    // apiserver/pkg/authentication/user: who sends no credentials at all
    when: ({ code, message }) => code === 403 && message.includes('User "system:anonymous"'),
    code: 'CLUSTER_UNAUTHORIZED',
    says: () => 'the API server takes us for nobody: the user of the kubeconfig has no credentials',
    hint: () =>
      'Give the user a token, a client certificate or an exec plugin; `kubectl config view` shows what it has.',
  },
  {
    when: ({ code, reason }) => code === 403 || reason === 'Forbidden',
    code: 'CLUSTER_FORBIDDEN',
    says: (status, { verb }) => `no right to ${verb}: ${said(status)}`,
    hint: (status) => {
      const right =
        /cannot ([\w]+) resource "([\w/.-]+)"(?: in API group "([\w.-]*)")?(?: in the namespace "([\w.-]+)")?/.exec(
          status.message,
        );
      if (right === null) return 'Ask an administrator of the cluster for the right that is named.';
      const [, verb = '', resource = '', group = '', namespace] = right;
      const where = namespace === undefined ? 'across the cluster' : `in the namespace ${namespace}`;
      return `Ask for the verb ${verb} on ${resource}${group === '' ? '' : `.${group}`} ${where}; \`kubectl auth can-i ${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === undefined ? '' : ` -n ${namespace}`}\` shows it.`;
    },
  },
  {
    when: ({ code, message }) => code === 404 && /namespaces? "?[\w.-]+"? not found/.test(message),
    code: 'OBJECT_NOT_FOUND',
    says: (status) => `the namespace ${first(/namespaces? "?([\w.-]+)"? not found/, status)} does not exist`,
  },
  {
    when: ({ code }) => code === 404,
    code: 'OBJECT_NOT_FOUND',
    says: (status) => `does not exist on the server: ${said(status)}`,
  },
  {
    when: ({ reason }) => reason === 'AlreadyExists',
    code: 'OBJECT_CONFLICT',
    says: () => 'exists already',
  },
  {
    when: ({ code, reason }) => code === 409 || reason === 'Conflict',
    code: 'OBJECT_CONFLICT',
    says: (status) => `was changed by somebody else at the same time: ${said(status)}`,
  },
  {
    when: ({ code, reason }) => code === 422 || code === 400 || reason === 'Invalid',
    code: 'OBJECT_INVALID',
    says: (status) => `the server does not accept it: ${said(status)}`,
  },
];

/** The error for an answer that is no success. */
export function failureOf(status: Status, attempt: Attempt): SallyportError {
  const rule = RULES.find(({ when }) => when(status));
  const { subject } = attempt;
  const facts = { status: status.code, reason: status.reason, verb: attempt.verb };
  if (rule === undefined)
    return new SallyportError(
      'CLUSTER_REFUSED',
      `the server answered ${status.code}${status.reason === '' ? '' : ` ${status.reason}`}: ${said(status)}`,
      { subject, facts },
    );
  const hint = rule.hint?.(status, attempt);
  const conflicts = conflictsOf(status);
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].join(', ');
  return new SallyportError(rule.code, rule.says(status, attempt), {
    subject,
    facts: { ...facts, ...(managers === '' ? {} : { managers, conflicts: JSON.stringify(conflicts) }) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Failures of the way to the server or of who asks: the next object would fail of the same. */
const OF_THE_WAY: ReadonlySet<string> = new Set([
  'CONNECTION_FAILED',
  'TLS_FAILED',
  'TIMEOUT',
  'CREDENTIALS_INVALID',
  'CLUSTER_UNAUTHORIZED',
]);

/** Whether a failure says nothing of the object that was asked about. */
export function isOfTheWay({ code }: SallyportError): boolean {
  return OF_THE_WAY.has(code);
}

export interface FieldConflict {
  readonly manager: string;
  readonly field: string;
}

/** Who holds which field, from a Status of a server-side apply. */
export function conflictsOf({ causes }: Status): readonly FieldConflict[] {
  return causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ message, field }) => ({
      manager: /conflict with "([^"]+)"/.exec(message)?.[1] ?? message,
      field,
    }));
}

/** `.spec.replicas (kubectl-edit), .spec.template… (helm)`. */
function conflictsText(status: Status): string {
  const conflicts = conflictsOf(status);
  const shown = conflicts.slice(0, 8).map(({ manager, field }) => `${field} (${printable(manager, 80)})`);
  return `${shown.join(', ')}${conflicts.length > 8 ? ` and ${conflicts.length - 8} more` : ''}`;
}
