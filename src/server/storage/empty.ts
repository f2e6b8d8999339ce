import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../base/index.ts';
import { fileError } from '../../store/index.ts';
import { REPOSITORIES, repositoryFolder } from './paths.ts';

/** What makes a folder a repository comes last, so that a kill leaves a repository that the next collection finds. */
const PARTS = ['_tags', '_blobs', '_manifests'];

/**
 * Removes the folders of a repository in which no tag, blob or manifest is, and the folders above that held nothing else. Runs under the
 * repository's lock. Beside pushes: a folder goes only by `rmdir`, which the system refuses where something is in it, and who makes a file there
 * makes its folder again when it has gone (`inFolder`). True when it is no repository any more. Throws `FILE_WRITE_FAILED`.
 */
export async function removeEmptyRepository(root: string, name: string): Promise<boolean> {
  const folder = repositoryFolder(root, name);
  for (const part of PARTS) if (!(await removeTree(join(folder, part)))) return false;
  // Records of referrers whose manifests never came, from a push that was cut off.
  await rm(join(folder, '_referrers'), { recursive: true, force: true });
  // Not empty while somebody uploads; the folder then stays.
  await removeTree(join(folder, '_uploads'));
  const top = join(root, REPOSITORIES);
  for (let path = folder; path !== top; path = dirname(path)) if (!(await removeOne(path))) break;
  return true;
}

/** Removes a folder of nothing but folders; false as soon as there is something else. */
async function removeTree(path: string): Promise<boolean> {
  for (const entry of await readdir(path, { withFileTypes: true }).catch(noneIfMissing)) {
    if (!entry.isDirectory() || !(await removeTree(join(path, entry.name)))) return false;
  }
  return await removeOne(path);
}

/** False when something is in it. */
async function removeOne(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (cause) {
    const code = systemCode(cause) ?? '';
    // POSIX lets a system say either of an occupied folder.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    if (code === 'ENOENT') return true;
    throw fileError(cause, path, 'remove the folder');
  }
}

function noneIfMissing(cause: unknown): [] {
  if (systemCode(cause) === 'ENOENT') return [];
  throw cause;
}
