import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import {
  type Clock,
  type EmitEvent,
  formatCount,
  type SallyportError,
  systemClock,
  toSallyportError,
} from '../base/index.ts';
import { type Digest, digestHex } from '../oci/index.ts';
import { createJobs, runJob, settlePresent } from './blob-job.ts';
import { createImageRun } from './image-run.ts';
import { stopped } from './plan.ts';
import { createTools } from './run.ts';
import { hasAtTarget } from './target-questions.ts';
import type { Plan, PlannedBlob, RunOptions } from './types.ts';

/** A part of the blobs of a plan: number `index` (from 0) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * The shard of a blob, by its digest alone: workers that see different things (one began later, one could not read an image) still never move
 * the same blob, and a worker that is started again has the same ones. Digests are even, so the shards are.
 */
export function shardOf(digest: Digest, count: number): number {
  // 48 bits, which a number holds exactly.
  return Number.parseInt(digestHex(digest).slice(0, 12), 16) % count;
}

export interface ShardResult {
  readonly blobs: number;
  /** Of all shards. */
  readonly blobsOfAll: number;
  readonly bytesSent: number;
  readonly blobsCopied: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
  readonly failures: readonly SallyportError[];
}

/** Moves the blobs of one shard and writes no manifest: what they make is visible when all shards are done and `runPlan` finishes. Throws `ABORTED`. */
export async function runShard(plan: Plan, shard: Shard, options: RunOptions = {}): Promise<ShardResult> {
  const { signal = new AbortController().signal } = options;
  setMaxListeners(0, signal);
  const tools = createTools(options, signal);
  const planned = plan.blobs.filter(({ blob }) => shardOf(blob.digest, shard.count) === shard.index);
  // A plan takes repositories without tags for new ones, and so they all look until the end.
  const arrived = await arrivedOf(planned, signal);
  const own = planned.map((item) => asPresent(item, arrived));
  const { jobs, targets } = createJobs(own, plan.images.map(createImageRun));
  settlePresent(tools, targets.values());
  const moving = jobs.map((job) => runJob(tools, job));
  const outcomes = await Promise.allSettled([...targets.values()].map(({ settled }) => settled));
  await Promise.all(moving);
  tools.bytes.flush();
  if (signal.aborted) throw stopped(signal.reason);
  return {
    blobs: own.length,
    blobsOfAll: plan.blobs.length,
    bytesSent: tools.count.bytes,
    blobsCopied: tools.count.copied,
    blobsMounted: tools.count.mounted,
    blobsPresent: own.filter(({ action }) => action === 'present').length,
    failures: outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [toSallyportError(outcome.reason)] : [],
    ),
  };
}

const QUESTIONS = 64;
const LOOK_MS = 10_000;
const PATIENCE_MS = 15 * 60_000;

/**
 * Waits until the blobs that others bring are at the target, and gives the plan as it then is. When nothing arrives for `patienceMs` (default
 * 15 minutes) the others count as gone: what is missing is left in the plan to be copied. Throws `ABORTED`.
 */
export async function waitForShards(
  plan: Plan,
  options: {
    readonly signal?: AbortSignal;
    readonly clock?: Clock;
    readonly emit?: EmitEvent;
    readonly patienceMs?: number;
  } = {},
): Promise<Plan> {
  const {
    signal = new AbortController().signal,
    clock = systemClock,
    emit,
    patienceMs = PATIENCE_MS,
  } = options;
  let missing = plan.blobs.filter(({ action }) => action !== 'present');
  const arrived = new Set<PlannedBlob>();
  let lastChange = clock.now();
  let told = false;
  while (missing.length > 0) {
    for (const item of await arrivedOf(missing, signal)) arrived.add(item);
    const left = missing.filter((item) => !arrived.has(item));
    if (left.length < missing.length) lastChange = clock.now();
    missing = left;
    if (missing.length === 0) break;
    if (!told)
      emit?.({
        type: 'note',
        level: 'info',
        message: `waiting for ${formatCount(missing.length, 'blob')} that the shards have not brought yet; the rest is copied from here once none has come for ${Math.ceil(patienceMs / 60_000)} min`,
      });
    told = true;
    if (clock.now() - lastChange >= patienceMs) {
      emit?.({
        type: 'note',
        level: 'warning',
        message: `${formatCount(missing.length, 'blob')} of other shards did not come and will be copied now`,
      });
      break;
    }
    try {
      await clock.sleep(LOOK_MS, signal);
    } catch (thrown) {
      throw signal.aborted ? stopped(thrown) : thrown;
    }
  }
  return {
    ...plan,
    blobs: plan.blobs.map((item) => asPresent(item, arrived)),
  };
}

/** Those that are at the target now. */
async function arrivedOf(
  items: readonly PlannedBlob[],
  signal: AbortSignal,
): Promise<ReadonlySet<PlannedBlob>> {
  const ask = pLimit(QUESTIONS);
  const there = await Promise.all(
    items.map((item) =>
      ask(async () =>
        item.action !== 'present' && (await hasAtTarget(item.to, item.blob, signal)) ? [item] : [],
      ),
    ),
  );
  return new Set(there.flat());
}

function asPresent(item: PlannedBlob, arrived: ReadonlySet<PlannedBlob>): PlannedBlob {
  return arrived.has(item) ? { ...item, action: 'present' } : item;
}
