import { listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';
import type { Finding, Place } from './causes.ts';
import type { PodCircumstances } from './circumstances.ts';
import { explainContainer } from './container.ts';
import { containersOf, registryOf } from './containers.ts';
import { causeOf, PLACE_RULES, VOLUME_RULES } from './rules.ts';
import { explainSilence } from './silence.ts';

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
