import type { KubeObject } from '../types.ts';
import type { GuardRequest } from './types.ts';

/** Pods, and containers that are added to them later (`kubectl debug`). */
export const POD_RULES = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['UPDATE'],
    resources: ['pods/ephemeralcontainers'],
  },
] as const;

/** Label of a guard's objects; an apply puts them before everything that makes pods. */
const GUARD_LABEL = { 'app.kubernetes.io/managed-by': 'sallyport', 'sallyport.dev/guard': 'true' } as const;

export function isGuard({ metadata }: KubeObject): boolean {
  return metadata.labels?.['sallyport.dev/guard'] === 'true';
}

export function guardMetadata(name: string): KubeObject['metadata'] {
  return { name, labels: GUARD_LABEL };
}

/**
 * One binding for the namespaces by name and one for each set of labels: the conditions of one selector are all to be met, those of several
 * bindings are not.
 */
export function bindingsOf(
  { name, scope }: GuardRequest,
  apiVersion: string,
  kind: string,
  spec: Readonly<Record<string, unknown>>,
): readonly KubeObject[] {
  const selectors = [
    ...(scope.namespaces.length === 0
      ? []
      : [
          {
            matchExpressions: [
              { key: 'kubernetes.io/metadata.name', operator: 'In', values: [...scope.namespaces] },
            ],
          },
        ]),
    ...scope.labels.map((labels) => ({ matchLabels: { ...labels } })),
  ];
  return selectors.map((namespaceSelector, index) => ({
    apiVersion,
    kind,
    metadata: guardMetadata(index === 0 ? name : `${name}-${index + 1}`),
    spec: { policyName: name, ...spec, matchResources: { namespaceSelector } },
  }));
}

/** The images of a list of containers that may be absent, as CEL. */
export function imagesOf(pod: string, list: string): string {
  return `(has(${pod}.spec.${list}) ? ${pod}.spec.${list}.map(c, c.image) : [])`;
}

/** A text as a CEL string literal (cel-spec "String and Bytes Values": JSON's escapes are among its own). */
export function celText(text: string): string {
  return JSON.stringify(text);
}

export function celList(texts: readonly string[]): string {
  return `[${texts.map(celText).join(', ')}]`;
}
