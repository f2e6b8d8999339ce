import { listAt, textAt } from '../../base/index.ts';
import type { KubeObject, ObjectName } from '../types.ts';

const WORKSPACES = 'workspace.devfile.io/v1alpha2';
const WORKSPACE = 'smoke';

export function workspaceName(namespace: string): ObjectName {
  return { apiVersion: WORKSPACES, kind: 'DevWorkspace', namespace, name: WORKSPACE };
}

/** Nothing of what is made for the trial is to be taken for somebody's. */
const LABELS = {
  'app.kubernetes.io/managed-by': 'sallyport',
  'app.kubernetes.io/part-of': 'sallyport-smoke',
};

export function smokeNamespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: LABELS } };
}

/**
 * The platform's pull secret for the namespace of the trial. Both labels are needed: one for the pods of workspaces, one so that the
 * controller's cache holds it (devfile/devworkspace-operator v0.42.0, pkg/provision/workspace/pull_secret.go, pkg/cache/cache.go).
 */
export function smokeSecret(secret: KubeObject, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret.metadata.name,
      namespace,
      labels: {
        ...LABELS,
        'controller.devfile.io/devworkspace_pullsecret': 'true',
        'controller.devfile.io/watch-secret': 'true',
      },
    },
    type: textAt(secret, 'type') ?? 'kubernetes.io/dockerconfigjson',
    data: secret['data'],
  };
}

/**
 * A workspace of one container that only waits. `cluster` routing needs no domain. Shared storage makes its deletion run a job, whose image is
 * pulled then only; without storage that is left out.
 */
export function smokeWorkspace(
  namespace: string,
  image: string,
  { storage }: { readonly storage: boolean },
): KubeObject {
  return {
    apiVersion: WORKSPACES,
    kind: 'DevWorkspace',
    metadata: { name: WORKSPACE, namespace, labels: LABELS },
    spec: {
      started: true,
      routingClass: 'cluster',
      template: {
        attributes: { 'controller.devfile.io/storage-type': storage ? 'common' : 'ephemeral' },
        components: [
          {
            name: 'tools',
            container: {
              image,
              memoryRequest: '64Mi',
              memoryLimit: '256Mi',
              cpuRequest: '50m',
              mountSources: true,
              command: ['tail', '-f', '/dev/null'],
            },
          },
        ],
      },
    },
  };
}

/** Whether claims without a class get a volume: the cluster has a default class. */
export function hasDefaultClass(classes: readonly KubeObject[]): boolean {
  return classes.some(
    ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
}

/** The container that runs the workspace's component, by its image. */
export function componentOf(pod: KubeObject, image: string): string | undefined {
  const container = listAt(pod, 'spec', 'containers').find((one) => textAt(one, 'image') === image);
  return textAt(container, 'name');
}
