import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, SallyportError, systemCode } from '../base/index.ts';

/**
 * Small things about files that every store needs. `durable` means: what has been acknowledged survives a power cut, so files and
 * the folders that name them are synced. Without it a killed process still leaves nothing half visible.
 */

/** A failed file operation as one of our errors; ours pass through. */
export function fileError(cause: unknown, subject: string, what: string): SallyportError {
  if (cause instanceof SallyportError) return cause;
  const code = systemCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SallyportError('NO_SPACE', `could not ${what}: the disk is full`, { subject, cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SallyportError(
    what.startsWith('read') ? 'FILE_UNREADABLE' : 'FILE_WRITE_FAILED',
    `could not ${what}: ${reason}`,
    { subject, cause },
  );
}

/** Makes the names in a folder permanent. Folders cannot be synced everywhere (Windows, some network disks); there it is left out. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY);
  } catch (cause) {
    if (UNSYNCABLE.has(systemCode(cause) ?? '')) return;
    throw fileError(cause, path, 'sync the folder');
  }
  try {
    await handle.sync();
  } catch (cause) {
    if (!UNSYNCABLE.has(systemCode(cause) ?? '')) throw fileError(cause, path, 'sync the folder');
  } finally {
    await handle.close();
  }
}

const UNSYNCABLE: ReadonlySet<string> = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP']);

/** Makes a folder with its parents. Throws `FILE_WRITE_FAILED` or `NO_SPACE`. */
export async function ensureFolder(path: string, durable: boolean): Promise<void> {
  try {
    const first = await makeFolder(path);
    if (first === undefined || !durable) return;
    for (let folder = path; folder.length >= first.length; folder = dirname(folder))
      await syncFolder(dirname(folder));
  } catch (cause) {
    throw fileError(cause, path, 'make the folder');
  }
}

/** Replaces a small file as a whole: readers see the old bytes or the new, never a part. The folder must exist. */
export async function writeWholeFile(
  path: string,
  bytes: Uint8Array | string,
  durable: boolean,
): Promise<void> {
  const folder = dirname(path);
  // The name cannot collide with content: blobs are named by hex, tags and repositories have no leading dot.
  const temporary = join(folder, `.tmp-${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    if (durable) await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw fileError(cause, path, 'write the file');
  }
}

/** Whether a name is what a killed `writeWholeFile` may leave. */
export function isLeftover(name: string): boolean {
  return name.startsWith('.tmp-');
}

/**
 * Opens a file for reading, or undefined when there is none. Symbolic links and everything that is no regular file are refused:
 * a layout comes from elsewhere and must not make us read other files (GHSA-m37j-52j7-pjw7 and others in registry tools).
 */
export async function openRegular(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK opening a named pipe would wait forever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP' || code === 'ENXIO') throw irregular(path);
    throw fileError(cause, path, 'read the file');
  }
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw irregular(path);
    return { handle, size: info.size };
  } catch (cause) {
    await handle.close();
    throw cause;
  }
}

/** The size of a regular file, or undefined when there is none. Links and others are refused as in `openRegular`. */
export async function sizeOfRegular(path: string): Promise<number | undefined> {
  try {
    const info = await lstat(path);
    if (!info.isFile()) throw irregular(path);
    return info.size;
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(cause, path, 'read the file');
  }
}

/** A whole small file, or undefined when there is none. Throws `FILE_UNREADABLE` when it is longer than `limit` bytes. */
export async function readWholeFile(path: string, limit: number): Promise<Buffer | undefined> {
  const file = await openRegular(path);
  if (file === undefined) return undefined;
  try {
    if (file.size > limit)
      throw new SallyportError('FILE_UNREADABLE', `is larger than ${limit} bytes`, { subject: path });
    return await file.handle.readFile();
  } catch (cause) {
    throw fileError(cause, path, 'read the file');
  } finally {
    await file.handle.close();
  }
}

/** Refuses a folder that is a link or no folder; true when it exists, false when there is none. */
export async function isPlainFolder(path: string): Promise<boolean> {
  try {
    if ((await lstat(path)).isDirectory()) return true;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw fileError(cause, path, 'read the folder');
  }
  throw irregular(path);
}

function irregular(path: string): SallyportError {
  return new SallyportError(
    'FILE_UNREADABLE',
    'is not a plain file or folder; links and devices are never followed in a layout',
    {
      subject: path,
      hint: 'Copy the layout anew with a tool that writes plain files.',
    },
  );
}
