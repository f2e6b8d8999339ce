import { combineErrors } from '../../base/index.ts';
import { lockDiffText, lockText } from '../../report/index.ts';
import { diffLocks, makeLock, readLockFile, writeLockFile } from '../../workflows/index.ts';
import type { LockFlags } from '../commands/lock.ts';
import { loadConfig } from '../config.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

/** Where the lock lies when nothing else is said. */
export const DEFAULT_LOCK = 'sallyport.lock.yaml';

export function lock(this: CliContext, flags: LockFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const config = await loadConfig(session, flags);
    const file = flags.lock ?? DEFAULT_LOCK;
    const updating = (flags.update ?? []).length > 0;
    const previous = updating || flags.check ? await readLockFile(session.workflow, file) : undefined;
    session.emit({ type: 'step', step: 'lock', state: 'start' });
    const result = await makeLock(session.workflow, {
      config,
      force: flags.force,
      ...(updating && previous !== undefined ? { previous, update: flags.update ?? [] } : {}),
    });
    if (result.failures.length > 0) {
      throw combineErrors(
        result.failures,
        `${result.failures.length} images could not be pinned; no lock was written`,
      );
    }
    if (flags.check && previous !== undefined) {
      const diff = diffLocks(previous, result.lock);
      if (diff.same) return 0;
      session.out(lockDiffText(diff, session.outStyle));
      return 3;
    }
    const changed = await writeLockFile(session.workflow, file, result.lock);
    session.out(lockText(result.lock, flags.output, session.outStyle));
    session.emit({
      type: 'step',
      step: 'lock',
      state: 'done',
      message: changed ? `written to ${file}` : `${file} is unchanged`,
    });
    return 0;
  });
}
