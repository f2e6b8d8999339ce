import { timeLimit, toSallyportError } from '../../base/index.ts';
import type { ObjectName } from '../types.ts';
import { workspaceName } from './objects.ts';
import type { SmokeRequest, SmokeStep } from './types.ts';

/** Milliseconds between looks, and for taking the namespace away after an interruption. */
const EVERY_MS = 500;
const CLEAN_UP_MS = 60_000;
/** How long a finalizer may hold a workspace that failed. */
const FINALIZER_MS = 15_000;

/** Takes everything away and waits until it is gone. A failure is the step's, so that what was found before is told all the same. */
export async function removal(request: SmokeRequest): Promise<SmokeStep> {
  const { client, namespace: name, clock, timeoutMs, signal } = request;
  const step = (state: SmokeStep['state'], message: string): SmokeStep => ({
    name: 'remove the namespace',
    state,
    message,
  });
  try {
    await cleanUp(request);
    const deadline = clock.now() + timeoutMs;
    while ((await client.get({ apiVersion: 'v1', kind: 'Namespace', name }, { signal })) !== undefined) {
      if (clock.now() >= deadline)
        return step('failed', `${name} is still terminating; see kubectl get namespace ${name} -o yaml`);
      await clock.sleep(EVERY_MS, signal);
    }
    return step('done', 'gone');
  } catch (thrown) {
    signal?.throwIfAborted();
    return step(
      'failed',
      `${toSallyportError(thrown).message}. Remove it with: kubectl delete namespace ${name}`,
    );
  }
}

/**
 * Takes everything away, not with the caller's signal: an interrupted trial leaves nothing behind either. The workspace goes first, while its
 * namespace still takes the job that its finalizer waits for; where that job cannot run, the finalizer is taken off, for there is nothing of
 * anybody's to clean. The namespace goes whatever became of that. Throws what either meets.
 */
export async function cleanUp({ client, namespace, clock }: SmokeRequest): Promise<void> {
  const limit = timeLimit(CLEAN_UP_MS);
  const { signal } = limit;
  const workspace = workspaceName(namespace);
  try {
    // Not asked to delete what is not there: without the operator the cluster does not even know the kind.
    if ((await client.get(workspace, { signal })) !== undefined) {
      await client.delete(workspace, { signal });
      const deadline = clock.now() + FINALIZER_MS;
      while ((await client.get(workspace, { signal })) !== undefined) {
        if (clock.now() >= deadline) {
          await client.patch(workspace, { metadata: { finalizers: null } }, 'merge', { signal });
          break;
        }
        await clock.sleep(EVERY_MS, signal);
      }
    }
  } finally {
    const name: ObjectName = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
    await client.delete(name, { propagation: 'Foreground', signal }).finally(limit.done);
  }
}
