import { formatCount, type SallyportError } from '../base/index.ts';
import type { Config, Lock } from '../lock/index.ts';
import type { WorkflowContext } from './context.ts';
import { makeLock } from './lock.ts';
import { writeLockFile } from './lock-file.ts';
import { type MirrorResult, mirrorImages } from './mirror.ts';
import { checkOutputFolder } from './output-folder.ts';
import { proofText } from './proof.ts';
import { type RenderResult, renderFromLock, writeRendered } from './render.ts';

export interface RelocateOptions {
  /** With a target. */
  readonly config: Config;
  readonly folder: string;
  readonly lockFile: string;
  /** Files in the folder that belong to the run though the renderer does not make them (the lock, when it lies there). */
  readonly alsoOurs: readonly string[];
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  readonly recheck: boolean;
  readonly withCredentials: boolean;
  /** Refuse images that cannot be known. */
  readonly strict?: boolean;
}

export interface RelocateResult {
  readonly lock: Lock;
  readonly mirror: MirrorResult;
  /** Absent after a dry run and after failures: nothing was written. */
  readonly rendered?: RenderResult & { readonly written: number; readonly removed: number };
  readonly failures: readonly SallyportError[];
}

/**
 * The whole way: find, pin, render in memory and prove the closure, copy, and only then write. What can fail without moving bytes comes
 * first. Images that fail do not stop the others from being copied, but then nothing is written, because it would name what is not there.
 */
export async function relocate(context: WorkflowContext, options: RelocateOptions): Promise<RelocateResult> {
  const { config, folder, force } = options;
  const { emit } = context;
  await checkOutputFolder(context, folder, { force, alsoOurs: options.alsoOurs });
  emit({ type: 'step', step: 'lock', state: 'start' });
  const { lock, inputs, failures: lockFailures } = await makeLock(context, { config, force });
  emit({
    type: 'step',
    step: 'lock',
    state: lockFailures.length === 0 ? 'done' : 'failed',
    message: lockMessage(lock, lockFailures.length),
  });
  let rendered: RenderResult | undefined;
  if (lockFailures.length === 0) {
    emit({ type: 'step', step: 'render', state: 'start' });
    rendered = await renderFromLock(context, {
      config,
      lock,
      inputs,
      strict: options.strict ?? false,
      withCredentials: options.withCredentials,
    });
    emit({
      type: 'step',
      step: 'render',
      state: 'done',
      message: `${formatCount(rendered.files.length, 'file')}; ${proofText(rendered.closure, lock)}`,
    });
  }
  // of a copy for which nothing is left after failures nobody wants to hear that it is done
  const copies = lock.images.length > 0 || lockFailures.length === 0;
  if (copies) emit({ type: 'step', step: 'mirror', state: 'start' });
  const mirror = await mirrorImages(context, {
    registries: config.registries,
    what: { lock },
    platforms: lock.platforms,
    dryRun: options.dryRun,
    referrers: options.referrers,
    recheck: options.recheck,
  });
  const failures = [...lockFailures, ...mirror.failures];
  if (copies) emit({ type: 'step', step: 'mirror', state: mirror.failures.length === 0 ? 'done' : 'failed' });
  if (failures.length > 0 || rendered === undefined || options.dryRun) return { lock, mirror, failures };
  context.signal?.throwIfAborted();
  const written = await writeRendered(context, folder, rendered, { force, alsoOurs: options.alsoOurs });
  await writeLockFile(context, options.lockFile, lock);
  return { lock, mirror, rendered: { ...rendered, ...written }, failures };
}

function lockMessage(lock: Lock, failed: number): string {
  const left = lock.excluded.length === 0 ? '' : `, ${lock.excluded.length} left out on request`;
  return `${formatCount(lock.images.length, 'image')} pinned${left}${failed === 0 ? '' : `, ${failed} failed`}`;
}
