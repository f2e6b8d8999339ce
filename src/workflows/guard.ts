import { SallyportError } from '../base/index.ts';
import {
  type ClusterClient,
  describeName,
  describesPods,
  type GuardMode,
  type GuardScope,
  isGuard,
  type KubeObject,
  MUTATING_VERSIONS,
  mutatingGuard,
  nameOf,
  pullSecretPolicy,
  validatingGuard,
} from '../cluster/index.ts';
import type { Lock } from '../lock/index.ts';
import { formatReference, parsePrefix, parseReference, spellingsOf } from '../oci/index.ts';
import { clusterFacts } from '../profiles/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { type ClusterTarget, openCluster } from './cluster.ts';
import type { WorkflowContext } from './context.ts';
import { pullSecretOf, targetPrefixOf } from './lock-target.ts';

export interface GuardOptions extends Omit<ClusterTarget, 'namespace'> {
  readonly lock: Lock;
  readonly name: string;
  /** What happens to pods. */
  readonly mode: GuardMode;
  /** What happens to what pods are made from. Undefined: warned about, or noted where pods are: nobody's Deployment is refused unasked. */
  readonly workloads?: GuardMode | 'off' | undefined;
  /** By name; empty: the platform's, and those that it makes for its users. */
  readonly namespaces: readonly string[];
  /** Besides the platform's. */
  readonly also?: readonly string[];
  /** Further prefixes of references that may run. */
  readonly allow: readonly string[];
  /** Puts copies in place of their sources instead of refusing the sources. */
  readonly mutate: boolean;
  /** Gives new pods in the namespaces of users the lock's pull secret. */
  readonly pullSecrets: boolean;
}

/**
 * Admission policies for a lock, as YAML to be applied. `mutate` and `pullSecrets` ask the cluster which version of the kind it has. Throws
 * `LOCK_INVALID` when the lock names no target or no pull secret, `KIND_UNKNOWN` when the server has no MutatingAdmissionPolicy.
 */
export async function writeGuard(context: WorkflowContext, options: GuardOptions): Promise<string> {
  const { lock, name, mutate, pullSecrets, namespaces } = options;
  const objects: KubeObject[] = [];
  if (mutate || pullSecrets) {
    const apiVersion = await mutatingVersion(context, options);
    if (mutate)
      objects.push(...mutatingGuard({ name, scope: scopeOf(options), apiVersion, images: copiesOf(lock) }));
    if (pullSecrets)
      objects.push(
        ...pullSecretPolicy({
          name: `${name}-pull-secrets`,
          scope: namespaces.length > 0 ? scopeOf(options) : { ...scopeOf(options), namespaces: [] },
          apiVersion,
          secret: secretOf(lock),
        }),
      );
  } else objects.push(...guardFor(options));
  return objects.map((object: KubeObject) => stringifyYaml(object)).join('---\n');
}

/** The policies that let only images of the lock's target run. Throws `LOCK_INVALID` when it names none, `REFERENCE_INVALID` for a wrong prefix. */
export function guardFor(
  options: Pick<GuardOptions, 'lock' | 'name' | 'mode' | 'workloads' | 'namespaces' | 'also' | 'allow'>,
): readonly KubeObject[] {
  const { lock, name, mode, workloads, allow } = options;
  return validatingGuard({
    name,
    scope: scopeOf(options),
    mode,
    workloads: workloads === 'off' ? undefined : (workloads ?? (mode === 'audit' ? 'audit' : 'warn')),
    prefixes: [targetPrefixOf(lock), ...allow].map(prefixText),
    exact: lock.excluded.flatMap(({ reference }) => spellingsOf(reference)),
  });
}

/** Throws `REFERENCE_INVALID` for what no reference begins with: it would let nothing run, and nobody would be told. */
function prefixText(text: string): string {
  const { registry, path } = parsePrefix(text);
  return path === '' ? registry : `${registry}/${path}`;
}

/** What of a guard may be wished for beside manifests; its name and namespaces follow from them. */
export type GuardWish = Pick<GuardOptions, 'lock' | 'mode' | 'workloads' | 'allow'>;

/**
 * Manifests with the guard of their lock beside them: `guard`'s own, held also over the namespaces that the manifests start pods in. Throws
 * `KIND_UNKNOWN` on a server that has no such policies, `CONFLICTING_OPTIONS` when the manifests bring a guard themselves.
 */
export async function withGuard(
  client: ClusterClient,
  objects: readonly KubeObject[],
  wish: GuardWish,
  signal: AbortSignal | undefined,
): Promise<readonly KubeObject[]> {
  const own = objects.find(isGuard);
  if (own !== undefined)
    throw new SallyportError('CONFLICTING_OPTIONS', 'the manifests bring a guard, and --guard makes one', {
      subject: describeName(nameOf(own)),
      hint: 'Leave one of them out.',
    });
  const made = guardFor({
    ...wish,
    name: DEFAULT_GUARD,
    namespaces: [],
    also: podNamespaces(client, objects),
  });
  const [{ apiVersion, kind } = { apiVersion: '', kind: '' }] = made;
  if ((await client.kinds.find(apiVersion, kind, { signal })) !== undefined) return [...objects, ...made];
  throw new SallyportError('KIND_UNKNOWN', `the server has no ${kind}, which --guard makes`, {
    subject: client.server,
    hint: 'It needs Kubernetes 1.30 or newer; without --guard everything else is applied.',
  });
}

export const DEFAULT_GUARD = 'sallyport-guard';

/** Where the manifests start pods. Kubernetes' own namespaces (`kube-`, reserved by its naming rules) are never guarded: its pods are not relocated. */
function podNamespaces(client: ClusterClient, objects: readonly KubeObject[]): readonly string[] {
  const names = objects
    .filter((object) => describesPods(object))
    .map(({ metadata }) => metadata.namespace ?? client.namespace);
  return [...new Set(names)].filter((name) => !name.startsWith('kube-')).sort();
}

function scopeOf({ namespaces, also = [] }: Pick<GuardOptions, 'namespaces' | 'also'>): GuardScope {
  const { audit } = clusterFacts();
  return namespaces.length > 0
    ? { namespaces, labels: [] }
    : {
        namespaces: [...new Set([...audit.namespaces.map((one) => one.name), ...also])],
        labels: audit.userNamespaces.map(({ labels }) => labels),
      };
}

function secretOf(lock: Lock): string {
  const name = pullSecretOf(lock);
  if (name !== undefined) return name;
  throw new SallyportError(
    'LOCK_INVALID',
    'says that nodes pull without a secret, so there is none to give',
    {
      subject: lock.metadata.name,
    },
  );
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

/** What manifests may write for an image → its copy by digest. */
function copiesOf(lock: Lock): Readonly<Record<string, string>> {
  targetPrefixOf(lock);
  const copies: Record<string, string> = {};
  for (const { reference, target, digest } of lock.images) {
    if (target === undefined) continue;
    const copy = formatReference({ ...parseReference(target.repository), tag: target.tag, digest });
    for (const spelling of spellingsOf(reference)) copies[spelling] = copy;
  }
  return copies;
}
