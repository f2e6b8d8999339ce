import {
  type Clock,
  type EmitEvent,
  formatCount,
  SallyportError,
  textAt,
  timeLimit,
  toSallyportError,
} from '../../base/index.ts';
import { auditPods } from '../audit/audit.ts';
import type { AllowedImages } from '../audit/judge.ts';
import { removeQuietly } from '../clean-up.ts';
import { explainNamespaces } from '../explain/gather.ts';
import { describeFinding, describeUnread } from '../explain/paragraph.ts';
import type { ProbeRegistry } from '../explain/probe.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import {
  componentOf,
  hasDefaultClass,
  smokeNamespace,
  smokeSecret,
  smokeWorkspace,
  WORKSPACE,
  WORKSPACES,
} from './objects.ts';

export interface SmokeRequest {
  readonly client: ClusterClient;
  /** Made for the trial and removed after it. */
  readonly namespace: string;
  /** Reference at the target, by digest. */
  readonly image: string;
  /** Where the platform's pull secret is; undefined: nodes pull without. */
  readonly pullSecret?: { readonly namespace: string; readonly name: string };
  /** Run in the workspace; must end with 0. */
  readonly command: readonly string[];
  readonly allowed: AllowedImages;
  readonly timeoutMs: number;
  readonly probe: ProbeRegistry;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
}

/** One thing that was tried. `skipped` has the reason. */
export interface SmokeStep {
  readonly name: string;
  readonly state: 'done' | 'failed' | 'skipped';
  readonly message: string;
}

/** Milliseconds between looks, and for taking the namespace away after an interruption. */
const EVERY_MS = 500;
const CLEAN_UP_MS = 60_000;
/** How long a finalizer may hold a workspace that failed. */
const FINALIZER_MS = 15_000;
/** Explaining costs a dozen questions, so it is done every so many looks. */
const LOOKS = 4;

/**
 * Starts a workspace from a mirrored image, runs a command in it, deletes it and sees that the job that cleans up after it ran; then removes
 * its namespace, whatever happened. Ends with the first step that fails; that something could not be removed is a step too. Throws `ABORTED`
 * after cleaning up.
 */
export async function runSmoke(request: SmokeRequest): Promise<readonly SmokeStep[]> {
  const { namespace } = request;
  const steps: SmokeStep[] = [];
  const step = async (name: string, work: () => Promise<string>): Promise<void> => {
    request.signal?.throwIfAborted();
    request.emit({ type: 'step', step: `smoke: ${name}`, state: 'start' });
    try {
      steps.push({ name, state: 'done', message: await work() });
      request.emit({ type: 'step', step: `smoke: ${name}`, state: 'done' });
    } catch (thrown) {
      request.emit({ type: 'step', step: `smoke: ${name}`, state: 'failed' });
      request.signal?.throwIfAborted();
      steps.push({ name, state: 'failed', message: toSallyportError(thrown).message });
      throw new Stopped();
    }
  };
  try {
    await trial(request, step, (name, message) => steps.push({ name, state: 'skipped', message }));
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) {
      await removeQuietly(namespace, () => cleanUp(request), request.emit);
      throw thrown;
    }
  }
  steps.push(await removal(request));
  return steps;
}

class Stopped extends Error {}

/** Takes everything away and waits until it is gone. A failure is the step's, so that what was found before is told all the same. */
async function removal(request: SmokeRequest): Promise<SmokeStep> {
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
async function cleanUp({ client, namespace, clock }: SmokeRequest): Promise<void> {
  const limit = timeLimit(CLEAN_UP_MS);
  const { signal } = limit;
  const workspace: ObjectName = { apiVersion: WORKSPACES, kind: 'DevWorkspace', namespace, name: WORKSPACE };
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

type Step = (name: string, work: () => Promise<string>) => Promise<void>;

async function trial(
  request: SmokeRequest,
  step: Step,
  skip: (name: string, why: string) => void,
): Promise<void> {
  const { client, namespace, image, pullSecret, command, signal } = request;
  const classes = await client.list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, { signal });
  const storage = hasDefaultClass(classes);
  const workspace: ObjectName = { apiVersion: WORKSPACES, kind: 'DevWorkspace', namespace, name: WORKSPACE };
  let id = '';
  await step('make a namespace', async () => {
    await client.create(smokeNamespace(namespace), { signal });
    if (pullSecret === undefined) return namespace;
    const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', ...pullSecret }, { signal });
    if (secret === undefined)
      throw new SallyportError(
        'OBJECT_NOT_FOUND',
        `the pull secret ${pullSecret.namespace}/${pullSecret.name} does not exist`,
      );
    await client.create(smokeSecret(secret, namespace), { signal });
    await withPullSecret(request, pullSecret.name);
    return `${namespace}, with the pull secret ${pullSecret.name}`;
  });
  await step('start a workspace', async () => {
    await client.create(smokeWorkspace(namespace, image, { storage }), { signal });
    id = await untilRunning(request, workspace);
    return `${id} from ${image}`;
  });
  await step('compare its images with the lock', async () => {
    const judged = await auditPods(client, { namespaces: [namespace], allowed: request.allowed, signal });
    const wrong = judged.filter(({ verdict }) => verdict !== 'locked' && verdict !== 'excluded');
    if (wrong.length === 0) return `${formatCount(judged.length, 'container')} as locked`;
    throw new SallyportError(
      'NOT_READY',
      wrong.map((one) => `${one.container} ${one.why ?? one.verdict} (${one.image})`).join('; '),
    );
  });
  await step('run a command in it', async () => {
    const { pod, container } = await podOf(request, id);
    const result = await client.exec({ namespace, name: pod }, container, command, { signal });
    if (result.exitCode === 0) return `${command.join(' ')} → ${result.stdout.trim()}`;
    throw new SallyportError(
      'NOT_READY',
      `${command.join(' ')} ended with ${result.exitCode}: ${result.stderr.trim()}`,
    );
  });
  if (!storage)
    skip(
      'clean up after it',
      'the cluster has no default storage class, so no volume was shared and no job needed',
    );
  await step(storage ? 'clean up after it' : 'delete it', async () => {
    const jobs = await deleteAndWatch(request, workspace);
    if (!storage) return 'gone';
    if (jobs.length === 0)
      throw new SallyportError('NOT_READY', 'the workspace went away without the job that cleans its volume');
    return jobs.join(', ');
  });
}

/** The job that cleans up runs as the namespace's default account, which the labels of the secret do not reach. */
async function withPullSecret(
  { client, namespace, clock, signal }: SmokeRequest,
  secret: string,
): Promise<void> {
  const account: ObjectName = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' };
  const deadline = clock.now() + CLEAN_UP_MS;
  while ((await client.get(account, { signal })) === undefined && clock.now() < deadline)
    await clock.sleep(EVERY_MS, signal);
  await client.patch(account, { imagePullSecrets: [{ name: secret }] }, 'merge', { signal });
}

async function untilRunning(request: SmokeRequest, name: ObjectName): Promise<string> {
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

async function podOf(
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
async function deleteAndWatch(request: SmokeRequest, name: ObjectName): Promise<readonly string[]> {
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
