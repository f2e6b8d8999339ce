import { type Clock, SallyportError, systemClock } from '../../base/index.ts';
import { expectRegistry } from '../storage/check.ts';
import { type DiskStorage, openDiskStorage } from '../storage/disk-storage.ts';
import type { GarbageOptions, GarbageReport } from '../storage/garbage.ts';
import { putQuestion } from './desk.ts';

/** The part of `GarbageOptions` that can be asked for across processes. */
type Asked = Omit<GarbageOptions, 'signal'>;

export interface FolderGarbage extends GarbageReport {
  /** `running`: a registry runs on the folder and did it between its requests. `idle`: nobody else was there. */
  readonly by: 'running' | 'idle';
}

const LOOK_MS = 200;
/** A registry looks at its desk every second; a holder that takes nothing for so long is none. */
const PATIENCE_MS = 15_000;
/** How often, in looks, it is tried whether the holder has ended. */
const RETRY_LOOKS = 10;

/**
 * Removes what nothing refers to from a registry's folder. When a registry runs on it, that one is asked to, so that pushes go on;
 * there the young stays (default one hour), because a push may be about to refer to it. Without one nothing is too young.
 * Throws `FILE_NOT_FOUND`, `LOCKED` when the folder is held by something that does not answer, and what the work throws.
 */
export async function collectGarbageIn(
  dir: string,
  options: GarbageOptions & { readonly clock?: Clock } = {},
): Promise<FolderGarbage> {
  const { clock = systemClock, signal, ...asked } = options;
  await expectRegistry(dir);
  for (;;) {
    const storage = await openIfFree(dir);
    if (!(storage instanceof SallyportError)) return await collectAlone(storage, asked, signal);
    const report = await askHolder(dir, storage, asked, clock, signal);
    if (report !== undefined) return { ...report, by: 'running' };
  }
}

async function collectAlone(
  storage: DiskStorage,
  asked: Asked,
  signal: AbortSignal | undefined,
): Promise<FolderGarbage> {
  try {
    const report = await storage.collectGarbage({
      minAgeMs: 0,
      ...asked,
      ...(signal === undefined ? {} : { signal }),
    });
    return { ...report, by: 'idle' };
  } finally {
    await storage.close();
  }
}

/** The holder's report; undefined when the holder has ended meanwhile, or another one has come. */
async function askHolder(
  dir: string,
  locked: SallyportError,
  asked: Asked,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<GarbageReport | undefined> {
  const question = await putQuestion(dir, { kind: 'garbage', options: asked });
  try {
    for (let looks = 1; ; looks++) {
      const state = await question.look();
      if (typeof state === 'object') return state.answer as GarbageReport;
      if (state === 'lost') return undefined;
      if (state === 'waiting' && looks * LOOK_MS > PATIENCE_MS)
        throw new SallyportError('LOCKED', `${locked.message} and that one does not answer`, {
          subject: dir,
          hint: 'Only a running `sallyport registry serve` collects beside its requests; wait for other processes to end.',
          cause: locked,
        });
      if (looks % RETRY_LOOKS === 0) {
        const storage = await openIfFree(dir);
        if (!(storage instanceof SallyportError)) {
          await storage.close();
          return undefined;
        }
      }
      await clock.sleep(LOOK_MS, signal);
    }
  } finally {
    await question.withdraw();
  }
}

async function openIfFree(dir: string): Promise<DiskStorage | SallyportError> {
  try {
    return await openDiskStorage({ dir });
  } catch (thrown) {
    if (thrown instanceof SallyportError && thrown.code === 'LOCKED') return thrown;
    throw thrown;
  }
}

/** What the registry that holds the folder does with a question. Throws `USAGE` for one that it does not know. */
export async function answerGarbage(
  storage: DiskStorage,
  question: unknown,
  signal: AbortSignal,
): Promise<GarbageReport> {
  const { kind, options } = (question ?? {}) as { readonly kind?: unknown; readonly options?: unknown };
  if (kind !== 'garbage' || typeof options !== 'object' || options === null)
    throw new SallyportError('USAGE', 'the running registry does not know this question', {
      hint: 'It may be of another version; stop it and run the command again.',
    });
  const { minAgeMs, untagged, dryRun } = options as Partial<Record<keyof Asked, unknown>>;
  return await storage.collectGarbage({
    ...(typeof minAgeMs === 'number' ? { minAgeMs } : {}),
    untagged: untagged === true,
    dryRun: dryRun === true,
    signal,
  });
}
