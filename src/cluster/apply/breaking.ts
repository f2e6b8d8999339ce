import { at, isFields, listAt, SallyportError, sameJson, textAt } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { describeName, groupOf, kubectlName, nameOf } from '../names.ts';
import { matches } from '../patterns.ts';
import type { KubeObject } from '../types.ts';
import { isOlder } from './versions.ts';

interface Immutable {
  readonly group: string;
  readonly kind: string;
  readonly path: readonly string[];
  readonly why: string;
}

/** Fields that the API server never lets change (its validation: pkg/apis of kubernetes/kubernetes v1.34). Said before anything is applied, not in the middle. */
const IMMUTABLE: readonly Immutable[] = [
  {
    group: 'apps',
    kind: 'Deployment',
    path: ['spec', 'selector'],
    why: 'pods of the old selector would be lost',
  },
  {
    group: 'apps',
    kind: 'DaemonSet',
    path: ['spec', 'selector'],
    why: 'pods of the old selector would be lost',
  },
  {
    group: 'apps',
    kind: 'ReplicaSet',
    path: ['spec', 'selector'],
    why: 'pods of the old selector would be lost',
  },
  {
    group: 'apps',
    kind: 'StatefulSet',
    path: ['spec', 'selector'],
    why: 'pods of the old selector would be lost',
  },
  {
    group: 'apps',
    kind: 'StatefulSet',
    path: ['spec', 'serviceName'],
    why: 'the names of its pods hang on it',
  },
  {
    group: 'apps',
    kind: 'StatefulSet',
    path: ['spec', 'volumeClaimTemplates'],
    why: 'its claims exist already',
  },
  { group: 'batch', kind: 'Job', path: ['spec', 'template'], why: 'a Job runs once' },
  {
    group: 'rbac.authorization.k8s.io',
    kind: 'RoleBinding',
    path: ['roleRef'],
    why: 'a binding stays with its role',
  },
  {
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRoleBinding',
    path: ['roleRef'],
    why: 'a binding stays with its role',
  },
  { group: '', kind: 'Service', path: ['spec', 'clusterIP'], why: 'an address is given once' },
  {
    group: '',
    kind: 'PersistentVolumeClaim',
    path: ['spec', 'storageClassName'],
    why: 'the volume exists already',
  },
  {
    group: '',
    kind: 'PersistentVolumeClaim',
    path: ['spec', 'accessModes'],
    why: 'the volume exists already',
  },
  { group: '', kind: 'Secret', path: ['type'], why: 'the type of a Secret is for ever' },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    path: ['spec', 'scope'],
    why: 'objects are stored by it',
  },
];

/** Changes of one object that the server would refuse or that would lose data; each with what to do about it. */
export function breakingChanges(
  live: KubeObject,
  wanted: KubeObject,
  knowledge: ClusterFacts,
): readonly SallyportError[] {
  return [
    ...immutableChanges(live, wanted),
    ...storedVersions(live, wanted),
    ...downgrades(live, wanted, knowledge),
  ];
}

function immutableChanges(live: KubeObject, wanted: KubeObject): SallyportError[] {
  const name = nameOf(wanted);
  const fixed = IMMUTABLE.filter(
    ({ group, kind, path }) =>
      kind === wanted.kind &&
      group === groupOf(wanted.apiVersion) &&
      at(wanted, ...path) !== undefined &&
      !covers(at(live, ...path), at(wanted, ...path), path.at(-1) === 'selector'),
  ).map(({ path, why }) => ({ field: path.join('.'), why }));
  if (live['immutable'] === true && !sameJson(wanted['data'] ?? {}, live['data'] ?? {}) && isBag(wanted))
    fixed.push({ field: 'data', why: 'the object is marked immutable' });
  return fixed.map(
    ({ field, why }) =>
      new SallyportError('CHANGE_BREAKS', `\`${field}\` cannot be changed: ${why}`, {
        subject: describeName(name),
        hint: `Delete the object first, when you can do without it for a moment: kubectl delete ${kubectlName(name)}${wanted.kind === 'Deployment' || wanted.kind === 'StatefulSet' || wanted.kind === 'DaemonSet' ? ' --cascade=orphan' : ''}; then run the same command again.`,
      }),
  );
}

function isBag({ kind }: KubeObject): boolean {
  return kind === 'Secret' || kind === 'ConfigMap';
}

/** The server fills in defaults, so what is wanted need only be part of what is there; a selector must be the same. */
function covers(live: unknown, wanted: unknown, exactly: boolean): boolean {
  if (exactly) return sameJson(live, wanted);
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      (wanted as unknown[]).every((item, index) => covers((live as unknown[])[index], item, false))
    );
  if (!isFields(wanted)) return sameJson(live, wanted);
  return isFields(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value, false));
}

/** Objects stored in a version that the new CRD does not have could never be read again (apiextensions: status.storedVersions). */
function storedVersions(live: KubeObject, wanted: KubeObject): SallyportError[] {
  if (wanted.kind !== 'CustomResourceDefinition') return [];
  const has = new Set(listAt(wanted, 'spec', 'versions').map((version) => textAt(version, 'name')));
  return listAt(live, 'status', 'storedVersions')
    .filter((version): version is string => typeof version === 'string' && !has.has(version))
    .map(
      (version) =>
        new SallyportError(
          'CHANGE_BREAKS',
          `objects may still be stored in the version ${version}, which the new definition does not have`,
          {
            subject: describeName(nameOf(wanted)),
            hint: 'Migrate them first (write each object once, then remove the version from status.storedVersions), or go through a release that has both versions.',
          },
        ),
    );
}

function downgrades(live: KubeObject, wanted: KubeObject, knowledge: ClusterFacts): SallyportError[] {
  return knowledge.versions
    .filter(({ object }) => matches(wanted, object))
    .flatMap((rule) => {
      const before = versionIn(live, rule);
      const after = versionIn(wanted, rule);
      if (before === undefined || after === undefined || !isOlder(after, before)) return [];
      return [
        new SallyportError(
          'CHANGE_BREAKS',
          `${rule.component} ${before} would go back to ${after}: ${rule.reason}`,
          {
            subject: describeName(nameOf(wanted)),
            hint: 'Use the newer version, or undo the last apply with `sallyport rollback`. --force goes on all the same.',
            facts: { before, after, forcible: true },
          },
        ),
      ];
    });
}

function versionIn(
  object: KubeObject,
  { container, variable }: ClusterFacts['versions'][number],
): string | undefined {
  const found = listAt(object, 'spec', 'template', 'spec', 'containers').find(
    (one) => textAt(one, 'name') === container,
  );
  if (variable !== undefined) {
    const entry = listAt(found, 'env').find((one) => textAt(one, 'name') === variable);
    return textAt(entry, 'value');
  }
  return /:([^:/@]+)(?:@|$)/.exec(textAt(found, 'image') ?? '')?.[1];
}
