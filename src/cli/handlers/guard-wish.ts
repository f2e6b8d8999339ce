import { join } from 'node:path';
import { SallyportError } from '../../base/index.ts';
import { type GuardWish, type Lock, readLockFile } from '../../workflows/index.ts';
import type { GuardWishFlags } from '../commands/cluster-flags.ts';
import { checkPrefixes } from '../config.ts';
import { DEFAULT_LOCK } from './lock.ts';
import type { Session } from './run.ts';

/** What `--guard` asks for; undefined without it. The lock is the one that is named, or lies in one of the folders, or here. */
export async function guardWish(
  session: Session,
  flags: GuardWishFlags,
  folders: readonly string[],
): Promise<GuardWish | undefined> {
  const { guard, lock, workloads, allow = [] } = flags;
  if (guard === undefined) {
    const idle = OF_THE_GUARD.find((flag) => flags[flag] !== undefined);
    if (idle === undefined) return undefined;
    throw new SallyportError('USAGE', `--${idle} is about the guard, and there is no --guard`, {
      hint: `Add --guard warn, or leave --${idle} out.`,
    });
  }
  checkPrefixes('--allow', allow);
  const places =
    lock === undefined ? [...folders.map((folder) => join(folder, DEFAULT_LOCK)), DEFAULT_LOCK] : [lock];
  return { mode: guard, workloads, allow, lock: await firstOf(session, places) };
}

const OF_THE_GUARD = ['lock', 'workloads', 'allow'] as const;

async function firstOf(session: Session, places: readonly string[]): Promise<Lock> {
  for (const place of places) {
    try {
      return await readLockFile(session.workflow, place);
    } catch (thrown) {
      const absent = thrown instanceof SallyportError && thrown.code === 'LOCK_NOT_FOUND';
      if (!absent || places.length === 1) throw thrown;
    }
  }
  throw new SallyportError('LOCK_NOT_FOUND', 'is not there, and --guard is made from it', {
    subject: places.join(', '),
    hint: 'Name it with --lock FILE.',
  });
}
