import { type Fields, isFields, listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';

export interface ContainerHere {
  readonly name: string;
  readonly image: string;
  readonly status: Fields | undefined;
}

/** Every container of a pod, of whichever sort, with its status. */
export function containersOf(pod: KubeObject): ContainerHere[] {
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

/** Host of an image's registry, as nodes read it. */
export function registryOf(image: string): { registry?: string } {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return { registry: 'docker.io' };
  return { registry: /[.:]|^localhost$/.test(first) ? first : 'docker.io' };
}
