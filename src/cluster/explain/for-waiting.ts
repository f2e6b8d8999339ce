import { describeName, groupOf } from '../names.ts';
import type { Explain, Explanation } from '../readiness/wait.ts';
import type { CallOptions, ClusterClient, ObjectName } from '../types.ts';
import { explainNamespaces } from './gather.ts';
import { describeFinding, describeUnread } from './paragraph.ts';
import type { CheckedFinding, ProbeRegistry } from './probe.ts';

export interface WaitingExplainOptions {
  readonly probe?: ProbeRegistry;
  readonly now: () => number;
}

/** Kinds whose waiting has its cause in pods. */
const ROOTS = new Set([
  'apps|Deployment',
  'apps|StatefulSet',
  'apps|DaemonSet',
  'apps|ReplicaSet',
  'batch|Job',
  '|Pod',
]);

/**
 * What is told beside an object that waits: the causes found in the pods of its namespace that belong to it. An explanation is a help and no
 * condition of the wait, so that what fails here is told as such and ends nothing.
 */
export function explainWaiting({ probe, now }: WaitingExplainOptions): Explain {
  return async (waiting, { client, signal }) => {
    const rooted = waiting.filter(({ apiVersion, kind }) => ROOTS.has(`${groupOf(apiVersion)}|${kind}`));
    const namespaces = [...new Set(rooted.flatMap(({ namespace }) => namespace ?? []))];
    if (namespaces.length === 0) return [];
    try {
      const { findings, unread } = await explainNamespaces(client, {
        namespaces,
        now: now(),
        signal,
        ...(probe === undefined ? {} : { probe }),
      });
      const owned = await Promise.all(
        findings.map(async (finding) => ({ finding, root: await rootOf(client, finding, { signal }) })),
      );
      const explanations = rooted.flatMap((name) => explanationFor(name, owned));
      if (explanations.length > 0 || unread.length === 0) return explanations;
      return rooted.slice(0, 1).map((object) => ({ object, text: describeUnread(unread) }));
    } catch (thrown) {
      signal?.throwIfAborted();
      const text = `why it waits could not be found out: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      return rooted.slice(0, 1).map((object) => ({ object, text }));
    }
  };
}

function explanationFor(
  object: ObjectName,
  owned: readonly { readonly finding: CheckedFinding; readonly root: string }[],
): readonly Explanation[] {
  const [first, ...others] = owned.filter(({ root }) => root === describeName(object));
  if (first === undefined) return [];
  const { what, where, why, fix } = describeFinding(first.finding);
  const more = others.length === 0 ? '' : ` (and ${others.length} more like it)`;
  return [{ object, text: `${what}${more}\n${where}\n${why}\nTo mend it: ${fix}` }];
}

/** The outermost controller of what a finding is about: `Deployment ns/name`. */
async function rootOf(
  client: ClusterClient,
  { place }: CheckedFinding,
  options: CallOptions,
): Promise<string> {
  const [kind = '', path = ''] = place.object.split(' ');
  let name: ObjectName = {
    apiVersion: kind === 'Pod' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    namespace: place.namespace,
    name: path.split('/').at(-1) ?? '',
  };
  for (let depth = 0; depth < 3; depth++) {
    const object = await client.get(name, options);
    const owner = object?.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) break;
    name = { apiVersion: owner.apiVersion, kind: owner.kind, namespace: place.namespace, name: owner.name };
  }
  return describeName(name);
}
