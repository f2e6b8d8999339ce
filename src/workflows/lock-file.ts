import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import { type Lock, readLock, writeLock } from '../lock/index.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere, writeWhole } from './files.ts';
import { readManifestFiles } from './manifest-files.ts';

/** Reads the lock. Throws `LOCK_NOT_FOUND`, `LOCK_INVALID`. */
export async function readLockFile(context: WorkflowContext, file: string): Promise<Lock> {
  const bytes = await readIfThere(resolve(context.cwd, file), file);
  if (bytes === undefined) throw new SallyportError('LOCK_NOT_FOUND', 'does not exist', { subject: file });
  return readLock({ path: file, bytes });
}

/** Writes the lock beside and renames it; false when the file holds these very bytes already. */
export async function writeLockFile(context: WorkflowContext, file: string, lock: Lock): Promise<boolean> {
  const path = resolve(context.cwd, file);
  const bytes = writeLock(lock);
  const old = await readIfThere(path, file);
  if (old?.equals(bytes) === true) return false;
  await writeWhole(path, bytes, file);
  return true;
}

/** A plain text file or standard input (`-`). */
export async function readListFile(context: WorkflowContext, file: string): Promise<Buffer> {
  const [read] = await readManifestFiles(context, [file]);
  if (read === undefined) throw new SallyportError('NO_INPUT', 'holds nothing', { subject: file });
  return read.bytes;
}
