import { SallyportError } from '../base/index.ts';
import {
  type GuardMode,
  type KubeObject,
  MUTATING_VERSIONS,
  mutatingGuard,
  validatingGuard,
} from '../cluster/index.ts';
import type { Lock } from '../lock/index.ts';
import { formatReference, parseReference } from '../oci/index.ts';
import { clusterFacts } from '../profiles/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { type ClusterTarget, openCluster } from './cluster.ts';
import type { WorkflowContext } from './context.ts';

export interface GuardOptions extends Omit<ClusterTarget, 'namespace'> {
  readonly lock: Lock;
  readonly name: string;
  readonly mode: GuardMode;
  /** By name; empty: the platform's, and those that it makes for its users. */
  readonly namespaces: readonly string[];
  /** Further prefixes of references that may run. */
  readonly allow: readonly string[];
  /** Puts copies in place of their sources instead of refusing the sources. */
  readonly mutate: boolean;
}

/**
 * Admission policies for a lock, as YAML to be applied. `mutate` asks the cluster which version of the kind it has. Throws `LOCK_INVALID`
 * when the lock names no target, `KIND_UNKNOWN` when the server has no MutatingAdmissionPolicy.
 */
export async function writeGuard(context: WorkflowContext, options: GuardOptions): Promise<string> {
  const { lock, name, namespaces, mode } = options;
  const { audit } = clusterFacts();
  const scope = {
    namespaces: namespaces.length > 0 ? namespaces : audit.namespaces.map((one) => one.name),
    labels: namespaces.length > 0 ? [] : audit.userNamespaces.map(({ labels }) => labels),
  };
  if (lock.target === undefined)
    throw new SallyportError('LOCK_INVALID', 'names no target, so that no image could run', {
      hint: 'Lock with a target: `sallyport lock --to HOST/PATH`.',
    });
  const objects = options.mutate
    ? mutatingGuard({
        name,
        scope,
        apiVersion: await mutatingVersion(context, options),
        images: copiesOf(lock),
      })
    : validatingGuard({
        name,
        scope,
        mode,
        prefixes: [lock.target.prefix, ...options.allow].map((prefix) => prefix.replace(/\/+$/, '')),
        exact: lock.excluded.flatMap(({ reference }) => spellingsOf(reference)),
      });
  return objects.map((object: KubeObject) => stringifyYaml(object)).join('---\n');
}

async function mutatingVersion(context: WorkflowContext, target: GuardOptions): Promise<string> {
  const client = await openCluster(context, target);
  try {
    for (const version of MUTATING_VERSIONS)
      if (
        (await client.kinds.find(version, 'MutatingAdmissionPolicy', { signal: context.signal })) !==
        undefined
      )
        return version;
    throw new SallyportError('KIND_UNKNOWN', 'the server has no MutatingAdmissionPolicy', {
      subject: client.server,
      hint: 'It needs Kubernetes 1.34 with the feature gate and the API version switched on, or a newer one. `sallyport render` rewrites manifests without it.',
    });
  } finally {
    client.close();
  }
}

/** What manifests may write for an image → its copy by digest. Short names of Docker Hub are written in several ways. */
function copiesOf(lock: Lock): Readonly<Record<string, string>> {
  const copies: Record<string, string> = {};
  for (const { reference, target, digest } of lock.images) {
    if (target === undefined) continue;
    const copy = formatReference({ ...parseReference(target.repository), tag: target.tag, digest });
    for (const spelling of spellingsOf(reference)) copies[spelling] = copy;
  }
  return copies;
}

function spellingsOf(reference: string): readonly string[] {
  const short = reference.startsWith('docker.io/') ? [reference.slice('docker.io/'.length)] : [];
  const shortest = short[0]?.startsWith('library/') === true ? [short[0].slice('library/'.length)] : [];
  return [reference, ...short, ...shortest];
}
