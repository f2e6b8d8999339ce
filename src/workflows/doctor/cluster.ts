import { randomBytes } from 'node:crypto';
import { type ClusterClient, type KubeObject, tryPull } from '../../cluster/index.ts';
import type { Lock, LockedImage, RegistryConfig } from '../../lock/index.ts';
import { formatReference, parseReference } from '../../oci/index.ts';
import { clusterFacts } from '../../profiles/index.ts';
import { type ClusterTarget, openCluster, readClusterObjects } from '../cluster.ts';
import type { WorkflowContext } from '../context.ts';
import { openProbe } from '../probe.ts';
import { targetLogin } from '../target-login.ts';
import { runChecks } from './check.ts';
import { CLUSTER_CHECKS } from './cluster-checks.ts';
import type { DoctorResult } from './doctor.ts';

export interface PreflightOptions extends Omit<ClusterTarget, 'namespace'> {
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** Tells the images, their platforms and the target; without it neither is looked at. */
  readonly lock?: Lock;
  /** What is to be applied: folders, files; for the rights. */
  readonly names: readonly string[];
  readonly timeoutMs: number;
}

/** Looks whether a cluster can take the platform, and lets a node pull from the target. Throws `ABORTED` after cleaning up, and what the kubeconfig is wrong in. */
export async function examineCluster(
  context: WorkflowContext,
  options: PreflightOptions,
): Promise<DoctorResult> {
  const objects: readonly KubeObject[] =
    options.names.length === 0 ? [] : await readClusterObjects(context, options.names);
  const client = await openCluster(context, options);
  try {
    const findings = await runChecks(CLUSTER_CHECKS, {
      client,
      facts: clusterFacts(),
      platforms: (options.lock?.images ?? []).map(({ platforms }) =>
        platforms.map(({ platform }) => platform),
      ),
      imageBytes: (options.lock?.images ?? []).reduce((sum, { size }) => sum + size, 0),
      objects,
      pull: pullFor(context, client, options),
      signal: context.signal,
    });
    return {
      subject: client.server,
      findings,
      learned: {},
      fit: !findings.some(({ state }) => state === 'failed'),
    };
  } finally {
    client.close();
  }
}

/** The trial with the smallest image of the lock, and with the login that this machine has for the target. */
function pullFor(
  context: WorkflowContext,
  client: ClusterClient,
  { lock, registries, timeoutMs }: PreflightOptions,
): (() => Promise<{ node: string; image: string }>) | undefined {
  const smallest = lock === undefined ? undefined : smallestOf(lock);
  if (smallest?.target === undefined) return undefined;
  const target = parseReference(smallest.target.repository);
  const image = formatReference({ ...target, tag: smallest.target.tag, digest: smallest.digest });
  return async () => {
    const probe = openProbe(context, client, registries);
    try {
      const dockerConfig = await targetLogin(context, target, registries);
      const node = await tryPull({
        client,
        namespace: `sallyport-preflight-${randomBytes(4).toString('hex')}`,
        image,
        timeoutMs,
        probe: probe.ask,
        clock: context.clock,
        emit: context.emit,
        signal: context.signal,
        ...(dockerConfig === undefined ? {} : { dockerConfig }),
      });
      return { node, image };
    } finally {
      probe.close();
    }
  };
}

function smallestOf({ images }: Lock): LockedImage | undefined {
  return images
    .filter(({ target }) => target !== undefined)
    .reduce<LockedImage | undefined>(
      (least, image) => (least === undefined || image.size < least.size ? image : least),
      undefined,
    );
}
