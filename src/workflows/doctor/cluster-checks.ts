import { SallyportError } from '../../base/index.ts';
import {
  APPLY_VERBS,
  AUDIT_RIGHTS,
  type ClusterClient,
  EXPLAIN_RIGHTS,
  type Installed,
  installedOf,
  type KubeObject,
  missingRights,
  type Right,
} from '../../cluster/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import type { Check, Outcome } from './check.ts';

/** What the checks of a cluster work with. */
export interface ClusterBench {
  readonly client: ClusterClient;
  readonly facts: ClusterFacts;
  /** Of the lock; empty when there is none. */
  readonly platforms: readonly (readonly string[])[];
  /** Bytes of all images of the lock together. */
  readonly imageBytes: number;
  /** What is to be applied; empty when nothing is named. */
  readonly objects: readonly KubeObject[];
  /** Lets a node pull; undefined when there is no image to try. Gives the node's name. */
  readonly pull: (() => Promise<{ readonly node: string; readonly image: string }>) | undefined;
  readonly signal: AbortSignal | undefined;
}

const list = (bench: ClusterBench, apiVersion: string, kind: string): Promise<readonly KubeObject[]> =>
  bench.client.list({ apiVersion, kind }, { signal: bench.signal });

/** Everything that an apply of the platform meets sooner or later, in the order in which it would. */
export const CLUSTER_CHECKS: readonly Check<ClusterBench>[] = [
  {
    name: 'server',
    needed: true,
    after: [],
    well: 'new enough for the platform',
    unwell: 'the platform does not run on it',
    next: 'Update the cluster, or relocate an older release.',
    run: async ({ client, facts, signal }): Promise<Outcome> => {
      const { gitVersion, major, minor } = await client.version({ signal });
      const has = [Number.parseInt(major, 10), Number.parseInt(minor, 10)] as const;
      const short = facts.minimums.filter(
        ({ major: m, minor: n }) => has[0] < m || (has[0] === m && has[1] < n),
      );
      const wants = short.map((one) => `${one.component} needs ${one.major}.${one.minor}`);
      return { ok: short.length === 0, found: [`${gitVersion} at ${client.server}`, ...wants].join('; ') };
    },
  },
  {
    name: 'rights',
    needed: true,
    after: ['server'],
    well: 'everything that is needed is allowed',
    unwell: 'apply would stop half-way',
    next: 'Have a cluster administrator run it, or give these rights: `kubectl auth can-i --list` shows what there is.',
    run: (bench): Promise<Outcome> => askFor(bench, rightsFor(bench)),
  },
  {
    name: 'rights to explain',
    needed: false,
    after: ['server'],
    well: 'what keeps pods from running can be told',
    unwell: 'causes that only these show stay unknown; everything else works',
    next: 'Give these rights too, where the rules of the cluster allow it.',
    run: (bench): Promise<Outcome> =>
      askFor(
        bench,
        bench.facts.audit.namespaces.flatMap(({ name }) =>
          EXPLAIN_RIGHTS.map((right) => ({ ...right, namespace: name })),
        ),
      ),
  },
  {
    name: 'cert-manager',
    needed: false,
    after: ['server'],
    well: 'it is used as it is',
    unwell: 'the operators wait for their certificates without it',
    next: 'Let the lock bring it (--cert-manager VERSION), or install it before.',
    run: async (bench): Promise<Outcome> => {
      const found = await installed(bench, 'cert-manager');
      if (found.length > 0) return { ok: true, found: found.map(said).join('; ') };
      const brought = bench.objects.some(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'cert-manager',
      );
      return brought
        ? { ok: true, found: 'not there', meaning: 'what is to be applied brings it' }
        : { ok: false, found: 'not there' };
    },
  },
  {
    name: 'what is there',
    needed: false,
    after: ['server'],
    well: 'apply takes it over, or starts from nothing',
    unwell: 'two would work on the same objects',
    next: 'Remove it with the tool that installed it, or go on with that tool.',
    run: async (bench): Promise<Outcome> => {
      const found = (
        await Promise.all(
          ['devworkspace-controller-manager', 'che-operator'].map((name) => installed(bench, name)),
        )
      ).flat();
      if (found.length === 0) return { ok: true, found: 'no DevWorkspace Operator and no Che operator' };
      const foreign = found.filter(({ keeper }) => keeper === 'OLM' || keeper === 'Helm');
      return { ok: foreign.length === 0, found: found.map(said).join('; ') };
    },
  },
  {
    name: 'storage',
    needed: false,
    after: ['server'],
    well: 'claims without a class get a volume',
    unwell: 'workspaces with their own files wait for a volume for ever',
    next: 'Mark one class as default: kubectl patch storageclass NAME -p \'{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}\'',
    run: async (bench): Promise<Outcome> => {
      const classes = await list(bench, 'storage.k8s.io/v1', 'StorageClass');
      const standard = classes.filter(
        ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
      );
      const names = classes.map(({ metadata }) => metadata.name).join(', ');
      return standard.length > 0
        ? { ok: true, found: `default is ${standard.map(({ metadata }) => metadata.name).join(', ')}` }
        : { ok: false, found: classes.length === 0 ? 'no storage class' : `no default among ${names}` };
    },
  },
  {
    name: 'ingress',
    needed: false,
    after: ['server'],
    well: 'Che can be reached through it',
    unwell: 'nobody reaches Che from outside',
    next: 'Install an ingress controller; relocate its images too (sources.manifests).',
    run: async (bench): Promise<Outcome> => {
      const routes = await bench.client.kinds.find('route.openshift.io/v1', 'Route', {
        signal: bench.signal,
      });
      if (routes !== undefined) return { ok: true, found: 'OpenShift routes' };
      const classes = await list(bench, 'networking.k8s.io/v1', 'IngressClass');
      const names = classes.map(({ metadata }) => metadata.name).join(', ');
      return { ok: classes.length > 0, found: classes.length === 0 ? 'no ingress class' : names };
    },
  },
  {
    name: 'nodes',
    needed: true,
    after: ['server'],
    well: 'every image has their platforms',
    unwell: 'pods would not start there',
    next: 'Lock with the platform of these nodes (--platform), or keep the platform off them.',
    run: async (bench): Promise<Outcome> => {
      const nodes = (await list(bench, 'v1', 'Node')).filter(isReady);
      if (nodes.length === 0) return { ok: false, found: 'no node is ready', meaning: 'nothing can run' };
      const platforms = [...new Set(nodes.map(platformOf))].sort();
      const lacking = platforms.map((platform) => ({
        platform,
        count: bench.platforms.filter((has) => has.length > 0 && !has.some((one) => isSame(one, platform)))
          .length,
      }));
      const bad = lacking.filter(({ count }) => count > 0);
      const found = `${nodes.length} ready, ${platforms.join(', ')}`;
      return bad.length === 0
        ? { ok: true, found }
        : {
            ok: false,
            found: `${found}; ${bad.map(({ platform, count }) => `${count} images lack ${platform}`).join(', ')}`,
          };
    },
  },
  {
    name: 'room',
    needed: false,
    after: ['nodes'],
    well: 'all images together fit',
    unwell: 'a node that pulls them all runs full, and the kubelet removes images and pods',
    next: 'Give the nodes more disk for images, or spread the platform.',
    run: async (bench): Promise<Outcome | undefined> => {
      if (bench.imageBytes === 0) return undefined;
      const rooms = (await list(bench, 'v1', 'Node')).filter(isReady).map(roomOf);
      const least = Math.min(...rooms);
      // Layers are stored packed and unpacked (containerd content store and snapshots): about three times what is sent.
      const wanted = bench.imageBytes * 3;
      const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
      return {
        ok: wanted <= least,
        found: `about ${gb(wanted)} for all images, ${gb(least)} on the smallest node`,
      };
    },
  },
  {
    name: 'pull',
    needed: true,
    after: ['server', 'nodes'],
    well: 'a node can resolve, trust, log in to and pull from the target',
    unwell: 'no pod of the platform would start',
    run: async ({ pull }): Promise<Outcome | undefined> => {
      if (pull === undefined) return undefined;
      const { node, image } = await pull();
      return { ok: true, found: `${node} pulled ${image}` };
    },
  },
];

const SHOWN = 8;

async function askFor({ client, signal }: ClusterBench, rights: readonly Right[]): Promise<Outcome> {
  const missing = await missingRights(client, rights, { signal });
  if (missing.length === 0) return { ok: true, found: `${rights.length} asked for` };
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  return { ok: false, found: `may not ${missing.slice(0, SHOWN).join(', ')}${more}` };
}

function rightsFor({ objects, facts }: ClusterBench): readonly Right[] {
  const seen = new Map<string, Right>();
  const add = (right: Right): void => {
    seen.set(JSON.stringify(right), right);
  };
  for (const { apiVersion, kind, metadata } of objects)
    for (const verb of APPLY_VERBS)
      add({
        verb,
        apiVersion,
        kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      });
  for (const { name } of facts.audit.namespaces)
    for (const right of AUDIT_RIGHTS) add({ ...right, namespace: name });
  for (const verb of APPLY_VERBS) add({ verb, apiVersion: 'v1', kind: 'Namespace' });
  return [...seen.values()];
}

async function installed(bench: ClusterBench, name: string): Promise<readonly Installed[]> {
  const found = await bench.client.list(
    { apiVersion: 'apps/v1', kind: 'Deployment', fieldSelector: `metadata.name=${name}` },
    { signal: bench.signal },
  );
  return found.map(installedOf);
}

function said({ namespace, name, version, keeper }: Installed): string {
  return `${name} ${version} in ${namespace}, kept by ${keeper}`;
}

function isReady({ status }: KubeObject): boolean {
  const conditions = (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions;
  return conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}

function platformOf({ status }: KubeObject): string {
  const info = (status as { nodeInfo?: { operatingSystem: string; architecture: string } } | undefined)
    ?.nodeInfo;
  return `${info?.operatingSystem ?? 'unknown'}/${info?.architecture ?? 'unknown'}`;
}

function isSame(has: string, wanted: string): boolean {
  return has.split('/').slice(0, 2).join('/') === wanted;
}

/** Bytes for images and containers. Throws for a quantity that is none. */
function roomOf({ status, metadata }: KubeObject): number {
  const text = (status as { allocatable?: Record<string, string> } | undefined)?.allocatable?.[
    'ephemeral-storage'
  ];
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T|)$/.exec(text) ?? [];
  const factor = {
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    '': 1,
  }[unit];
  if (number === '' || factor === undefined)
    throw new SallyportError('REGISTRY_PROTOCOL', `reports ${text} of ephemeral storage`, {
      subject: `Node ${metadata.name}`,
    });
  return Number(number) * factor;
}
