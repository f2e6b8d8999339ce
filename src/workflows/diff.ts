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

export interface DiffWorkflowOptions extends ClusterTarget, ReleaseTarget {
  readonly names: readonly string[];
}

/** What an apply would change, by a dry run on the server; nothing is changed. */
export async function diffWithCluster(
  context: WorkflowContext,
  options: DiffWorkflowOptions,
): Promise<ClusterDiff> {
  const objects = await readClusterObjects(context, options.names);
  const client = await openCluster(context, options);
  try {
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
