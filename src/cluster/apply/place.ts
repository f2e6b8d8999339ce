import { listAt, SallyportError, textAt } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { groupOf } from '../names.ts';
import { matches } from '../patterns.ts';
import type { CallOptions, ClusterClient, KubeObject } from '../types.ts';

export interface Placed {
  /** With the client's namespace where a namespaced object names none, without one where the kind has none. */
  readonly objects: readonly KubeObject[];
  /** Kinds (`group|Kind`) that the server will know only when the CRDs among the objects are applied. */
  readonly coming: ReadonlySet<string>;
}

/** Settles the namespace of each object by the kinds of the server and of the CRDs among the objects. Throws `KIND_UNKNOWN` with every kind that nobody brings. */
export async function placeObjects(
  client: ClusterClient,
  objects: readonly KubeObject[],
  knowledge: ClusterFacts,
  options: CallOptions,
): Promise<Placed> {
  const brought = new Map<string, boolean>();
  for (const object of objects)
    if (object.kind === 'CustomResourceDefinition')
      for (const version of listAt(object, 'spec', 'versions'))
        brought.set(
          `${textAt(object, 'spec', 'group') ?? ''}/${textAt(version, 'name') ?? ''}|${textAt(object, 'spec', 'names', 'kind') ?? ''}`,
          textAt(object, 'spec', 'scope') === 'Namespaced',
        );
  const coming = new Set<string>();
  const unknown = new Map<string, SallyportError>();
  const kinds = new Map<string, Promise<boolean | undefined>>();
  const isNamespaced = (object: KubeObject): Promise<boolean | undefined> => {
    const { apiVersion, kind } = object;
    const key = `${apiVersion}|${kind}`;
    const known = kinds.get(key);
    if (known !== undefined) return known;
    const asked = client.kinds.find(apiVersion, kind, options).then((resource) => {
      if (resource !== undefined) return resource.namespaced;
      const scope = brought.get(key);
      if (scope !== undefined) coming.add(`${groupOf(apiVersion)}|${kind}`);
      return scope;
    });
    kinds.set(key, asked);
    return asked;
  };
  const placed = await Promise.all(
    objects.map(async (object) => {
      const namespaced = await isNamespaced(object);
      const { namespace, ...metadata } = object.metadata;
      if (namespaced === undefined) {
        const subject = `${object.apiVersion} ${object.kind}`;
        const need = knowledge.needs.find(({ when }) => matches(object, when));
        unknown.set(
          subject,
          new SallyportError(
            'KIND_UNKNOWN',
            `the cluster knows no such kind, and no CustomResourceDefinition among the manifests brings it (${object.kind} ${object.metadata.name})${need === undefined ? '' : `; ${need.reason}`}`,
            { subject, ...(need === undefined ? {} : { hint: need.hint }) },
          ),
        );
        return object;
      }
      if (!namespaced) return namespace === undefined ? object : { ...object, metadata };
      return {
        ...object,
        metadata: { ...metadata, namespace: namespace ?? client.namespace },
      };
    }),
  );
  if (unknown.size > 0) {
    const parts = [...unknown.values()];
    const [first] = parts;
    throw parts.length === 1 && first !== undefined
      ? first
      : new SallyportError('KIND_UNKNOWN', `${parts.length} kinds are not known to the cluster`, { parts });
  }
  return { objects: placed, coming };
}
