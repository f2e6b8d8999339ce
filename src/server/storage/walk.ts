import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/index.ts';
import { isRepositoryPath } from '../../oci/index.ts';
import { fileError } from '../../store/index.ts';
import { REPOSITORIES } from './paths.ts';

interface RepositoryFolder {
  readonly name: string;
  readonly folder: string;
  /** False where only an upload ever began: that makes a folder, not a repository. */
  readonly hasContent: boolean;
}

/** Every folder below which something is kept; names that no client can reach are passed over. */
export async function* walkRepositories(root: string): AsyncGenerator<RepositoryFolder> {
  const waiting: string[][] = [[]];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const folder = join(root, REPOSITORIES, ...path);
    const inside = (await entriesIn(folder))
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    const hasContent = inside.some((one) => one === '_manifests' || one === '_blobs');
    if (path.length > 0 && (hasContent || inside.includes('_uploads')))
      yield { name: path.join('/'), folder, hasContent };
    for (const child of inside) {
      if (isRepositoryPath([...path, child].join('/'))) waiting.push([...path, child]);
    }
  }
}

/** What is in a folder; nothing when there is no folder. */
export async function entriesIn(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw fileError(cause, folder, 'read the folder');
  }
}
