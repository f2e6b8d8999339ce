import { type ClusterDiff, diffRelease } from '../cluster/index.ts';
import { clusterFacts } from '../profiles/index.ts';
import {
  type ClusterTarget,
  openCluster,
  type ReleaseTarget,
  readClusterObjects,
  statePlace,
} from './cluster.ts';
import type { WorkflowContext } from './context.ts';
import { type GuardWish, withGuard } from './guard.ts';

export interface DiffWorkflowOptions extends ClusterTarget, ReleaseTarget {
  readonly names: readonly string[];
  readonly guard?: GuardWish | undefined;
}

/** What an apply would change, by a dry run on the server; nothing is changed. */
export async function diffWithCluster(
  context: WorkflowContext,
  options: DiffWorkflowOptions,
): Promise<ClusterDiff> {
  const read = await readClusterObjects(context, options.names);
  const client = await openCluster(context, options);
  try {
    const { guard } = options;
    const objects = guard === undefined ? read : await withGuard(client, read, guard, context.signal);
    return await diffRelease({
      client,
      objects,
      knowledge: clusterFacts(),
      place: statePlace(client, options),
      signal: context.signal,
    });
  } finally {
    client.close();
  }
}
