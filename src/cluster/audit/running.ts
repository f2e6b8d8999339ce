import { listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';

/** One container of one pod as the cluster reports it, or one volume that is an image. */
export interface RunningContainer {
  readonly namespace: string;
  readonly pod: string;
  /** Of a volume: the volume's name. */
  readonly container: string;
  readonly sort: 'init' | 'container' | 'ephemeral' | 'volume';
  /** What the pod asks for: the truth about where it comes from. */
  readonly image: string;
  /**
   * What the runtime says it runs: `repository@sha256:…`, or a bare `sha256:…` of the configuration. Its repository may be another one that
   * holds the same digest (kubernetes#51017, #74081), so only the digest counts. Absent until the container was started once.
   */
  readonly imageId?: string;
  /** Kind and name of what made the pod, `ReplicaSet/che-6f…`; absent for a pod of its own. */
  readonly owner?: string;
}

const SORTS = [
  { sort: 'init', specs: 'initContainers', statuses: 'initContainerStatuses' },
  { sort: 'container', specs: 'containers', statuses: 'containerStatuses' },
  { sort: 'ephemeral', specs: 'ephemeralContainers', statuses: 'ephemeralContainerStatuses' },
] as const;

/** Every container of a pod, those with a spec and those that only the status knows, and every volume that is an image (KEP-4639). */
export function containersOf(pod: KubeObject): readonly RunningContainer[] {
  const { name, namespace = 'default' } = pod.metadata;
  const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller === true);
  const owner = controller === undefined ? {} : { owner: `${controller.kind}/${controller.name}` };
  const volumes = listAt(pod, 'spec', 'volumes').flatMap((volume) => {
    const image = textAt(volume, 'image', 'reference');
    if (image === undefined) return [];
    const container = textAt(volume, 'name') ?? '';
    return [{ namespace, pod: name, container, sort: 'volume' as const, image, ...owner }];
  });
  const containers = SORTS.flatMap(({ sort, specs, statuses }) => {
    const left = new Map(
      listAt(pod, 'status', statuses).map((status) => [textAt(status, 'name') ?? '', status]),
    );
    const specified = listAt(pod, 'spec', specs).map((spec) => {
      const container = textAt(spec, 'name') ?? '';
      const status = left.get(container);
      left.delete(container);
      const imageId = textAt(status, 'imageID') ?? '';
      return {
        namespace,
        pod: name,
        container,
        sort,
        image: textAt(spec, 'image') ?? '',
        ...(imageId === '' ? {} : { imageId }),
        ...owner,
      };
    });
    const unspecified = [...left.values()].map((status) => {
      const imageId = textAt(status, 'imageID') ?? '';
      return {
        namespace,
        pod: name,
        container: textAt(status, 'name') ?? '',
        sort,
        image: textAt(status, 'image') ?? '',
        ...(imageId === '' ? {} : { imageId }),
        ...owner,
      };
    });
    return [...specified, ...unspecified];
  });
  return [...containers, ...volumes];
}
