import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import {
  type EmitEvent,
  ignoreEvents,
  SallyportError,
  systemClock,
  toSallyportError,
} from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import { type BlobTarget, createJobs, runJob, settlePresent } from './blob-job.ts';
import { type ByteCounter, createByteCounter } from './byte-counter.ts';
import { droppedReferrers } from './check-referrers.ts';
import { writeManifests } from './finish-image.ts';
import { createImageRun, type ImageRun } from './image-run.ts';
import { stopped } from './plan.ts';
import type { CopiedImage, CopyResult, Plan, RunOptions } from './types.ts';

/** What the parts of a run share. */
export interface RunTools {
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  readonly onCopied: NonNullable<RunOptions['onCopied']>;
  readonly bytes: ByteCounter;
  readonly count: { copied: number; mounted: number; bytes: number; manifests: number };
  /** Registries that mounted something, how often others refused, and those that never will. */
  readonly mounted: Set<string>;
  readonly refusedMounts: Map<string, number>;
  readonly noMount: Set<string>;
  /** Manifests by repository, digest and tag, so that images of one repository write them once. */
  readonly written: Map<string, Promise<void>>;
  /** Small requests. */
  readonly ask: LimitFunction;
  /** Big blobs wait for big ones only, so that the many small ones of the other images are not held up. */
  laneFor(blob: Descriptor): LimitFunction;
  asFailure(thrown: unknown): SallyportError;
}

/** More than go at the same time (`registry/lanes.ts` decides that): the uploads of the next are open when their turn comes. */
const LARGE_BLOBS = 32;
const SMALL_BLOBS = 96;
const SMALL_SIZE = 256 * 1024;
const REQUESTS = 128;

/**
 * Copies what a plan says: blobs biggest first, each read once; then, image by image as soon as its blobs are there, manifests from the
 * leaves up and the tag last. What fails for one image is in its result; the others go on. Throws `ABORTED` after everything has been cleaned up.
 */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<CopyResult> {
  const { signal = new AbortController().signal } = options;
  setMaxListeners(0, signal); // every request in flight listens
  const tools = createTools(options, signal);
  const runs = plan.images.map(createImageRun);
  const { jobs, targets } = createJobs(plan.blobs, runs);
  settlePresent(tools, targets.values());
  // Begun in the plan's order: whatever waits for a place keeps it.
  const begin = beginners();
  const moving = jobs.map((job) => begin(job.blob)(() => runJob(tools, job)));
  const images = await Promise.all(runs.map((run) => runImage(tools, run, targets)));
  await Promise.all(moving);
  tools.bytes.flush();
  if (signal.aborted) throw stopped(signal.reason);
  const { count } = tools;
  return {
    images,
    bytesSent: count.bytes,
    blobsCopied: count.copied,
    blobsMounted: count.mounted,
    blobsPresent: plan.blobs.filter(({ action }) => action === 'present').length,
    manifestsWritten: count.manifests,
  };
}

/** Each blob that waits for its place costs kilobytes once it has begun; this many keep every place taken. */
const BEGUN_PER_PLACE = 4;

function beginners(): (blob: Descriptor) => LimitFunction {
  const large = pLimit(LARGE_BLOBS * BEGUN_PER_PLACE);
  const small = pLimit(SMALL_BLOBS * BEGUN_PER_PLACE);
  return ({ size }) => (size <= SMALL_SIZE ? small : large);
}

export function createTools(
  { emit = ignoreEvents, clock = systemClock, concurrency = {}, onCopied = () => {} }: RunOptions,
  signal: AbortSignal,
): RunTools {
  const large = pLimit(concurrency.largeBlobs ?? LARGE_BLOBS);
  const small = pLimit(concurrency.smallBlobs ?? SMALL_BLOBS);
  return {
    signal,
    emit,
    onCopied,
    bytes: createByteCounter(emit, clock),
    count: { copied: 0, mounted: 0, bytes: 0, manifests: 0 },
    mounted: new Set(),
    refusedMounts: new Map(),
    noMount: new Set(),
    written: new Map(),
    ask: pLimit(REQUESTS),
    laneFor: ({ size }) => (size <= SMALL_SIZE ? small : large),
    asFailure: (thrown) => (signal.aborted ? stopped(thrown) : toSallyportError(thrown)),
  };
}

async function runImage(
  tools: RunTools,
  run: ImageRun,
  targets: ReadonlyMap<string, BlobTarget>,
): Promise<CopiedImage> {
  const { image } = run;
  const { source, target } = image.request;
  const tell = (state: CopiedImage['state'], message?: string): void =>
    tools.emit({
      type: 'image',
      source,
      target,
      digest: image.digest,
      state,
      ...(message === undefined ? {} : { message }),
    });
  try {
    if (image.state === 'present') {
      tell('present');
      const { digest, dropped } = image;
      return { source, target, digest, state: 'present', ...(dropped === undefined ? {} : { dropped }) };
    }
    await Promise.all([...run.needs].map((key) => settledOf(targets, key)));
    await writeManifests(tools, image);
    const dropped = await droppedReferrers(tools, image);
    tell('copied');
    return {
      source,
      target,
      digest: image.digest,
      state: 'copied',
      ...(dropped.length === 0 ? {} : { dropped }),
    };
  } catch (thrown) {
    const error = tools.asFailure(thrown);
    run.error = error;
    // What is stopped is told once for the run, and not for each of its images.
    if (error.code !== 'ABORTED') tell('failed', error.message);
    return { source, target, digest: image.digest, state: 'failed', error };
  }
}

function settledOf(targets: ReadonlyMap<string, BlobTarget>, key: string): Promise<void> {
  const target = targets.get(key);
  if (target !== undefined) return target.settled;
  throw new SallyportError('INTERNAL', 'is needed by an image and in no plan', { subject: key });
}
