export { type Brought, broughtBy, type CopyMemory, type Remembered } from './brought.ts';
export { type Counted, describePlan, type PlanSummary } from './describe.ts';
export { planCopies } from './plan.ts';
export { runPlan } from './run.ts';
export { runShard, type Shard, type ShardResult, waitForShards } from './shard.ts';
export type {
  CopiedImage,
  CopyRequest,
  CopyResult,
  Plan,
  PlannedBlob,
  PlannedImage,
  PlannedManifest,
  PlanOptions,
  RunOptions,
} from './types.ts';
