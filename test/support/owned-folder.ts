import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder in the temporary one whose name tells which process it belongs to. */
export function makeOwnedFolder(prefix: string): string {
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** Paths of those in `folder` whose process is gone: what a killed run could not remove. */
export function abandonedFolders(prefix: string, folder = tmpdir()): readonly string[] {
  return readdirSync(folder)
    .filter((name) => isAbandoned(prefix, name))
    .map((name) => join(folder, name));
}

function isAbandoned(prefix: string, name: string): boolean {
  const owner = name.startsWith(prefix) ? /^\d+(?=-)/.exec(name.slice(prefix.length))?.[0] : undefined;
  return owner !== undefined && !alive(Number(owner));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
