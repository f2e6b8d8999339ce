import { SallyportError } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { describeName, groupOf, identityOf, kubectlName, nameOf } from '../names.ts';
import { matches } from '../patterns.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';
import { breakingChanges } from './breaking.ts';

const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' } as const;

/**
 * What is known to go wrong before anything is applied: changes that break, namespaces that are being deleted, a second object of a kind of
 * which there can be one, something that is needed and that nothing brings. Returns all of it.
 */
export async function checkPreconditions(
  client: ClusterClient,
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  knowledge: ClusterFacts,
  options: CallOptions,
): Promise<readonly SallyportError[]> {
  const changes = objects.flatMap((object) => {
    const before = live.get(identityOf(nameOf(object)));
    return before === undefined ? [] : breakingChanges(before, object, knowledge);
  });
  return [
    ...changes,
    ...objects.flatMap((object) => beingDeleted(live.get(identityOf(nameOf(object))))),
    ...(await terminating(client, objects, live, options)),
    ...(await secondOnes(client, objects, knowledge, options)),
    ...(await missingNeeds(client, objects, knowledge, options)),
  ];
}

/** What is applied onto an object that is being deleted goes with it, as soon as its finalizers are done. */
function beingDeleted(live: KubeObject | undefined): SallyportError[] {
  if (live?.metadata.deletionTimestamp === undefined || live.kind === 'Namespace') return [];
  const name = nameOf(live);
  const finalizers = live.metadata.finalizers ?? [];
  return [
    new SallyportError(
      'OBJECT_CONFLICT',
      `is being deleted since ${live.metadata.deletionTimestamp}${finalizers.length === 0 ? '' : ` and waits for its finalizers: ${finalizers.join(', ')}`}`,
      {
        subject: describeName(name),
        hint:
          finalizers.length === 0
            ? 'Run the same command again in a moment.'
            : `Bring the controller back that owns the finalizer. When it is gone for good: kubectl patch ${kubectlName(name)} --type=merge -p '{"metadata":{"finalizers":null}}', which skips its cleanup.`,
      },
    ),
  ];
}

/** Nothing new can be made in a namespace that is being deleted; the server would say so for each object. */
async function terminating(
  client: ClusterClient,
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  options: CallOptions,
): Promise<SallyportError[]> {
  const names = new Set(
    objects.flatMap(({ kind, apiVersion, metadata }) =>
      kind === 'Namespace' && apiVersion === 'v1'
        ? [metadata.name]
        : metadata.namespace === undefined
          ? []
          : [metadata.namespace],
    ),
  );
  const found = await Promise.all(
    [...names].map(async (name) => {
      const reference = { apiVersion: 'v1', kind: 'Namespace', name };
      const namespace = live.get(identityOf(reference)) ?? (await client.get(reference, options));
      if (namespace?.metadata.deletionTimestamp === undefined) return [];
      const conditions = (namespace['status'] as { conditions?: { status: string; message: string }[] })
        ?.conditions;
      const blocks = (conditions ?? [])
        .filter(({ status, message }) => status === 'True' && /remain|finalizers|failure/i.test(message))
        .map(({ message }) => message);
      return [
        new SallyportError(
          'NAMESPACE_TERMINATING',
          `is being deleted${blocks.length === 0 ? '' : `; it waits for: ${blocks.join(' ')}`}`,
          { subject: describeName(reference) },
        ),
      ];
    }),
  );
  return found.flat();
}

async function secondOnes(
  client: ClusterClient,
  objects: readonly KubeObject[],
  knowledge: ClusterFacts,
  options: CallOptions,
): Promise<SallyportError[]> {
  const found = await Promise.all(
    knowledge.single.map(async ({ apiVersion, kind, reason }) => {
      const wanted = objects.filter(
        (object) => object.kind === kind && groupOf(object.apiVersion) === groupOf(apiVersion),
      );
      const [first] = wanted;
      if (first === undefined) return [];
      const known = await client.kinds.find(first.apiVersion, kind, options);
      const there =
        known === undefined ? [] : await client.list({ apiVersion: first.apiVersion, kind }, options);
      const own = new Set(wanted.map((object) => identityOf(nameOf(object))));
      const others = [...there.filter((object) => !own.has(identityOf(nameOf(object)))), ...wanted.slice(1)];
      return others.map(
        (other) =>
          new SallyportError('CHANGE_BREAKS', `there is ${describeName(nameOf(other))} already: ${reason}`, {
            subject: describeName(nameOf(first)),
            hint: `Use the one that is there (its namespace and name), or delete it first.`,
          }),
      );
    }),
  );
  return found.flat();
}

async function missingNeeds(
  client: ClusterClient,
  objects: readonly KubeObject[],
  knowledge: ClusterFacts,
  options: CallOptions,
): Promise<SallyportError[]> {
  const found = await Promise.all(
    knowledge.needs.map(async ({ when, crd, reason, hint }) => {
      const needing = objects.find((object) => matches(object, when));
      if (needing === undefined) return [];
      const brought = objects.some(({ kind, metadata }) => kind === CRD.kind && metadata.name === crd);
      if (brought || (await client.get({ ...CRD, name: crd }, options)) !== undefined) return [];
      return [
        new SallyportError('CHANGE_BREAKS', `needs the kind ${crd}, which is not there: ${reason}`, {
          subject: describeName(nameOf(needing)),
          hint,
          facts: { forcible: true },
        }),
      ];
    }),
  );
  return found.flat();
}
