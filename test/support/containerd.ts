import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/base/index.ts';
import { whileUp } from './daemon.ts';

const run = promisify(execFile);

/** Runs `ctr` in a namespace of the test and gives what it prints. Throws where it fails. */
export type Ctr = (...args: string[]) => Promise<string>;

/** Where containerd (2.x) and ctr lie: where the cluster suite has built them, or on the PATH; undefined without them or without root. */
export const containerdFolder: string | undefined = process.getuid?.() === 0 ? findContainerd() : undefined;

function findContainerd(): string | undefined {
  const builds = join(cacheFolder({ env: process.env, homeDir: homedir() }), 'cluster');
  return [
    ...(existsSync(builds) ? readdirSync(builds).map((name) => join(builds, name)) : []),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ].find((folder) => existsSync(join(folder, 'containerd')) && existsSync(join(folder, 'ctr')));
}

/** A containerd with everything of its own below `dir`, for the time of `work`. */
export async function withContainerd(dir: string, work: (ctr: Ctr) => Promise<void>): Promise<void> {
  const folder = containerdFolder ?? '';
  mkdirSync(dir, { recursive: true });
  const socket = join(dir, 'containerd.sock');
  const config = join(dir, 'containerd.toml');
  writeFileSync(
    config,
    [
      'version = 3',
      `root = "${dir}/root"`,
      `state = "${dir}/state"`,
      '[grpc]',
      `  address = "${socket}"`,
      '[ttrpc]',
      `  address = "${socket}.ttrpc"`,
      '',
    ].join('\n'),
  );
  const daemon = spawn(join(folder, 'containerd'), ['-c', config], { stdio: 'ignore' });
  const ctr: Ctr = async (...args) =>
    (await run(join(folder, 'ctr'), ['-a', socket, '-n', 'test', ...args])).stdout;
  await whileUp(
    daemon,
    () => ctr('version'),
    () => work(ctr),
  );
}
