import { at, type Fields, isFields, listAt, numberAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';
import type { Finding, Place } from './causes.ts';
import { type SecretHosts, settleCredentials } from './credentials.ts';
import { causeOf, PLACE_RULES, PULL_RULES, START_RULES, VOLUME_RULES } from './rules.ts';

/** One event, of either API (`v1` or `events.k8s.io/v1`). */
export interface Incident {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface PodCircumstances {
  /** The events of this pod, oldest first. */
  readonly incidents: readonly Incident[];
  /**
   * Which registries each pull secret of the pod has credentials for, by name; `missing` when the secret is not there. Undefined: nobody
   * looked (no right to read Secrets), and then some causes stay in doubt.
   */
  readonly secrets?: SecretHosts;
  /** The end of a container's log, by container name. */
  readonly logs?: Readonly<Record<string, string>>;
  /** `containerd://1.6.20`, from the node's status. */
  readonly runtime?: string;
  /** Now, in milliseconds since the epoch; for what only time tells. */
  readonly now?: number;
}

/** A pull that has made no event for this long is one that gets no answer; containerd itself never gives up (seen: 8 minutes without a word). */
const SILENCE_MS = 120_000;

/** In a pod with init containers the kubelet says the second of all containers, the one that it pulls for included. */
const CREATING = new Set(['ContainerCreating', 'PodInitializing']);

const PULL_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'ImageInspectError',
  'SignatureValidationFailed',
]);

/** Why a pod does not run: one finding for each container in trouble, or one for the pod. Empty when nothing is wrong that could be told. */
export function explainPod(pod: KubeObject, circumstances: PodCircumstances): readonly Finding[] {
  const place = placeOf(pod);
  const placing = explainPlacing(pod, place, circumstances);
  if (placing !== undefined) return [placing];
  const failed = textAt(pod, 'status', 'phase') === 'Failed';
  const found = containersOf(pod).flatMap(({ name, image, status }) => {
    const here = { ...place, container: name, image, ...registryOf(image) };
    const finding = explainContainer(here, status, circumstances, failed);
    return finding === undefined ? [] : [finding];
  });
  if (found.length > 0) return found;
  const volume = explainVolume(place, circumstances);
  if (volume !== undefined) return [volume];
  return explainSilence(pod, place, circumstances);
}

function placeOf(pod: KubeObject): Place {
  const { name, namespace = 'default' } = pod.metadata;
  const serviceAccount = textAt(pod, 'spec', 'serviceAccountName');
  const node = textAt(pod, 'spec', 'nodeName');
  return {
    namespace,
    object: `Pod ${namespace}/${name}`,
    secrets: listAt(pod, 'spec', 'imagePullSecrets').flatMap((secret) => textAt(secret, 'name') ?? []),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(node === undefined ? {} : { node }),
  };
}

interface ContainerHere {
  readonly name: string;
  readonly image: string;
  readonly status: Fields | undefined;
}

/** Every container of a pod, of whichever sort, with its status. */
function containersOf(pod: KubeObject): ContainerHere[] {
  const sorts = [
    ['initContainers', 'initContainerStatuses'],
    ['containers', 'containerStatuses'],
    ['ephemeralContainers', 'ephemeralContainerStatuses'],
  ] as const;
  return sorts.flatMap(([specs, statuses]) => {
    const byName = new Map(
      listAt(pod, 'status', statuses).map((status) => [textAt(status, 'name'), status] as const),
    );
    return listAt(pod, 'spec', specs).map((container) => {
      const name = textAt(container, 'name') ?? '';
      const status = byName.get(name);
      return { name, image: textAt(container, 'image') ?? '', status: isFields(status) ? status : undefined };
    });
  });
}

function registryOf(image: string): { registry?: string } {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return { registry: 'docker.io' };
  return { registry: /[.:]|^localhost$/.test(first) ? first : 'docker.io' };
}

function explainPlacing(pod: KubeObject, place: Place, { incidents }: PodCircumstances): Finding | undefined {
  if (textAt(pod, 'spec', 'nodeName') !== undefined) return undefined;
  const condition = listAt(pod, 'status', 'conditions').find(
    (item) => textAt(item, 'type') === 'PodScheduled' && textAt(item, 'status') === 'False',
  );
  const evidence =
    textAt(condition, 'message') ??
    incidents.findLast(({ reason }) => reason === 'FailedScheduling')?.message;
  if (evidence === undefined) return undefined;
  return { cause: causeOf(PLACE_RULES, evidence, 'unschedulable'), place, evidence };
}

function explainVolume(place: Place, { incidents }: PodCircumstances): Finding | undefined {
  const failed = incidents.findLast(
    ({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume',
  );
  if (failed === undefined) return undefined;
  return { cause: causeOf(VOLUME_RULES, failed.message, 'volume-failed'), place, evidence: failed.message };
}

function explainContainer(
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

/**
 * Since when nothing is known to have moved, in milliseconds since the epoch: the pod has its node (it may have waited for one for long), and
 * its last init container that ended has. NaN where nothing tells.
 */
function waitingSince(pod: KubeObject): number {
  const scheduled = listAt(pod, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'PodScheduled' && textAt(one, 'status') === 'True',
  );
  const onNode = textAt(scheduled, 'lastTransitionTime') ?? pod.metadata.creationTimestamp ?? '';
  const ends = listAt(pod, 'status', 'initContainerStatuses').flatMap(
    (status) => textAt(status, 'state', 'terminated', 'finishedAt') ?? [],
  );
  return Math.max(...[onNode, ...ends].map((time) => Date.parse(time)));
}

/** An init container that works is no silence: the others wait for it. Sidecars (restartPolicy Always) are not waited for. */
function isInitAtWork(pod: KubeObject): boolean {
  const sidecars = new Set(
    listAt(pod, 'spec', 'initContainers')
      .filter((container) => textAt(container, 'restartPolicy') === 'Always')
      .map((container) => textAt(container, 'name')),
  );
  return listAt(pod, 'status', 'initContainerStatuses').some(
    (status) => at(status, 'state', 'running') !== undefined && !sidecars.has(textAt(status, 'name')),
  );
}

function explainSilence(
  pod: KubeObject,
  place: Place,
  { now, incidents }: PodCircumstances,
): readonly Finding[] {
  const since = waitingSince(pod);
  if (now === undefined || Number.isNaN(since) || now - since < SILENCE_MS) return [];
  if (incidents.some(({ type }) => type === 'Warning')) return [];
  if (isInitAtWork(pod)) return [];
  return containersOf(pod)
    .filter(({ status }) => CREATING.has(textAt(status, 'state', 'waiting', 'reason') ?? ''))
    .slice(0, 1)
    .map(({ name, image }) => ({
      cause: 'no-answer' as const,
      place: { ...place, container: name, image, ...registryOf(image) },
      evidence: incidents.at(-1)?.message ?? 'no event since the pod was put on its node',
    }));
}
