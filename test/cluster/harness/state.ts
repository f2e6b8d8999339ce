import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { abandonedFolders, makeOwnedFolder } from '../../support/owned-folder.ts';

const PREFIX = 'sallyport-cluster-';
const CGROUPS = '/sys/fs/cgroup';

/**
 * A folder for one cluster; its name tells whose it is, so that what a killed run left is removed by the next. The
 * cgroups are looked for on their own: the killed run's temporary folder need not be this one's.
 */
export function makeState(): string {
  const left = [tmpdir(), ...hierarchies()].flatMap((folder) => abandonedFolders(PREFIX, folder));
  for (const name of new Set(left.map((path) => basename(path)))) removeState(join(tmpdir(), name));
  return makeOwnedFolder(PREFIX);
}

/** Removes the folder and the cgroups, which outlive the namespaces that used them. */
export function removeState(folder: string): void {
  for (const cgroup of cgroupsOf(folder)) removeCgroup(cgroup);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** The cgroups of a cluster: one in each hierarchy of cgroup v1, or one in the only one of v2. */
export function cgroupsOf(folder: string): string[] {
  const name = basename(folder);
  return hierarchies()
    .filter((hierarchy) => list(hierarchy).includes(name))
    .map((hierarchy) => join(hierarchy, name));
}

function hierarchies(): string[] {
  return [CGROUPS, ...list(CGROUPS).map((hierarchy) => join(CGROUPS, hierarchy))].filter(existsSync);
}

function removeCgroup(path: string): void {
  for (const child of list(path)) removeCgroup(join(path, child));
  try {
    rmdirSync(path);
  } catch {
    // Not empty yet: a process is still ending. The next start tries again.
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
