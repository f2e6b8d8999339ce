import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, SallyportError, systemCode } from '../base/index.ts';

export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** The file's bytes, or undefined when there is none. Throws `FILE_UNREADABLE`. */
export async function readIfThere(path: string, subject: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return undefined;
    throw unreadable(cause, subject);
  }
}

/** `FILE_UNREADABLE`, naming the file. */
export function unreadable(cause: unknown, subject: string): SallyportError {
  if (systemCode(cause) === 'EISDIR')
    return new SallyportError('FILE_UNREADABLE', 'is a folder, and a file is expected', {
      subject,
      cause,
      hint: 'Name a file.',
    });
  const message = cause instanceof Error ? cause.message : 'cannot be read';
  return new SallyportError('FILE_UNREADABLE', message, { subject, cause });
}

/** Writes beside and renames, so that a reader sees the old or the new file whole. Throws `NO_SPACE`, `FILE_WRITE_FAILED`. */
export async function writeWhole(path: string, bytes: Buffer, subject: string, mode?: number): Promise<void> {
  try {
    await makeFolder(dirname(path));
    // Loaded on use: commands that only read should not wait for it.
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(path, bytes, mode === undefined ? {} : { mode });
  } catch (cause) {
    throw writeFailure(cause, subject);
  }
}

/** `NO_SPACE` or `FILE_WRITE_FAILED`, naming the file. */
export function writeFailure(cause: unknown, subject: string): SallyportError {
  const code = systemCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SallyportError('NO_SPACE', 'there is no room for it', { subject, cause });
  const message = cause instanceof Error ? cause.message : 'cannot be written';
  return new SallyportError('FILE_WRITE_FAILED', message, { subject, cause });
}
