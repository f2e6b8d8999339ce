import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Makes a folder with its parents, and gives the topmost one that was made; undefined when all were there. Throws the system's error.
 * Node's own recursive way never ends where nothing can be made below a folder that is there (`/proc`, a working folder that was deleted).
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const made = await makeOne(path);
  if (made !== NO_PARENT) return made;
  const parent = dirname(path);
  if (parent === path) throw notThere(path);
  const first = await makeFolder(parent);
  const again = await makeOne(path);
  if (again === NO_PARENT) throw notThere(path);
  return first ?? again;
}

/** The same in the middle of synchronous work; folders that are made get `mode`. Throws the system's error. */
export function makeFolderSync(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (cause) {
    const parent = dirname(path);
    if (systemCode(cause) === 'ENOENT' && parent !== path) {
      makeFolderSync(parent, mode);
      mkdirSync(path, { mode });
    } else if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw cause;
  }
}

const NO_PARENT = Symbol('no parent');

async function makeOne(path: string): Promise<string | undefined | typeof NO_PARENT> {
  try {
    await mkdir(path);
    return path;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return NO_PARENT;
    // Systems have several answers for a folder that is there.
    if ((await stat(path).catch(() => undefined))?.isDirectory() === true) return undefined;
    throw cause;
  }
}

function notThere(path: string): Error {
  return Object.assign(new Error(`ENOENT: no folder can be made there, mkdir '${path}'`), { code: 'ENOENT' });
}
