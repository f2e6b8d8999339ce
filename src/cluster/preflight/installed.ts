import { listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';

/** Who keeps an object, told by what each leaves on it. The first that applies counts. */
const KEEPERS: readonly {
  readonly name: string;
  readonly kept: (object: KubeObject) => boolean;
  readonly source: string;
}[] = [
  {
    name: 'OLM',
    kept: ({ metadata }) =>
      metadata.labels?.['olm.owner'] !== undefined ||
      (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'ClusterServiceVersion'),
    source: 'operator-lifecycle-manager, pkg/controller/install/deployment.go',
  },
  {
    name: 'Helm',
    kept: ({ metadata }) =>
      metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm' ||
      metadata.annotations?.['meta.helm.sh/release-name'] !== undefined,
    source: 'helm, pkg/action/validate.go',
  },
  {
    name: 'sallyport',
    kept: (object) => managersOf(object).includes('sallyport'),
    source: 'this program’s field manager',
  },
  {
    name: 'chectl',
    kept: (object) => managersOf(object).some((name) => /^(?:chectl|node-fetch|unknown|node)$/.test(name)),
    source: 'che-incubator/chectl: it creates objects through a client that names itself after its runtime',
  },
  {
    name: 'kubectl',
    kept: (object) => managersOf(object).some((name) => name.startsWith('kubectl')),
    source: 'kubectl’s field managers',
  },
];

function managersOf({ metadata }: KubeObject): readonly string[] {
  return (metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? []);
}

export interface Installed {
  readonly namespace: string;
  readonly name: string;
  /** From the label that operators carry, else the tag of the first image. */
  readonly version: string;
  /** `OLM`, `Helm`, `chectl`, `kubectl`, `sallyport` or `nobody known`. */
  readonly keeper: string;
}

/** What a Deployment tells about the component that it is. */
export function installedOf(deployment: KubeObject): Installed {
  const { metadata } = deployment;
  const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const image = textAt(container, 'image') ?? '';
  const tag = /:([^:@/]+)(?:@|$)/.exec(image)?.[1];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    version: metadata.labels?.['app.kubernetes.io/version'] ?? tag ?? 'unknown version',
    keeper: KEEPERS.find(({ kept }) => kept(deployment))?.name ?? 'nobody known',
  };
}
