import { writeFile as createFile, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../../base/index.ts';
import { ensureFolder, fileError, syncFolder, writeWholeFile } from '../../store/index.ts';

/** The little files of which a repository consists. Each change is one that a kill cannot cut in half. */
interface Durability {
  readonly durable: boolean;
}

export async function writeFile({ durable }: Durability, path: string, text: string): Promise<void> {
  await ensureFolder(dirname(path), durable);
  await writeWholeFile(path, text, durable);
}

/** Makes an empty file: there is nothing in it to be half written. */
export async function touchFile({ durable }: Durability, path: string): Promise<void> {
  await ensureFolder(dirname(path), durable);
  try {
    await createFile(path, '');
  } catch (cause) {
    throw fileError(cause, path, 'write the file');
  }
  if (durable) await syncFolder(dirname(path));
}

/** False when there was none. */
export async function removeFile({ durable }: Durability, path: string): Promise<boolean> {
  try {
    await rm(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw fileError(cause, path, 'remove the file');
  }
  if (durable) await syncFolder(dirname(path));
  return true;
}

/** The names in a folder; none when there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw fileError(cause, folder, 'read the folder');
  }
}
