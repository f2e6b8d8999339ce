import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { combineErrors, SallyportError } from '../../base/index.ts';
import { bundleCreateText } from '../../report/index.ts';
import {
  createBundle,
  makeLock,
  readConfigFile,
  readInventory,
  readLockFile,
} from '../../workflows/index.ts';
import type { BundleCreateFlags } from '../commands/bundle/index.ts';
import { loadConfig, splitPlatforms } from '../config.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand, type Session } from './run.ts';

export function bundleCreate(this: CliContext, flags: BundleCreateFlags): Promise<void> {
  const work = async (session: Session): Promise<ExitStatus> => {
    const partSize = flags.split === undefined ? undefined : parseSize(flags.split);
    if (partSize !== undefined && flags.output.endsWith('.parts.json'))
      throw new SallyportError('USAGE', 'is what the index of the parts is called', {
        subject: flags.output,
        hint: 'Name the bundle itself, for example che.bundle; the index becomes che.bundle.parts.json.',
      });
    const config = await loadConfig(session, flags);
    const { lock, inputs } = await lockFor(session, flags, config);
    const since = flags.since === undefined ? undefined : await readInventory(session.workflow, flags.since);
    const configFile = namesSources(flags) ? undefined : await readConfigFile(session.workflow, flags.config);
    const { image } = splitPlatforms(flags.platform ?? []);
    session.emit({ type: 'step', step: 'bundle', state: 'start' });
    const result = await createBundle(session.workflow, {
      config,
      lock,
      output: flags.output,
      format: flags.format,
      platforms: image.length > 0 ? image : lock.platforms,
      referrers: flags.referrers,
      manifests: flags.manifests,
      reuse: flags.reuse ?? [],
      waitForPulls: flags.waitForPulls,
      dryRun: flags.dryRun,
      ...(inputs === undefined ? {} : { inputs }),
      ...(configFile === undefined ? {} : { configFile }),
      ...(since === undefined ? {} : { since }),
      ...(partSize === undefined ? {} : { partSize }),
    });
    session.out(bundleCreateText(result, flags.output));
    return 0;
  };
  // There is none while images are still being locked.
  const stopped = (): string => {
    const partial = `${flags.output}.partial`;
    return existsSync(resolve(this.cwd, partial))
      ? `no bundle was written; the same command continues from ${partial}`
      : 'no bundle was written, and nothing was left';
  };
  return runCommand(this, flags, work, stopped);
}

/** Flags that name sources are locked now; else the lock that is there is taken. */
async function lockFor(
  session: Session,
  flags: BundleCreateFlags,
  config: Awaited<ReturnType<typeof loadConfig>>,
): Promise<
  Pick<Awaited<ReturnType<typeof makeLock>>, 'lock'> & Partial<Awaited<ReturnType<typeof makeLock>>>
> {
  if (!namesSources(flags)) {
    const file = flags.lock ?? DEFAULT_LOCK;
    const lock = await readLockFile(session.workflow, file);
    if (flags.to !== undefined && lock.target?.prefix !== config.target?.prefix)
      throw new SallyportError(
        'CONFLICTING_OPTIONS',
        `the lock is made for ${lock.target?.prefix ?? 'no target'}, --to says ${flags.to}`,
        { hint: 'Leave --to out, or lock again with it: sallyport lock --to …' },
      );
    return { lock };
  }
  if (flags.lock !== undefined)
    throw new SallyportError('CONFLICTING_OPTIONS', 'a lock says already what to bundle', {
      subject: '--lock',
      hint: 'Leave out either --lock, or -f and --profile.',
    });
  const made = await makeLock(session.workflow, { config, force: flags.force });
  if (made.failures.length > 0)
    throw combineErrors(
      made.failures,
      `${made.failures.length} images could not be pinned; nothing was written`,
    );
  return made;
}

function namesSources(flags: BundleCreateFlags): boolean {
  return flags.profile !== undefined || (flags.file ?? []).length > 0;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  KB: 1e3,
  M: 1e6,
  MB: 1e6,
  G: 1e9,
  GB: 1e9,
  T: 1e12,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** The fewest bytes of a part: a thousand parts are the most that anybody wants to carry. */
const LEAST = 1e6;

/** `4GB`, `700MiB`, `1000000` in bytes. Throws `USAGE`. */
export function parseSize(input: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(input.trim());
  const unit = UNITS[(match?.[2] ?? '?').toUpperCase()];
  const size = unit === undefined ? Number.NaN : Math.floor(Number(match?.[1]) * unit);
  if (Number.isSafeInteger(size) && size >= LEAST) return size;
  throw new SallyportError('USAGE', 'is no size of a part', {
    subject: `--split ${input}`,
    hint: 'Write a number and a unit, for example 4GB or 700MiB; a part has at least 1MB.',
  });
}
