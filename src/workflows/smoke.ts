import { randomBytes } from 'node:crypto';
import { SallyportError } from '../base/index.ts';
import { type ClusterClient, runSmoke, type SmokeStep } from '../cluster/index.ts';
import type { Lock, LockedImage, RegistryConfig } from '../lock/index.ts';
import { formatReference, nameOf, parseReference } from '../oci/index.ts';
import { clusterFacts } from '../profiles/index.ts';
import { type ClusterTarget, openCluster } from './cluster.ts';
import type { WorkflowContext } from './context.ts';
import { pullSecretOf } from './lock-target.ts';
import { openProbe } from './probe.ts';
import { allowedBy } from './verify.ts';

export interface SmokeOptions extends Omit<ClusterTarget, 'namespace'> {
  readonly lock: Lock;
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** A reference of the lock; absent: the one that the profile prefers. */
  readonly image?: string | undefined;
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

export interface SmokeResult {
  readonly namespace: string;
  readonly image: string;
  readonly steps: readonly SmokeStep[];
  readonly passed: boolean;
}

/**
 * Tries the platform with a workspace of its own, from its start to its deletion. Throws `NO_INPUT` when the lock has no image for it and what
 * `runSmoke` throws.
 */
export async function smokeTest(context: WorkflowContext, options: SmokeOptions): Promise<SmokeResult> {
  const { lock } = options;
  const image = imageFor(lock, options.image);
  const client = await openCluster(context, options);
  const probe = openProbe(context, client, options.registries);
  const namespace = `sallyport-smoke-${randomBytes(4).toString('hex')}`;
  try {
    const pullSecret = await secretFor(client, lock, context.signal);
    const steps = await runSmoke({
      client,
      namespace,
      image,
      command: options.command,
      allowed: allowedBy(lock),
      timeoutMs: options.timeoutMs,
      probe: probe.ask,
      clock: context.clock,
      emit: context.emit,
      signal: context.signal,
      ...(pullSecret === undefined ? {} : { pullSecret }),
    });
    return { namespace, image, steps, passed: steps.every(({ state }) => state !== 'failed') };
  } finally {
    probe.close();
    client.close();
  }
}

function imageFor(lock: Lock, wanted: string | undefined): string {
  const found = wanted === undefined ? preferred(lock) : named(lock, wanted);
  if (found?.target !== undefined) {
    const { repository, tag } = found.target;
    return formatReference({ ...parseReference(repository), tag, digest: found.digest });
  }
  throw new SallyportError(
    'NO_INPUT',
    wanted === undefined
      ? 'the lock has no image that a workspace can be made of'
      : `the lock has no ${wanted}`,
    { hint: 'Name one of the lock with --smoke-image REFERENCE.' },
  );
}

function preferred(lock: Lock): LockedImage | undefined {
  for (const { repository } of clusterFacts().audit.smoke) {
    const found = lock.images.find(({ reference }) => nameOf(parseReference(reference)) === repository);
    if (found !== undefined) return found;
  }
  return undefined;
}

function named(lock: Lock, wanted: string): LockedImage | undefined {
  return lock.images.find(
    ({ reference }) => reference === wanted || formatReference(parseReference(wanted)) === reference,
  );
}

async function secretFor(
  client: ClusterClient,
  lock: Lock,
  signal: AbortSignal | undefined,
): Promise<{ readonly namespace: string; readonly name: string } | undefined> {
  const name = pullSecretOf(lock);
  if (name === undefined) return undefined;
  for (const { namespace } of clusterFacts().audit.secrets) {
    const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, { signal });
    if (secret !== undefined) return { namespace, name };
  }
  return undefined;
}
