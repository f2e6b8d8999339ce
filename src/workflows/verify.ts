import { SallyportError } from '../base/index.ts';
import {
  type AllowedImages,
  auditPods,
  type CheckedFinding,
  type CheckedObject,
  type ClusterClient,
  checkCondition,
  describeFinding,
  explainNamespaces,
  type FindingText,
  type Judged,
  missingParts,
  namespacesWith,
} from '../cluster/index.ts';
import type { Lock, RegistryConfig } from '../lock/index.ts';
import { clusterFacts } from '../profiles/index.ts';
import { type ClusterTarget, openCluster } from './cluster.ts';
import type { WorkflowContext } from './context.ts';
import { openProbe } from './probe.ts';

export interface VerifyOptions extends Omit<ClusterTarget, 'namespace'> {
  readonly lock: Lock;
  /** Namespaces to look at; empty: those that the profiles know and the cluster has, with those that the platform made for its users. */
  readonly namespaces: readonly string[];
  readonly allNamespaces: boolean;
  /** How registries are reached, for asking them about what cannot be pulled. */
  readonly registries: Readonly<Record<string, RegistryConfig>>;
}

/** Why one thing does not run, in words. */
export interface DescribedFinding extends FindingText {
  readonly cause: CheckedFinding['cause'];
  /** The cluster's own words. */
  readonly evidence: string;
}

export interface VerifyResult {
  readonly server: string;
  readonly context: string;
  readonly namespaces: readonly string[];
  readonly containers: readonly Judged[];
  readonly objects: readonly CheckedObject[];
  /** Why what does not run does not. */
  readonly findings: readonly DescribedFinding[];
  /** What may not be listed, `Event in eclipse-che`, so that causes may be missing. */
  readonly unread: readonly string[];
  /** Everything that was looked at is as it should be. */
  readonly verified: boolean;
}

/**
 * Compares what runs with the lock, and looks whether the platform is all there and works. Throws `NO_INPUT` when there is nothing to look at, `LOCK_INVALID`
 * when the lock names no target, and what the cluster refuses to show: what was not looked at is never called verified.
 */
export async function verifyCluster(context: WorkflowContext, options: VerifyOptions): Promise<VerifyResult> {
  const allowed = allowedBy(options.lock);
  const client = await openCluster(context, options);
  try {
    const signal = context.signal;
    const namespaces = await chooseNamespaces(client, options, signal);
    const [containers, condition] = await Promise.all([
      auditPods(client, { namespaces, allowed, signal }),
      checkCondition(client, { namespaces, knowledge: clusterFacts(), signal }),
    ]);
    if (containers.length === 0)
      throw new SallyportError(
        'NO_INPUT',
        `no pod runs in ${namespaces.join(', ')}, so nothing can be verified`,
        {
          hint: 'Apply the platform first, or name the namespaces that it runs in with -n NAME.',
        },
      );
    // Namespaces that somebody named are all that is asked about.
    const missing =
      options.namespaces.length > 0 ? [] : missingParts(allowed, containers, namespaces, clusterFacts());
    const objects = [...missing, ...condition];
    const trouble =
      containers.some(({ imageId, sort }) => imageId === undefined && sort !== 'volume') ||
      objects.some(({ ready }) => !ready);
    const { findings, unread } = trouble
      ? await explain(context, client, namespaces, options)
      : { findings: [], unread: [] };
    return {
      server: client.server,
      context: client.context,
      namespaces,
      containers,
      objects,
      findings,
      unread,
      verified:
        containers.every(({ verdict }) => verdict === 'locked' || verdict === 'excluded') &&
        objects.every(({ ready }) => ready),
    };
  } finally {
    client.close();
  }
}

async function explain(
  context: WorkflowContext,
  client: ClusterClient,
  namespaces: readonly string[],
  { registries }: VerifyOptions,
): Promise<Pick<VerifyResult, 'findings' | 'unread'>> {
  const probe = openProbe(context, client, registries);
  try {
    const { findings, unread } = await explainNamespaces(client, {
      namespaces,
      now: context.clock.now(),
      probe: probe.ask,
      signal: context.signal,
    });
    return {
      findings: findings.map((finding) => ({
        cause: finding.cause,
        evidence: finding.evidence,
        ...describeFinding(finding),
      })),
      unread,
    };
  } finally {
    probe.close();
  }
}

/** What a lock lets run: its targets with every digest that belongs to them, and what it leaves out on purpose. */
export function allowedBy(lock: Lock): AllowedImages {
  const images = lock.images.flatMap(({ reference, target, digest, platforms }) =>
    target === undefined
      ? []
      : [
          {
            source: reference,
            repository: target.repository,
            tag: target.tag,
            digests: [digest, ...platforms.map((platform) => platform.digest)],
          },
        ],
  );
  if (images.length === 0)
    throw new SallyportError('LOCK_INVALID', 'the lock names no target, so nothing can be compared with it', {
      hint: 'Lock with a target: `sallyport lock --to HOST/PATH`.',
    });
  return { images, excluded: lock.excluded };
}

async function chooseNamespaces(
  client: ClusterClient,
  { namespaces, allNamespaces }: VerifyOptions,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const named = (name: string) => client.get({ apiVersion: 'v1', kind: 'Namespace', name }, { signal });
  if (allNamespaces) return namespacesWith(client, '', { signal });
  if (namespaces.length > 0) {
    const found = await Promise.all(namespaces.map(named));
    const missing = namespaces.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return [...new Set(namespaces)].sort();
    throw new SallyportError('NO_INPUT', `the cluster has no namespace ${missing.join(', ')}`, {
      hint: 'See `kubectl get namespaces`.',
    });
  }
  const { audit } = clusterFacts();
  const own = await Promise.all(audit.namespaces.map(({ name }) => named(name)));
  const users = await Promise.all(
    audit.userNamespaces.map(({ labels }) =>
      namespacesWith(
        client,
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
        { signal },
      ),
    ),
  );
  const all = [...new Set([...own.flatMap((object) => object?.metadata.name ?? []), ...users.flat()])].sort();
  if (all.length > 0) return all;
  throw new SallyportError('NO_INPUT', 'the cluster has none of the namespaces that the profiles know', {
    hint: 'Name the ones to look at with -n NAME, or all with --all-namespaces.',
  });
}
