import { textAt } from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { differencesOf } from '../compare/differences.ts';
import { identityOf, nameOf } from '../names.ts';
import { matches } from '../patterns.ts';
import type { CallOptions, ClusterClient, KubeObject, ObjectName } from '../types.ts';

/** What users have running and an apply would restart. */
export interface Restart {
  readonly object: ObjectName;
  /** The object whose new images are the cause. */
  readonly because: ObjectName;
  readonly reason: string;
}

/** Objects that run now and are restarted when the images of their operator change, so that users hear of it before. */
export async function restartsOf(
  client: ClusterClient,
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  knowledge: ClusterFacts,
  options: CallOptions,
): Promise<readonly Restart[]> {
  const found = await Promise.all(
    knowledge.restarts.map(async ({ when, apiVersion, kind, phases, reason }) => {
      const cause = objects.find(
        (object) => matches(object, when) && changesImages(live.get(identityOf(nameOf(object))), object),
      );
      if (cause === undefined || (await client.kinds.find(apiVersion, kind, options)) === undefined)
        return [];
      const running = (await client.list({ apiVersion, kind }, options)).filter((one) =>
        phases.includes(textAt(one, 'status', 'phase') ?? ''),
      );
      return running.map((one) => ({ object: nameOf(one), because: nameOf(cause), reason }));
    }),
  );
  return found.flat();
}

/** Only what the manifest says is compared: what it leaves out is no change. */
function changesImages(before: KubeObject | undefined, after: KubeObject): boolean {
  if (before === undefined) return false;
  return differencesOf(before, after).some(({ about, ...change }) => about === 'image' && 'after' in change);
}
