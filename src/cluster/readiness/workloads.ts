import { listAt, numberAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';
import { conditionOf, said } from './conditions.ts';
import { failed, READY, type Readiness, waiting } from './types.ts';

/** kstatus: a rollout is done when the newest generation was seen and all its replicas are updated and available (sigs.k8s.io/cli-utils/pkg/kstatus/status/core.go). */
export function deployment(object: KubeObject): Readiness {
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(said(progressing));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const status = (name: string): number => numberAt(object, 'status', name) ?? 0;
  if (status('updatedReplicas') < wanted)
    return waiting(`${status('updatedReplicas')} of ${wanted} replicas are new${replicaFailure(object)}`);
  if (status('replicas') > wanted)
    return waiting(`${status('replicas') - wanted} old replicas are still there`);
  if (status('availableReplicas') < wanted)
    return waiting(
      `${status('availableReplicas')} of ${wanted} replicas are available${replicaFailure(object)}`,
    );
  return READY;
}

/** Pods that cannot even be made (quota, admission) show here only. */
function replicaFailure(object: KubeObject): string {
  const condition = conditionOf(object, 'ReplicaFailure');
  return condition?.status === 'True' ? `; ${said(condition)}` : '';
}

export function statefulSet(object: KubeObject): Readiness {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  if (ready < wanted) return waiting(`${ready} of ${wanted} replicas are ready`);
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return READY;
  const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  if (updated < wanted - partition) return waiting(`${updated} of ${wanted - partition} replicas are new`);
  return READY;
}

export function daemonSet(object: KubeObject): Readiness {
  const wanted = numberAt(object, 'status', 'desiredNumberScheduled');
  if (wanted === undefined) return waiting('no node was looked at yet');
  const updated = numberAt(object, 'status', 'updatedNumberScheduled') ?? 0;
  const available = numberAt(object, 'status', 'numberAvailable') ?? 0;
  if (updated < wanted && textAt(object, 'spec', 'updateStrategy', 'type') !== 'OnDelete')
    return waiting(`${updated} of ${wanted} pods are new`);
  return available < wanted ? waiting(`${available} of ${wanted} pods are available`) : READY;
}

export function replicaSet(object: KubeObject): Readiness {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  return ready < wanted
    ? waiting(`${ready} of ${wanted} replicas are ready${replicaFailure(object)}`)
    : READY;
}

/** A Job is there to be done; kstatus takes a started one for current, which helps nobody who waits for it. */
export function job(object: KubeObject): Readiness {
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(said(failure));
  if (conditionOf(object, 'Complete')?.status === 'True') return READY;
  if (conditionOf(object, 'Suspended')?.status === 'True') return READY;
  const active = numberAt(object, 'status', 'active') ?? 0;
  return waiting(active === 0 ? 'no pod has started' : `${active} pods run`);
}

export function pod(object: KubeObject): Readiness {
  const phase = textAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Succeeded') return READY;
  if (phase === 'Failed') return failed(textAt(object, 'status', 'reason') ?? 'the pod failed');
  if (conditionOf(object, 'Ready')?.status === 'True') return READY;
  const scheduled = conditionOf(object, 'PodScheduled');
  if (scheduled?.status === 'False') return waiting(said(scheduled));
  for (const list of ['initContainerStatuses', 'containerStatuses'])
    for (const container of listAt(object, 'status', list)) {
      const reason = textAt(container, 'state', 'waiting', 'reason');
      if (reason !== undefined && reason !== 'PodInitializing' && reason !== 'ContainerCreating')
        return waiting(`container ${textAt(container, 'name') ?? ''}: ${reason}`);
    }
  return waiting(phase === 'Running' ? 'not all containers are ready' : phase);
}
