import { at, listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';
import type { Finding, Place } from './causes.ts';
import type { PodCircumstances } from './circumstances.ts';
import { containersOf, registryOf } from './containers.ts';

/** A pull that has made no event for this long is one that gets no answer; containerd itself never gives up (seen: 8 minutes without a word). */
const SILENCE_MS = 120_000;

/** In a pod with init containers the kubelet says the second of all containers, the one that it pulls for included. */
const CREATING = new Set(['ContainerCreating', 'PodInitializing']);

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

/** A pod of which nothing is heard: its registry does not answer. Empty while that may still be ordinary. */
export function explainSilence(
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
