import {
  applyRelease,
  explainWaiting,
  type PrunePlan,
  type ReleaseResult,
  type RollbackPlan,
  type RollbackResult,
  rollbackRelease,
} from '../cluster/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
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
import { openProbe } from './probe.ts';

export interface ApplyWorkflowOptions extends ClusterTarget, ReleaseTarget {
  /** Output folders, files, folders, globs, `-`. */
  readonly names: readonly string[];
  readonly wait: boolean;
  /** Per step, in milliseconds. */
  readonly timeoutMs: number;
  readonly forceConflicts: boolean;
  readonly force: boolean;
  readonly record: boolean;
  /** Admission policies that are applied and kept with the release. */
  readonly guard?: GuardWish | undefined;
  readonly rollbackOnFailure: boolean;
  /** Present with `--prune`: asked before anything is deleted. */
  readonly confirmPrune?: ((plan: PrunePlan) => Promise<boolean>) | undefined;
  /** How registries are reached, for asking them about what cannot be pulled. */
  readonly registries: Readonly<Record<string, RegistryConfig>>;
}

export interface ApplyWorkflowResult extends ReleaseResult {
  readonly server: string;
  readonly context: string;
}

/** Applies manifests to a cluster in the order in which they need each other, and waits until they work. Throws as `applyRelease` does. */
export async function applyToCluster(
  context: WorkflowContext,
  options: ApplyWorkflowOptions,
): Promise<ApplyWorkflowResult> {
  const read = await readClusterObjects(context, options.names);
  const client = await openCluster(context, options);
  const probe = openProbe(context, client, options.registries);
  try {
    const { guard } = options;
    const objects = guard === undefined ? read : await withGuard(client, read, guard, context.signal);
    const result = await applyRelease({
      ...options,
      client,
      explain: explainWaiting({ probe: probe.ask, now: context.clock.now }),
      objects,
      knowledge: clusterFacts(),
      place: statePlace(client, options),
      clock: context.clock,
      emit: context.emit,
      signal: context.signal,
    });
    return { ...result, server: client.server, context: client.context };
  } finally {
    probe.close();
    client.close();
  }
}

export interface RollbackWorkflowOptions extends ClusterTarget, ReleaseTarget {
  readonly revision?: number | undefined;
  /** Asked before anything is touched, when it is given. */
  readonly confirm?: ((plan: RollbackPlan) => Promise<boolean>) | undefined;
}

/** Undoes the last apply of a release, or all back to a revision. Throws as `rollbackRelease` does. */
export async function rollbackCluster(
  context: WorkflowContext,
  options: RollbackWorkflowOptions,
): Promise<RollbackResult> {
  const client = await openCluster(context, options);
  try {
    return await rollbackRelease({
      client,
      knowledge: clusterFacts(),
      place: statePlace(client, options),
      clock: context.clock,
      emit: context.emit,
      signal: context.signal,
      revision: options.revision,
      confirm: options.confirm,
    });
  } finally {
    client.close();
  }
}
