import { formatCount, SallyportError } from '../../base/index.ts';
import { auditPods } from '../audit/audit.ts';
import type { ObjectName } from '../types.ts';
import { hasDefaultClass, smokeNamespace, smokeSecret, smokeWorkspace, workspaceName } from './objects.ts';
import type { SmokeRequest } from './types.ts';
import { deleteAndWatch, podOf, untilRunning } from './watching.ts';

/** Milliseconds between looks, and for a namespace to get its account. */
const EVERY_MS = 500;
const ACCOUNT_MS = 60_000;

/** Does one thing under a name; ends the trial when it fails. */
export type Step = (name: string, work: () => Promise<string>) => Promise<void>;

/** The steps of a trial, one after the other, as `step` lets them. */
export async function trial(
  request: SmokeRequest,
  step: Step,
  skip: (name: string, why: string) => void,
): Promise<void> {
  const { client, namespace, image, pullSecret, command, signal } = request;
  const classes = await client.list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, { signal });
  const storage = hasDefaultClass(classes);
  const workspace = workspaceName(namespace);
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
  const deadline = clock.now() + ACCOUNT_MS;
  while ((await client.get(account, { signal })) === undefined && clock.now() < deadline)
    await clock.sleep(EVERY_MS, signal);
  await client.patch(account, { imagePullSecrets: [{ name: secret }] }, 'merge', { signal });
}
