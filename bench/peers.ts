import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandExists } from '../test/support/docker-registry.ts';

/** What is to be copied: `HOST/NAME:TAG` each, both hosts without TLS. */
export interface Wish {
  readonly source: string;
  readonly target: string;
  readonly images: readonly { readonly from: string; readonly to: string }[];
  /** For configuration files. */
  readonly dir: string;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** The command that copies; configuration is written into `dir` first. */
  readonly copy: (wish: Wish) => readonly string[];
}

interface GoTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
}

/** From the Go module proxy, into the project's cache. */
const GO_TOOLS: readonly GoTool[] = [
  { name: 'crane', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' },
  { name: 'regctl', module: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7' },
  { name: 'regsync', module: 'github.com/regclient/regclient/cmd/regsync', version: 'v0.11.7' },
  { name: 'oras', module: 'oras.land/oras/cmd/oras', version: 'v1.3.6' },
];

type Commands = Readonly<Record<string, (tool: string) => (wish: Wish) => readonly string[]>>;

/** How each copies a list: with the means that its own documentation gives. */
const GO_PEERS: Readonly<Record<string, Commands>> = {
  crane: {
    crane: (tool) => (wish) => oneByOne(wish, `${tool} copy --insecure "$from" "$to"`),
    'crane, 4 at a time': (tool) => (wish) => [
      'sh',
      '-c',
      `xargs -P 4 -n 2 ${tool} copy --insecure <${pairs(wish)} >/dev/null 2>&1`,
    ],
  },
  regctl: {
    regctl: (tool) => (wish) =>
      oneByOne(
        wish,
        `${tool} --host reg=${wish.source},tls=disabled --host reg=${wish.target},tls=disabled image copy "$from" "$to"`,
      ),
  },
  regsync: {
    'regsync (parallel 4)': (tool) => (wish) => [tool, 'once', '-v', 'error', '-c', regsyncFile(wish)],
  },
  oras: {
    oras: (tool) => (wish) => oneByOne(wish, `${tool} cp --from-plain-http --to-plain-http "$from" "$to"`),
  },
};

/** skopeo, and the Go tools where Go is there; says which are left out. */
export function findPeers(root: string): readonly Peer[] {
  const peers: Peer[] = [];
  const skopeo = skopeoVersion();
  if (skopeo !== undefined)
    peers.push({
      name: 'skopeo',
      version: skopeo,
      copy: (wish) => [
        'skopeo',
        'sync',
        '--all',
        '--src',
        'yaml',
        '--dest',
        'docker',
        '--dest-tls-verify=false',
        skopeoFile(wish),
        wish.target,
      ],
    });
  for (const tool of GO_TOOLS) {
    const program = install(root, tool);
    if (program === undefined) continue;
    for (const [name, command] of Object.entries(GO_PEERS[tool.name] ?? {}))
      peers.push({ name, version: tool.version, copy: command(program) });
  }
  return peers;
}

/** Undefined where it is not installed. */
export function skopeoVersion(): string | undefined {
  return commandExists('skopeo')
    ? execFileSync('skopeo', ['--version'], { encoding: 'utf8' }).replace('skopeo version', '').trim()
    : undefined;
}

/** The path of a Go tool, installed if need be; undefined where that does not work. */
export function goTool(root: string, name: string): string | undefined {
  const tool = GO_TOOLS.find((known) => known.name === name);
  return tool === undefined ? undefined : install(root, tool);
}

function install(root: string, { name, module, version }: GoTool): string | undefined {
  const folder = join(root, '.cache', 'peers', version);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  if (!commandExists('go')) {
    console.log(`${name}: left out, Go is not installed`);
    return undefined;
  }
  try {
    execFileSync('go', ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 300_000,
    });
    return program;
  } catch (error) {
    console.log(`${name}: left out, go install failed: ${String(error).split('\n').slice(0, 3).join(' ')}`);
    return undefined;
  }
}

function write({ dir }: Pick<Wish, 'dir'>, name: string, content: string): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name);
  writeFileSync(file, content);
  return file;
}

function pairs(wish: Pick<Wish, 'images' | 'dir'>): string {
  return write(wish, 'pairs.txt', wish.images.map(({ from, to }) => `${from} ${to}\n`).join(''));
}

/** A command for each image, one after the other, with `$from` and `$to`. */
export function oneByOne(wish: Pick<Wish, 'images' | 'dir'>, command: string): readonly string[] {
  return [
    'sh',
    '-c',
    `while read -r from to; do ${command} >/dev/null </dev/null || exit 1; done <${pairs(wish)}`,
  ];
}

function regsyncFile(wish: Wish): string {
  return write(
    wish,
    'regsync.yaml',
    [
      'version: 1',
      'creds:',
      ...[wish.source, wish.target].map((host) => `  - {registry: "${host}", tls: disabled}`),
      'defaults: {parallel: 4}',
      'sync:',
      ...wish.images.map(({ from, to }) => `  - {source: "${from}", target: "${to}", type: image}`),
      '',
    ].join('\n'),
  );
}

function skopeoFile(wish: Wish): string {
  const names = wish.images.map(({ from }) => from.slice(wish.source.length + 1).split(':'));
  return write(
    wish,
    'skopeo.yaml',
    `${wish.source}:\n  tls-verify: false\n  images:\n${names.map(([name, tag]) => `    ${name}: [${tag}]\n`).join('')}`,
  );
}
