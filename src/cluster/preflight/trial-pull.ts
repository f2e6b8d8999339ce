import { type Clock, type EmitEvent, listAt, SallyportError, textAt, timeLimit } from '../../base/index.ts';
import { removeQuietly } from '../clean-up.ts';
import { explainNamespaces } from '../explain/gather.ts';
import { describeFinding, describeUnread } from '../explain/paragraph.ts';
import type { ProbeRegistry } from '../explain/probe.ts';
import type { ClusterClient, KubeObject } from '../types.ts';

export interface TrialPull {
  readonly client: ClusterClient;
  /** Made for the trial and removed after it. */
  readonly namespace: string;
  readonly image: string;
  /** What the pull secret is to hold, `.dockerconfigjson`; absent: nodes pull without. */
  readonly dockerConfig?: string;
  readonly timeoutMs: number;
  readonly probe: ProbeRegistry;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
}

const EVERY_MS = 500;
const CLEAN_UP_MS = 60_000;
const SECRET = 'pull';
const LABELS = {
  'app.kubernetes.io/managed-by': 'sallyport',
  'app.kubernetes.io/part-of': 'sallyport-preflight',
};

/**
 * Lets a node pull an image as the platform will: a pod with the secret, in a namespace of its own. Whether the program in it starts does not
 * matter. Gives the node's name. Throws `NOT_READY` with the explanation when the image does not come, `ABORTED`; cleans up in any case.
 */
export async function tryPull(trial: TrialPull): Promise<string> {
  const { namespace, emit } = trial;
  await trial.client.create(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: LABELS } },
    { signal: trial.signal },
  );
  let node: string;
  try {
    node = await pullIn(trial);
  } catch (thrown) {
    await removeQuietly(namespace, () => removeNamespace(trial), emit);
    throw thrown;
  }
  await removeNamespace(trial);
  return node;
}

async function pullIn(trial: TrialPull): Promise<string> {
  const { client, namespace, clock, signal, timeoutMs } = trial;
  if (trial.dockerConfig !== undefined) await client.create(secretOf(trial, trial.dockerConfig), { signal });
  await untilAccount(trial);
  await client.create(podOf(trial), { signal });
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const pod = await client.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: 'trial' }, { signal });
    if (pod !== undefined && isPulled(pod)) return textAt(pod, 'spec', 'nodeName') ?? 'a node';
    const reason = waitingReason(pod);
    const late = clock.now() >= deadline;
    if (late || reason === 'ImagePullBackOff' || reason === 'InvalidImageName') {
      const { findings, unread } = await explainNamespaces(client, {
        namespaces: [namespace],
        now: clock.now(),
        probe: trial.probe,
        signal,
      });
      const [finding] = findings;
      if (finding === undefined && !late) continue;
      if (finding === undefined)
        throw new SallyportError(
          'NOT_READY',
          `the pod was not started in time (${[reason ?? 'no state', describeUnread(unread)].filter((part) => part !== '').join('; ')})`,
        );
      const { what, why, fix } = describeFinding(finding);
      throw new SallyportError('NOT_READY', `${what}. ${why}`, { hint: fix });
    }
    await clock.sleep(EVERY_MS, signal);
  }
}

/** Not with the caller's signal: an interrupted trial leaves nothing behind either. */
async function removeNamespace({ client, namespace: name }: TrialPull): Promise<void> {
  const limit = timeLimit(CLEAN_UP_MS);
  const options = { propagation: 'Background', signal: limit.signal } as const;
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', name }, options).finally(limit.done);
}

function secretOf({ namespace }: TrialPull, dockerConfig: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET, namespace, labels: LABELS },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(dockerConfig).toString('base64') },
  };
}

function podOf({ namespace, image, dockerConfig }: TrialPull): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'trial', namespace, labels: LABELS },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      ...(dockerConfig === undefined ? {} : { imagePullSecrets: [{ name: SECRET }] }),
      containers: [
        {
          name: 'trial',
          image,
          // The node must ask: an image that it has already would prove nothing.
          imagePullPolicy: 'Always',
          command: ['true'],
          securityContext: {
            allowPrivilegeEscalation: false,
            runAsNonRoot: true,
            runAsUser: 65_532,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
        },
      ],
    },
  };
}

/** Pods are refused until the namespace has its account. */
async function untilAccount({ client, namespace, clock, signal, timeoutMs }: TrialPull): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' };
  while ((await client.get(account, { signal })) === undefined && clock.now() < deadline)
    await clock.sleep(EVERY_MS, signal);
}

/** The image came when the runtime reports its digest, or anything about the program's own fate. */
function isPulled(pod: KubeObject): boolean {
  const [status] = listAt(pod, 'status', 'containerStatuses');
  if ((textAt(status, 'imageID') ?? '') !== '') return true;
  const reason = waitingReason(pod) ?? '';
  return /^(?:RunContainerError|CrashLoopBackOff|CreateContainer)/.test(reason);
}

function waitingReason(pod: KubeObject | undefined): string | undefined {
  const [status] = listAt(pod, 'status', 'containerStatuses');
  return textAt(status, 'state', 'waiting', 'reason');
}
