import type { Finding } from './causes.ts';
import type { Incident } from './circumstances.ts';
import { CREATE_RULES, causeOf } from './rules.ts';

/**
 * Why a controller (ReplicaSet, Job, StatefulSet, DaemonSet) cannot make its pods: its last `FailedCreate`. Undefined when it could.
 * `object` as in messages: `ReplicaSet eclipse-che/che-6f…`.
 */
export function explainCreation(
  object: string,
  namespace: string,
  incidents: readonly Incident[],
): Finding | undefined {
  const failed = incidents.findLast(({ reason }) => reason === 'FailedCreate');
  if (failed === undefined) return undefined;
  const account = /serviceaccount "(?:[^"/]+\/)?([^"]+)" not found|service account [^/]+\/([^:]+):/.exec(
    failed.message,
  );
  const serviceAccount = account?.[1] ?? account?.[2];
  return {
    cause: causeOf(CREATE_RULES, failed.message, 'create-failed'),
    place: { namespace, object, ...(serviceAccount === undefined ? {} : { serviceAccount }) },
    evidence: failed.message,
  };
}
