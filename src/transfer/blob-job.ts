import { SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import { type ContentStore, canMount } from '../store/index.ts';
import { copyBlob } from './copy-blob.ts';
import type { ImageRun } from './image-run.ts';
import { blobKey, SENT_UNASKED } from './plan-blobs.ts';
import type { RunTools } from './run.ts';
import { hasAtTarget } from './target-questions.ts';
import type { PlannedBlob } from './types.ts';

/** One blob for one repository while it is on its way. */
export interface BlobTarget {
  readonly planned: PlannedBlob;
  readonly images: readonly ImageRun[];
  readonly settled: Promise<void>;
  readonly succeed: () => void;
  readonly fail: (error: SallyportError) => void;
}

/** One blob for all repositories that want it, whatever their registries: it is read once. */
export interface BlobJob {
  readonly blob: Descriptor;
  readonly from: readonly ContentStore[];
  readonly parts: readonly RegistryPart[];
}

/** The repositories of one registry: only among them is anything mounted. */
export interface RegistryPart {
  readonly registry: string;
  readonly targets: readonly BlobTarget[];
}

/** The jobs of a plan in its order, biggest first, and each target by its `blobKey`. */
export function createJobs(
  planned: readonly PlannedBlob[],
  runs: readonly ImageRun[],
): { readonly jobs: readonly BlobJob[]; readonly targets: ReadonlyMap<string, BlobTarget> } {
  const needed = new Map<string, ImageRun[]>();
  for (const run of runs) {
    for (const key of run.needs) {
      const known = needed.get(key);
      if (known === undefined) needed.set(key, [run]);
      else known.push(run);
    }
  }
  const jobs = new Map<
    string,
    { blob: Descriptor; from: Set<ContentStore>; parts: Map<string, BlobTarget[]> }
  >();
  const targets = new Map<string, BlobTarget>();
  for (const item of planned) {
    const { blob, toRegistry, toRepository, from } = item;
    const key = blobKey(toRegistry, toRepository, blob);
    const target = createTarget(item, needed.get(key) ?? []);
    targets.set(key, target);
    const ofAll = blobKey('', '', blob);
    const job = jobs.get(ofAll) ?? { blob, from: new Set(), parts: new Map() };
    jobs.set(ofAll, job);
    for (const store of from) job.from.add(store);
    const part = job.parts.get(toRegistry);
    if (part === undefined) job.parts.set(toRegistry, [target]);
    else part.push(target);
  }
  return {
    targets,
    jobs: [...jobs.values()].map(({ blob, from, parts }) => ({
      blob,
      from: [...from],
      parts: [...parts].map(([registry, ofRegistry]) => ({ registry, targets: ofRegistry })),
    })),
  };
}

function createTarget(planned: PlannedBlob, images: readonly ImageRun[]): BlobTarget {
  const { promise, resolve, reject } = deferred();
  promise.catch(() => {}); // an image that failed for another reason does not come to ask
  return { planned, images, settled: promise, succeed: resolve, fail: reject };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Settles what is there already: no image that has all of its own waits for the blobs of others. */
export function settlePresent(tools: RunTools, targets: Iterable<BlobTarget>): void {
  for (const target of targets) {
    if (target.planned.action !== 'present') continue;
    report(tools, target, 'present');
    target.succeed();
  }
}

/**
 * Brings a blob into every repository of a job that lacks it: within each registry one copy, the others mounted from it; where a registry does not mount, the
 * others are written too. What has to be written at the same time, in whatever registries, is written from one reading. Settles every target
 * that `settlePresent` has not, and never throws.
 */
export async function runJob(tools: RunTools, job: BlobJob): Promise<void> {
  const parts = job.parts.map(beginPart);
  while (parts.some(({ waiting }) => waiting.length > 0)) {
    const choices = await Promise.all(parts.map((part) => prepareRound(tools, job.blob, part)));
    if (parts.every(({ waiting }) => waiting.length === 0)) return;
    // Chosen when its turn comes: by then others may have found out that nothing can be mounted.
    const sent = await copyAll(tools, job, () => choices.flatMap((choose) => choose()));
    for (const part of parts) {
      const own = part.waiting.filter((target) => sent.includes(target));
      for (const target of own) if (await succeeded(target)) part.holder ??= target.planned.toRepository;
      part.waiting = part.waiting.filter((target) => !own.includes(target));
    }
  }
}

interface PartRun extends RegistryPart {
  /** The repository that others can mount from. */
  holder: string | undefined;
  waiting: readonly BlobTarget[];
}

function beginPart(part: RegistryPart): PartRun {
  const present = part.targets.filter(({ planned }) => planned.action === 'present');
  return {
    ...part,
    holder:
      present[0]?.planned.toRepository ??
      part.targets.find(({ planned }) => planned.mountFrom !== undefined)?.planned.mountFrom,
    waiting: part.targets.filter((target) => !present.includes(target)),
  };
}

/** Mounts what can be; gives how to choose what is written in this round. */
async function prepareRound(
  tools: RunTools,
  blob: Descriptor,
  part: PartRun,
): Promise<() => readonly BlobTarget[]> {
  const { registry, targets, holder } = part;
  const mounts = (): boolean =>
    !tools.noMount.has(registry) && targets.every(({ planned: { to } }) => canMount(to));
  part.waiting = stillWanted(tools, part.waiting);
  if (holder !== undefined && mounts())
    part.waiting = await mountAll(tools, { blob, registry }, part.waiting, holder);
  const refused = holder !== undefined;
  if (refused) part.waiting = await stillMissing(tools, part.waiting);
  return () => (refused || !mounts() ? part.waiting : part.waiting.slice(0, 1));
}

/** Leaves out what only failed images want. */
function stillWanted(tools: RunTools, targets: readonly BlobTarget[]): BlobTarget[] {
  return targets.filter((target) => {
    if (!tools.signal.aborted && target.images.some(({ error }) => error === undefined)) return true;
    target.fail(
      new SallyportError('ABORTED', 'is not needed any more', { subject: target.planned.blob.digest }),
    );
    return false;
  });
}

/** Where nothing is mounted, what the plan did not ask for is asked for now, before it is sent. */
async function stillMissing(tools: RunTools, targets: readonly BlobTarget[]): Promise<BlobTarget[]> {
  const missing = await Promise.all(
    targets.map(async (target) => {
      const { asked, blob, to } = target.planned;
      if (asked || blob.size <= SENT_UNASKED) return [target];
      const there = await tools.ask(() => hasAtTarget(to, blob, tools.signal)).catch(() => false);
      if (!there) return [target];
      report(tools, target, 'present');
      target.succeed();
      return [];
    }),
  );
  return missing.flat();
}

const ENOUGH_REFUSALS = 3;

/** Mounts where it can; gives the targets that have to be written instead. */
async function mountAll(
  tools: RunTools,
  { blob, registry }: { readonly blob: Descriptor; readonly registry: string },
  targets: readonly BlobTarget[],
  holder: string,
): Promise<BlobTarget[]> {
  const refused = await Promise.all(
    targets.map(async (target) => {
      const { to } = target.planned;
      try {
        if (canMount(to) && (await tools.ask(() => to.mountBlob(blob, holder, { signal: tools.signal })))) {
          tools.mounted.add(registry);
          tools.count.mounted++;
          report(tools, target, 'mounted');
          target.succeed();
          return [];
        }
      } catch (thrown) {
        target.fail(tools.asFailure(thrown));
        return [];
      }
      return [target];
    }),
  );
  const left = refused.flat();
  const refusals = (tools.refusedMounts.get(registry) ?? 0) + left.length;
  tools.refusedMounts.set(registry, refusals);
  // A few refusals may be about rights or one repository; where nothing was ever mounted, nothing will be.
  if (refusals >= ENOUGH_REFUSALS && !tools.mounted.has(registry)) tools.noMount.add(registry);
  return left;
}

/** Registries open uploads at different paces; one that takes longer than this gets a reading of its own. */
const FAR_APART_MS = 10_000;

/** Writes from one reading, when there is room for it, and settles the targets; gives those. */
async function copyAll(
  tools: RunTools,
  { blob, from }: BlobJob,
  choose: () => readonly BlobTarget[],
): Promise<readonly BlobTarget[]> {
  return tools.laneFor(blob)(async () => {
    const chosen = choose();
    const wanted = stillWanted(tools, chosen);
    if (wanted.length === 0) return chosen;
    for (const target of wanted) report(tools, target, 'start');
    const byStore = new Map(wanted.map((target) => [target.planned.to, target]));
    const outcomes = await copyBlob({
      blob,
      from,
      to: wanted.map(({ planned }) => planned.to),
      signal: tools.signal,
      ...(new Set(wanted.map(({ planned }) => planned.toRegistry)).size > 1 ? { graceMs: FAR_APART_MS } : {}),
      onProgress: tools.bytes.add,
      onResume: (to) => {
        const target = byStore.get(to);
        if (target !== undefined) report(tools, target, 'resumed');
      },
      // At once: nobody waits for a registry that is still trying.
      onWritten: (to, kept, source) => {
        const target = byStore.get(to);
        if (target === undefined) return;
        tools.count.copied++;
        tools.count.bytes += blob.size - kept;
        report(tools, target, 'copied');
        tools.onCopied(blob, source);
        target.succeed();
      },
    });
    wanted.forEach((target, index) => {
      const error = outcomes[index]?.error;
      if (error === undefined) return;
      const failure = tools.asFailure(error);
      report(tools, target, 'failed', failure.message);
      target.fail(failure);
    });
    return chosen;
  });
}

function succeeded({ settled }: BlobTarget): Promise<boolean> {
  return settled.then(
    () => true,
    () => false,
  );
}

function report(
  tools: RunTools,
  { planned: { blob, toRegistry, toRepository } }: BlobTarget,
  state: 'start' | 'copied' | 'mounted' | 'present' | 'resumed' | 'failed',
  message?: string,
): void {
  tools.emit({
    type: 'blob',
    digest: blob.digest,
    repository: `${toRegistry}/${toRepository}`,
    size: blob.size,
    state,
    ...(message === undefined ? {} : { message }),
  });
}
