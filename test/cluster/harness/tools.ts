import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { lock } from 'proper-lockfile';
import { cacheFolder } from '../../../src/base/index.ts';

/**
 * The programs of a real cluster, built from pinned sources with Go alone: no package registry offers them. Built once per content of
 * their folder under `test/cluster/go`, flags and Go version; kept in the user's cache.
 */
export interface Tools {
  /** Folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl: one file by many names. */
  readonly kube: string;
  /** Folder with containerd, its shim and ctr. */
  readonly containerd: string;
  /** Folder with `standin-amd64` and `standin-arm64`: the program inside the test images. */
  readonly standin: string;
}

export type ToolName = keyof Tools;

interface Recipe {
  readonly ldflags: string;
  /** Commands of `go` in the source folder; `OUT` is where results go. */
  readonly builds: readonly { readonly args: readonly string[]; readonly arch?: string }[];
  /** Names by which the one file `kube` is called. */
  readonly links?: readonly string[];
}

/** How long the first start on a machine may take, in ms: it builds Kubernetes. */
export const BUILD_TIME = 1_800_000;

const KUBERNETES = 'v1.34.4';
const CONTAINERD = '2.2.9';

/** Kubernetes reads its version from variables that its own build sets; without them clients take it for v0.0.0. */
const KUBE_VERSION = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
  [
    `gitVersion=${KUBERNETES}`,
    'gitMajor=1',
    'gitMinor=34',
    'gitTreeState=clean',
    `gitCommit=${'0'.repeat(40)}`,
    'buildDate=2026-01-01T00:00:00Z',
  ].map((value) => `-X ${path}.${value}`),
);

const RECIPES: Readonly<Record<ToolName, Recipe>> = {
  kube: {
    ldflags: `-s -w ${KUBE_VERSION.join(' ')}`,
    builds: [{ args: ['-o', 'OUT/kube', '.'] }],
    links: [
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubelet',
      'kube-proxy',
      'kubectl',
    ],
  },
  containerd: {
    ldflags: `-s -w -X github.com/containerd/containerd/v2/version.Version=${CONTAINERD}`,
    builds: [{ args: ['-tags', 'no_btrfs no_zfs no_devmapper', '-o', 'OUT/', 'tool'] }],
  },
  standin: {
    ldflags: '-s -w',
    builds: [
      { args: ['-o', 'OUT/standin-amd64', '.'], arch: 'amd64' },
      { args: ['-o', 'OUT/standin-arm64', '.'], arch: 'arm64' },
    ],
  },
};

const sources = resolve(import.meta.dirname, '..', 'go');

/** What `go version` says, or undefined where there is no Go. */
export function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function buildFolder(): string {
  return join(cacheFolder({ env: process.env, homeDir: homedir() }), 'cluster');
}

/** The programs of these names, built where they are not yet; `say` hears of each build. Throws what `go build` said. */
export async function buildTools(
  names: readonly ToolName[],
  say: (line: string) => void = () => undefined,
): Promise<Tools> {
  const folders: Record<ToolName, string> = { kube: '', containerd: '', standin: '' };
  // One after the other: a build of Kubernetes uses every core and 2 GB by itself.
  for (const name of names) folders[name] = await buildTool(name, say);
  return folders;
}

async function buildTool(name: ToolName, say: (line: string) => void): Promise<string> {
  const source = join(sources, name);
  const recipe = RECIPES[name];
  const hash = createHash('sha256').update(JSON.stringify([goVersion(), recipe]));
  for (const file of readdirSync(source).sort())
    hash.update(`\n${file}\n`).update(readFileSync(join(source, file)));
  const folder = join(buildFolder(), `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(buildFolder(), { recursive: true });
  const release = await lock(folder, {
    realpath: false,
    stale: 30_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2000 },
  });
  const building = `${folder}.building`;
  try {
    if (existsSync(folder)) return folder;
    const started = performance.now();
    say(`building ${name} with Go, once for this machine`);
    rmSync(building, { recursive: true, force: true });
    mkdirSync(building);
    for (const build of recipe.builds) await goBuild(source, building, recipe, build);
    for (const link of recipe.links ?? []) symlinkSync('kube', join(building, link));
    renameSync(building, folder);
    say(`built ${name} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return folder;
  } finally {
    rmSync(building, { recursive: true, force: true });
    await release();
  }
}

async function goBuild(
  source: string,
  out: string,
  recipe: Recipe,
  build: Recipe['builds'][number],
): Promise<void> {
  const args = build.args.map((arg) => arg.replace(/^OUT\//, `${out}/`));
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', recipe.ldflags];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', '--', 'nice', '-n', '5', 'go', 'build', ...flags, ...args],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', ...(build.arch && { GOARCH: build.arch }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-4000);
  });
  const status = await new Promise((done, fail) => child.once('error', fail).once('close', done));
  if (status !== 0) throw new Error(`go build in ${source} ended with ${String(status)}:\n${said.trim()}`);
}
