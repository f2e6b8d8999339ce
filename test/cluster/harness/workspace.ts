import type { Cluster } from './cluster.ts';

/** A DevWorkspace with one container that waits. `storage` decides whether its deletion needs a cleanup job: all but `ephemeral` do. */
export function workspace(options: {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly storage?: 'common' | 'per-user' | 'ephemeral';
}): object {
  const { namespace, name, image, storage = 'common' } = options;
  const container = { image, memoryRequest: '32Mi', command: ['tail', '-f', '/dev/null'] };
  return {
    apiVersion: 'workspace.devfile.io/v1alpha2',
    kind: 'DevWorkspace',
    metadata: { name, namespace },
    spec: {
      started: true,
      routingClass: 'che',
      template: {
        attributes: { 'controller.devfile.io/storage-type': storage },
        components: [{ name: 'dev', container }],
      },
    },
  };
}

/** Waits until a workspace is in a phase. */
export async function untilPhase(
  { kubectl }: Cluster,
  namespace: string,
  name: string,
  phase: string,
): Promise<void> {
  const condition = `--for=jsonpath={.status.phase}=${phase}`;
  await kubectl('-n', namespace, 'wait', `devworkspace/${name}`, condition, '--timeout=120s');
}

/** Makes the namespace of a user and waits until Che has filled it. */
export async function bringUser({ kubectl }: Cluster, name: string): Promise<void> {
  await kubectl.apply(userNamespace(name));
  await kubectl('-n', name, 'wait', 'secret/registry-pull', '--for=create', '--timeout=20s');
}

/** A namespace of a user, which Che fills with what is labelled for workspaces. */
function userNamespace(name: string): object {
  const labels = {
    'app.kubernetes.io/part-of': 'che.eclipse.org',
    'app.kubernetes.io/component': 'workspaces-namespace',
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** The account `default` of a namespace with pull secrets: jobs of the DevWorkspace Operator pull with it. */
export function serviceAccount(namespace: string, secrets: readonly string[]): object {
  const imagePullSecrets = secrets.map((name) => ({ name }));
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
    imagePullSecrets,
  };
}
