import { SallyportError, textAt } from '../../base/index.ts';
import { explainNamespaces } from '../explain/gather.ts';
import { describeFinding, describeUnread } from '../explain/paragraph.ts';
import type { KubeObject, ObjectName } from '../types.ts';
import { componentOf } from './objects.ts';
import type { SmokeRequest } from './types.ts';

/** Milliseconds between looks. */
const EVERY_MS = 500;
/** Explaining costs a dozen questions, so it is done every so many looks. */
const LOOKS = 4;

/** Waits until the workspace runs and gives its id. Throws `NOT_READY` with the cause. */
export async function untilRunning(request: SmokeRequest, name: ObjectName): Promise<string> {
  const { client, clock, timeoutMs, signal, namespace } = request;
  const deadline = clock.now() + timeoutMs;
  // A workspace that fails takes its pods away: what was wrong with them has to be seen before.
  let why = '';
  for (let look = 1; ; look++) {
    const workspace = await client.get(name, { signal });
    const phase = textAt(workspace, 'status', 'phase');
    if (phase === 'Running') return textAt(workspace, 'status', 'devworkspaceId') ?? '';
    const message = textAt(workspace, 'status', 'message') ?? '';
    if (look % LOOKS === 0 || clock.now() >= deadline) why = (await explained(request, [namespace])) || why;
    if (phase === 'Failed' || phase === 'Error' || clock.now() >= deadline) {
      const how =
        phase === 'Failed' || phase === 'Error'
          ? `is ${phase}`
          : `is not Running in time (${phase ?? 'no phase yet'})`;
      throw new SallyportError('NOT_READY', `the workspace ${how}: ${message}${why}`);
    }
    await clock.sleep(EVERY_MS, signal);
  }
}

async function explained(
  { client, clock, probe, signal }: SmokeRequest,
  namespaces: readonly string[],
): Promise<string> {
  const { findings, unread } = await explainNamespaces(client, {
    namespaces,
    now: clock.now(),
    probe,
    signal,
  });
  const found = findings
    .map(describeFinding)
    .map(({ what, where, why, fix }) => `\n${what}\n${where}\n${why}\nTo mend it: ${fix}`)
    .join('');
  return found === '' && unread.length > 0 ? `\n${describeUnread(unread)}` : found;
}

/** The pod and the container that run the workspace's component. Throws `OBJECT_NOT_FOUND`. */
export async function podOf(
  { client, namespace, image, signal }: SmokeRequest,
  id: string,
): Promise<{ readonly pod: string; readonly container: string }> {
  const pods = await client.list(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      labelSelector: `controller.devfile.io/devworkspace_id=${id}`,
    },
    { signal },
  );
  for (const pod of pods) {
    const container = componentOf(pod, image);
    if (container !== undefined) return { pod: pod.metadata.name, container };
  }
  throw new SallyportError('OBJECT_NOT_FOUND', `no pod of ${id} has a container of ${image}`);
}

/** Deletes the workspace, waits until it is gone and tells the jobs that ran meanwhile: they go away with it. */
export async function deleteAndWatch(request: SmokeRequest, name: ObjectName): Promise<readonly string[]> {
  const { client, clock, timeoutMs, signal, namespace } = request;
  const jobs = new Map<string, string>();
  await client.delete(name, { signal });
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    for (const job of await client.list({ apiVersion: 'batch/v1', kind: 'Job', namespace }, { signal }))
      jobs.set(job.metadata.name, stateOf(job));
    const left = await client.get(name, { signal });
    if (left === undefined) return [...jobs].map(([job, state]) => `${job} ${state}`);
    if (clock.now() >= deadline) {
      const why = await explained(request, [namespace]);
      const finalizers = (left.metadata.finalizers ?? []).join(', ');
      throw new SallyportError(
        'NOT_READY',
        `the workspace is not gone in time; ${finalizers} holds it${why}`,
      );
    }
    await clock.sleep(EVERY_MS, signal);
  }
}

function stateOf(job: KubeObject): string {
  const succeeded = (job['status'] as { succeeded?: number } | undefined)?.succeeded ?? 0;
  return succeeded > 0 ? 'succeeded' : 'ran';
}
