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
