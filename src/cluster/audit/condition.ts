import { SallyportError, textAt, toSallyportError } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { expectedAfter } from '../apply/expected.ts';
import { describeName, nameOf } from '../names.ts';
import { matches } from '../patterns.ts';
import { readinessOf } from '../readiness/rules.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';

/** One thing that was looked at, and how it is. */
export interface CheckedObject {
  /** `Deployment eclipse-che/che`, or what was tried. */
  readonly name: string;
  readonly ready: boolean;
  /** Empty when it is ready. */
  readonly message: string;
}

const WORKLOADS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
] as const;

export interface ConditionOptions extends CallOptions {
  readonly namespaces: readonly string[];
  readonly knowledge: ClusterFacts;
}

/**
 * Whether the platform in these namespaces works: its workloads, what its operators make at run time, its definitions, its webhooks (asked
 * by a creation without effect) and its custom resources. Only looks at what is of a kind that the server knows.
 */
export async function checkCondition(
  client: ClusterClient,
  options: ConditionOptions,
): Promise<readonly CheckedObject[]> {
  const { knowledge, namespaces } = options;
  const workloads = (
    await Promise.all(
      namespaces.flatMap((namespace) =>
        WORKLOADS.map((kind) => client.list({ ...kind, namespace }, options)),
      ),
    )
  ).flat();
  const named = (
    await Promise.all(knowledge.audit.ready.map((one) => listKnown(client, one, options)))
  ).flat();
  const seen = new Set([...workloads, ...named].map((object) => describeName(nameOf(object))));
  const expected = expectedAfter([...workloads, ...named], knowledge).filter(
    (name) => !seen.has(describeName(name)),
  );
  const later = await Promise.all(
    expected.map(async (name) => judged(describeName(name), await client.get(name, options))),
  );
  const answers = await Promise.all(knowledge.audit.answers.map((one) => ask(client, one, options)));
  return [
    ...[...workloads, ...named].map((object) => judged(describeName(nameOf(object)), object)),
    ...later,
    ...answers.flat(),
  ];
}

function judged(name: string, object: KubeObject | undefined): CheckedObject {
  const { state, message } = readinessOf(object);
  return { name, ready: state === 'ready', message };
}

async function listKnown(
  client: ClusterClient,
  { apiVersion, kind, only, groups }: ClusterFacts['audit']['ready'][number],
  options: CallOptions,
): Promise<readonly KubeObject[]> {
  if ((await client.kinds.find(apiVersion, kind, options)) === undefined) return [];
  const all = await client.list({ apiVersion, kind }, options);
  return all.filter(
    (object) =>
      (only === undefined || matches(object, only)) &&
      (groups === undefined || groups.includes(textAt(object, 'spec', 'group') ?? '')),
  );
}

async function ask(
  client: ClusterClient,
  { apiVersion, kind, spec, reason }: ClusterFacts['audit']['answers'][number],
  { namespaces, signal }: ConditionOptions,
): Promise<readonly CheckedObject[]> {
  const [namespace] = namespaces;
  if (namespace === undefined) return [];
  if ((await client.kinds.find(apiVersion, kind, { signal })) === undefined) return [];
  const name = `webhooks for ${kind} (a creation without effect in ${namespace})`;
  const object: KubeObject = {
    apiVersion,
    kind,
    metadata: { name: 'sallyport-verify', namespace },
    spec,
  };
  try {
    await client.create(object, { dryRun: true, signal });
    return [{ name, ready: true, message: '' }];
  } catch (thrown) {
    const error = toSallyportError(thrown);
    if (error.code === 'ABORTED') throw error;
    if (error.code === 'CLUSTER_FORBIDDEN')
      throw new SallyportError(error.code, `${error.message}; without it nobody can say that ${reason}`, {
        ...(error.subject === undefined ? {} : { subject: error.subject }),
        hint: error.hint,
        cause: error,
      });
    return [{ name, ready: false, message: error.message }];
  }
}
