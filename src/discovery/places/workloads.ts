import { RULES } from '../rules.ts';
import type { Spot } from '../spot.ts';
import { atImagePlace } from '../values.ts';

/**
 * Keys above the containers of pod specs, devfiles and the resources that copy their shape, wherever in an object they stand: every
 * workload kind, and every pod template inside of a custom resource.
 */
const CONTAINERS = new Set([
  'containers',
  'initContainers',
  'ephemeralContainers',
  // devfile 2.x components[].container, Argo WorkflowTemplate
  'container',
  // Tekton TaskSpec
  'steps',
  'sidecars',
  'stepTemplate',
  // Argo Workflows
  'script',
  // Prometheus operator and charts
  'sidecarContainers',
  'extraContainers',
  'extraInitContainers',
]);

/** Whether containers stand below this key. */
export function holdsContainers(key: string): boolean {
  return CONTAINERS.has(key);
}

/** `image` of a container. Keys of the container's own map count as under the list's key. */
export function containerImage(spot: Spot): boolean {
  return (
    spot.facts.key === 'image' &&
    CONTAINERS.has(spot.place.keyAbove) &&
    atImagePlace(spot, RULES.container, 'strict')
  );
}

/** `volumes[].image.reference`. */
export function imageVolume(spot: Spot): boolean {
  return (
    spot.facts.key === 'reference' &&
    spot.place.keyAbove === 'image' &&
    spot.place.volumes &&
    atImagePlace(spot, RULES.imageVolume, 'strict')
  );
}
