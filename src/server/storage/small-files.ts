import { writeFile as createFile, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SallyportError, systemCode } from '../../base/index.ts';
import { ensureFolder, fileError, syncFolder, writeWholeFile } from '../../store/index.ts';

/** The little files of which a repository consists. Each change is one that a kill cannot cut in half. */
interface Durability {
  readonly durable: boolean;
}

export function writeFile({ durable }: Durability, path: string, text: string): Promise<void> {
  return inFolder({ durable }, dirname(path), () => writeWholeFile(path, text, durable));
}

/** Makes an empty file: there is nothing in it to be half written. */
export function touchFile({ durable }: Durability, path: string): Promise<void> {
  return inFolder({ durable }, dirname(path), async () => {
    try {
      await createFile(path, '');
    } catch (cause) {
      throw fileError(cause, path, 'write the file');
    }
    if (durable) await syncFolder(dirname(path));
  });
}

/** Each needs that garbage collection removed the folder in the moment after it was made. */
const TRIES = 10;
/** What the system says of a folder that has gone: there is none, or, while it is made, there was one. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST']);

/** Makes a file in a folder that is made when it is not there, and again when it is removed because it is empty yet. */
export async function inFolder<T>(
  { durable }: Durability,
  folder: string,
  makeFile: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      await ensureFolder(folder, durable);
      return await makeFile();
    } catch (thrown) {
      const reason = thrown instanceof SallyportError ? thrown.cause : thrown;
      if (!GONE.has(systemCode(reason) ?? '') || tries === TRIES) throw thrown;
    }
  }
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
