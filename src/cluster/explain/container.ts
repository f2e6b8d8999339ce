import { type Fields, numberAt, textAt } from '../../base/index.ts';
import type { Finding, Place } from './causes.ts';
import type { Incident, PodCircumstances } from './circumstances.ts';
import { settleCredentials } from './credentials.ts';
import { causeOf, PULL_RULES, START_RULES } from './rules.ts';

const PULL_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'ImageInspectError',
  'SignatureValidationFailed',
]);

/** Why one container does not run; undefined when nothing is wrong with it that could be told. */
export function explainContainer(
  place: Place,
  status: Fields | undefined,
  circumstances: PodCircumstances,
  /** The pod has ended for good, and not well. */
  failed: boolean,
): Finding | undefined {
  const reason = textAt(status, 'state', 'waiting', 'reason');
  const message = textAt(status, 'state', 'waiting', 'message') ?? '';
  const ended = status === undefined ? undefined : endOf(status);
  if (reason === undefined)
    return failed && ended !== undefined && ended.exitCode !== 0
      ? explainStart(place, 'Failed', ended.message, ended, circumstances)
      : undefined;
  if (reason === 'InvalidImageName') return { cause: 'name-invalid', place, evidence: message };
  if (reason === 'ErrImageNeverPull') return { cause: 'never-pull', place, evidence: message };
  if (PULL_REASONS.has(reason)) return explainPull(place, message, circumstances);
  if (reason === 'CrashLoopBackOff' || reason === 'RunContainerError' || reason.startsWith('CreateContainer'))
    return explainStart(place, reason, message, ended, circumstances);
  return undefined;
}

function explainPull(place: Place, message: string, circumstances: PodCircumstances): Finding {
  const evidence = pullMessage(place, message, circumstances.incidents);
  const cause = causeOf(PULL_RULES, evidence, 'pull-failed');
  const finding: Finding = { cause, place, evidence };
  if (cause === 'no-credentials' || cause === 'credentials-refused')
    return settleCredentials(finding, circumstances);
  if (cause === 'unknown-ca' && /^containerd:\/\/1\./.test(circumstances.runtime ?? ''))
    return {
      ...finding,
      doubt:
        'containerd 1 also says this of an image that is not in the registry, when its CA stands in hosts.toml',
    };
  return finding;
}

/** The cause follows "ErrImagePull: " in the state (kubelet 1.27 and newer); before that only the event has it. */
function pullMessage(place: Place, message: string, incidents: readonly Incident[]): string {
  const marker = 'ErrImagePull: ';
  const at = message.indexOf(marker);
  if (at !== -1) return message.slice(at + marker.length);
  if (message !== '' && !message.startsWith('Back-off pulling image')) return message;
  const failed = incidents.findLast(
    (incident) =>
      incident.reason === 'Failed' &&
      incident.message.startsWith('Failed to pull image') &&
      incident.message.includes(place.image ?? ''),
  );
  return failed?.message ?? message;
}

interface End {
  readonly reason: string;
  readonly message: string;
  readonly exitCode: number | undefined;
}

function endOf(status: Fields): End | undefined {
  for (const state of ['state', 'lastState']) {
    const reason = textAt(status, state, 'terminated', 'reason');
    if (reason === undefined) continue;
    const message = textAt(status, state, 'terminated', 'message') ?? '';
    return { reason, message, exitCode: numberAt(status, state, 'terminated', 'exitCode') };
  }
  return undefined;
}

function explainStart(
  place: Place,
  reason: string,
  message: string,
  ended: End | undefined,
  { logs }: PodCircumstances,
): Finding {
  if (ended?.reason === 'OOMKilled')
    return { cause: 'out-of-memory', place, evidence: ended.message || message };
  const log = (logs?.[place.container ?? ''] ?? '').trim();
  const said = [ended?.message ?? '', message, log];
  for (const text of said) {
    const told = causeOf(START_RULES, text, 'start-failed');
    if (told !== 'start-failed') return { cause: told, place, evidence: text };
  }
  const cause = reason === 'CrashLoopBackOff' ? 'crash-loop' : reason === 'Failed' ? 'failed' : undefined;
  if (cause === undefined) return { cause: 'start-failed', place, evidence: message };
  const code = ended?.exitCode === undefined ? '' : `exit code ${ended.exitCode}`;
  const lastLine = log.split('\n').at(-1) ?? '';
  return {
    cause,
    place,
    evidence: [code, ended?.message ?? '', lastLine].filter((part) => part !== '').join('; ') || message,
  };
}
