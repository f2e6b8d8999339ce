import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildCli } from '../scripts/build.ts';
import { formatBytes } from '../src/base/index.ts';
import { commandExists } from '../test/support/docker-registry.ts';
import { interleave, median, type Run, runOnce } from './measure.ts';
import { filledRegistry, listOf, ONE_LARGE, TWENTY, withEmptyRegistry } from './registries.ts';

/**
 * Speed and memory, as ratios against a peer in the same run: `npm run bench [start images memory copy]`. Not part of the tests.
 * Every figure is of whole processes, the median of interleaved rounds. Writes bench/RESULTS.md.
 */
const root = resolve(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
const program = await buildCli(root);
const rows: string[] = [];

function report(name: string, result: string, goal: string): void {
  rows.push(`| ${name} | ${result} | ${goal} |`);
  console.log(`${name}: ${result} (goal: ${goal})`);
}

const wall = (runs: readonly Run[] | undefined): number => median((runs ?? []).map((run) => run.wallMs));
const peak = (runs: readonly Run[] | undefined): number =>
  Math.max(...(runs ?? []).map((run) => run.peakRss));

async function start(): Promise<void> {
  const runs = await interleave(11, {
    bare: () => runOnce(['node', '-e', '0']),
    ours: () => runOnce(['node', program, '--version']),
  });
  report(
    '`--version` against bare `node -e 0`',
    `${(wall(runs['ours']) / wall(runs['bare'])).toFixed(2)} × (${wall(runs['ours']).toFixed(0)} against ${wall(runs['bare']).toFixed(0)} ms)`,
    'about the same',
  );
}

async function images(): Promise<void> {
  const real = join(
    root,
    '..',
    'shared',
    'upstream',
    'devfile/devworkspace-operator/v0.42.0/deploy/deployment/kubernetes/combined.yaml',
  );
  const manifest = existsSync(real) ? real : bigManifest();
  const runs = await interleave(11, {
    bare: () => runOnce(['node', '-e', '0']),
    ours: () => runOnce(['node', program, 'images', '-f', manifest, '-o', 'name']),
  });
  report(
    '`images` on a 28,000-line manifest',
    `bare node + ${(wall(runs['ours']) - wall(runs['bare'])).toFixed(0)} ms (${(wall(runs['ours']) / wall(runs['bare'])).toFixed(2)} ×), ${formatBytes(peak(runs['ours']))}`,
    'bare node + 40 ms',
  );
}

/** As large as the real one where that is not at hand: schemas with a Deployment at the end. */
function bigManifest(): string {
  const schema = Array.from({ length: 27_000 }, (_, index) => `          field${index}:`).map(
    (line) => `${line} {type: string, description: "a field"}`,
  );
  const file = join(dir, 'big.yaml');
  writeFileSync(
    file,
    [
      'apiVersion: apiextensions.k8s.io/v1',
      'kind: CustomResourceDefinition',
      'metadata: {name: big}',
      'spec:',
      '  versions:',
      '    - schema:',
      '        openAPIV3Schema:',
      '          properties:',
      ...schema,
      '---',
      'kind: Deployment',
      'metadata: {name: big}',
      'spec:',
      '  template:',
      '    spec:',
      '      containers:',
      '        - image: quay.io/example/app:1.0',
      '',
    ].join('\n'),
  );
  return file;
}

async function memory(): Promise<void> {
  const source = await filledRegistry(join(dir, 'large'), ONE_LARGE);
  try {
    writeFileSync(join(dir, 'large.txt'), listOf(ONE_LARGE, source.host));
    const run = await withEmptyRegistry(join(dir, 'large-target'), (target) =>
      runOnce(mirror('large.txt', source.host, target.host), { cwd: dir }),
    );
    report('peak memory while copying a 1 GiB layer', formatBytes(run.peakRss), 'under 150 MB');
  } finally {
    await source.close();
    rmSync(join(dir, 'large'), { recursive: true, force: true });
  }
}

async function copy(): Promise<void> {
  const source = await filledRegistry(join(dir, 'twenty'), TWENTY);
  try {
    writeFileSync(join(dir, 'twenty.txt'), listOf(TWENTY, source.host));
    writeFileSync(
      join(dir, 'sync.yaml'),
      `${source.host}:\n  tls-verify: false\n  images:\n${TWENTY.map(({ name }) => `    ${name}: [v1]\n`).join('')}`,
    );
    const floor = join(dir, 'floor.mjs');
    await build({
      entryPoints: [join(root, 'bench/floor.ts')],
      outfile: floor,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const fresh = (command: (host: string) => string[]) => () =>
      withEmptyRegistry(join(dir, 'target'), (target) => runOnce(command(target.host), { cwd: dir }));
    const warm: Run[] = [];
    const runs = await interleave(3, {
      floor: fresh((host) => ['node', floor, source.host, host, ...TWENTY.map(({ name }) => `${name}:v1`)]),
      ours: () =>
        withEmptyRegistry(join(dir, 'target'), async (target) => {
          const cold = await runOnce(mirror('twenty.txt', source.host, target.host), { cwd: dir });
          warm.push(await runOnce(mirror('twenty.txt', source.host, target.host), { cwd: dir }));
          return cold;
        }),
      skopeo: fresh((host) => [
        'skopeo',
        'sync',
        '--all',
        '--src',
        'yaml',
        '--dest',
        'docker',
        '--dest-tls-verify=false',
        'sync.yaml',
        host,
      ]),
    });
    const ours = wall(runs['ours']);
    const each = (name: string) => (runs[name] ?? []).map((run) => (run.wallMs / 1000).toFixed(1)).join(', ');
    report(
      '20 two-platform images, cold, against `skopeo sync --all`',
      `${(ours / wall(runs['skopeo'])).toFixed(2)} × (s: ${each('ours')} against ${each('skopeo')})`,
      'at most 0.5 ×',
    );
    report(
      'the same against a bare streaming copy',
      `${(ours / wall(runs['floor'])).toFixed(2)} × (s: ${each('floor')})`,
      'shown',
    );
    report('the same, warm', `${(wall(warm) / 1000).toFixed(2)} s`, 'shown');
    report('peak memory of the cold copy', formatBytes(peak(runs['ours'])), 'under 150 MB');
  } finally {
    await source.close();
    rmSync(join(dir, 'twenty'), { recursive: true, force: true });
  }
}

function mirror(list: string, source: string, target: string): string[] {
  return [
    'node',
    program,
    'mirror',
    '--images',
    list,
    '--to',
    `${target}/copy`,
    '--naming',
    'path',
    '--registry',
    `${source},plainHttp`,
    '--registry',
    `${target},plainHttp`,
    '--quiet',
  ];
}

const CASES: Readonly<
  Record<string, { readonly run: () => Promise<void>; readonly needs: readonly string[] }>
> = {
  start: { run: start, needs: ['/usr/bin/time'] },
  images: { run: images, needs: ['/usr/bin/time'] },
  memory: { run: memory, needs: ['/usr/bin/time', 'docker-registry'] },
  copy: { run: copy, needs: ['/usr/bin/time', 'docker-registry', 'skopeo'] },
};

const asked = process.argv.slice(2);
try {
  for (const [name, { run, needs }] of Object.entries(CASES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const missing = needs.filter((need) => !commandExists(need));
    if (missing.length > 0) console.log(`${name}: left out, not installed: ${missing.join(', ')}`);
    else await run();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

if (asked.length === 0 && rows.length > 0) {
  const version = (command: string, ...args: string[]) =>
    commandExists(command)
      ? (execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0] ?? '')
      : 'not installed';
  const lines = [
    '# Results of `npm run bench`',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores, ${version('skopeo', '--version')}, ${version('docker-registry', '--version')}.`,
    'Whole processes, medians of interleaved rounds. The machine is shared: read the ratios, not the times.',
    '',
    '| case | result | goal |',
    '|---|---|---|',
    ...rows,
    '',
  ];
  writeFileSync(join(root, 'bench', 'RESULTS.md'), lines.join('\n'));
}
