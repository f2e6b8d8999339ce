import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PREFIX = 'sallyport-cluster-';
const CGROUPS = '/sys/fs/cgroup';

/** A folder for one cluster; its name tells whose it is, so that what a killed run left is removed by the next. */
export function makeState(): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !alive(Number(owner))) removeState(join(tmpdir(), name));
  }
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Removes the folder and the cgroups, which outlive the namespaces that used them. */
export function removeState(folder: string): void {
  for (const cgroup of cgroupsOf(folder)) removeCgroup(cgroup);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** The cgroups of a cluster: one in each hierarchy of cgroup v1, or one in the only one of v2. */
export function cgroupsOf(folder: string): string[] {
  const name = basename(folder);
  return [CGROUPS, ...list(CGROUPS).map((hierarchy) => join(CGROUPS, hierarchy))]
    .filter((hierarchy) => list(hierarchy).includes(name))
    .map((hierarchy) => join(hierarchy, name));
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

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ports of loopback that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((ready, fail) => server.once('error', fail).listen(0, '127.0.0.1', ready));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
