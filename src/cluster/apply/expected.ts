import type { ClusterFacts } from '../../facts/index.ts';
import { matches } from '../patterns.ts';
import type { KubeObject, ObjectName } from '../types.ts';

/** What operators are known to make at run time once these objects are there, each once. */
export function expectedAfter(
  objects: readonly KubeObject[],
  knowledge: ClusterFacts,
): readonly ObjectName[] {
  return knowledge.later.flatMap(({ after, expect }) => {
    const cause = objects.find((object) => matches(object, after));
    if (cause === undefined) return [];
    // Operators make theirs where they run, or where their custom resource is.
    return expect.map((name) =>
      name.namespace === undefined || cause.metadata.namespace === undefined
        ? name
        : { ...name, namespace: cause.metadata.namespace },
    );
  });
}
