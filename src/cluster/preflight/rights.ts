import pLimit from 'p-limit';
import { at } from '../../base/index.ts';
import { groupOf } from '../names.ts';
import type { CallOptions, ClusterClient } from '../types.ts';

/** One right: a verb on a kind, in a namespace or everywhere. */
export interface Right {
  readonly verb: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly subresource?: string;
}

const AT_ONCE = 16;

/** Verbs that applying, comparing and pruning need of each kind. */
export const APPLY_VERBS = ['get', 'list', 'create', 'patch', 'delete'] as const;

/** What looking at a namespace needs (verify). */
export const AUDIT_RIGHTS: readonly Omit<Right, 'namespace'>[] = [
  { verb: 'list', apiVersion: 'v1', kind: 'Pod' },
];

/** What tells why pods do not run; without it causes stay unknown, and that is all. */
export const EXPLAIN_RIGHTS: readonly Omit<Right, 'namespace'>[] = [
  { verb: 'list', apiVersion: 'v1', kind: 'Event' },
  { verb: 'get', apiVersion: 'v1', kind: 'Secret' },
  { verb: 'get', apiVersion: 'v1', kind: 'Pod', subresource: 'log' },
];

/**
 * The rights that the user lacks, asked of the server one by one (SelfSubjectAccessReview, which everybody may create). Kinds that the server
 * does not know yet come with a CRD and are left out.
 */
export async function missingRights(
  client: ClusterClient,
  rights: readonly Right[],
  options: CallOptions = {},
): Promise<readonly string[]> {
  const limit = pLimit(AT_ONCE);
  const answers = await Promise.all(
    rights.map((right) =>
      limit(async () => {
        const resource = await client.kinds.find(right.apiVersion, right.kind, options);
        if (resource === undefined) return [];
        const namespace = resource.namespaced ? right.namespace : undefined;
        const review = await client.create(
          {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            metadata: { name: '' },
            spec: {
              resourceAttributes: {
                verb: right.verb,
                group: groupOf(right.apiVersion),
                resource: resource.plural,
                ...(right.subresource === undefined ? {} : { subresource: right.subresource }),
                ...(namespace === undefined ? {} : { namespace }),
              },
            },
          },
          options,
        );
        if (at(review, 'status', 'allowed') === true) return [];
        const what = `${resource.plural}${right.subresource === undefined ? '' : `/${right.subresource}`}`;
        return [`${right.verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`];
      }),
    ),
  );
  return [...new Set(answers.flat())].sort();
}
