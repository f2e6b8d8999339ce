import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeBinary } from '../support/node-binary.ts';

/** The packed tarball, installed into an empty folder and run by each supported Node: what a user gets. */
const root = resolve(import.meta.dirname, '..', '..');
const RUNTIMES = ['20', '22', '24'] as const;

let dir = '';
let installed = '';

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-package-'));
  npm(root, 'run', 'build');
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', dir);
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'));
  installed = join(dir, 'app');
  mkdirSync(installed);
  writeFileSync(join(installed, 'package.json'), '{"private": true, "type": "module"}\n');
  npm(installed, 'install', '--no-audit', '--no-fund', join(dir, tarball ?? ''));
  writeFileSync(
    join(installed, 'manifest.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: a, image: "quay.io/example/app:1.0"}\n',
  );
  writeFileSync(
    join(installed, 'library.mjs'),
    "import { discover } from 'sallyport';\nimport { readFileSync } from 'node:fs';\nconst found = discover([{ path: 'manifest.yaml', bytes: readFileSync('manifest.yaml') }]);\nconsole.log(found.discovery.uses.map((use) => use.reference).join());\n",
  );
});

afterAll(() => {
  if (dir !== '') rmSync(dir, { recursive: true, force: true });
});

describe.each(RUNTIMES)('on Node %s', (major) => {
  it('the command and the library work', ({ skip }) => {
    const node = nodeBinary(major);
    if (node === undefined) skip('no binary of this Node for this platform');
    const run = (...args: string[]) => execFileSync(node ?? '', args, { cwd: installed, encoding: 'utf8' });
    expect(run('--version')).toMatch(new RegExp(`^v${major}\\.`));
    const bin = join('node_modules', 'sallyport', 'dist', 'sallyport.mjs');
    expect(run(bin, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run(bin, 'images', '-f', 'manifest.yaml', '-o', 'name')).toBe('quay.io/example/app:1.0\n');
    expect(run('library.mjs')).toBe('quay.io/example/app:1.0\n');
  });
});

describe('the package', () => {
  it('holds what it names and nothing else', () => {
    const files = readdirSync(join(installed, 'node_modules', 'sallyport')).toSorted();
    expect(files).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'dist',
      'package.json',
      'schema',
    ]);
  });

  it('is well formed for every way of importing it', () => {
    execFileSync(join(root, 'node_modules', '.bin', 'publint'), ['--strict'], { cwd: root, stdio: 'pipe' });
    execFileSync(
      join(root, 'node_modules', '.bin', 'attw'),
      [
        '--pack',
        '.',
        '--profile',
        'esm-only',
        '--exclude-entrypoints',
        './schema/sallyport.schema.json',
        './package.json',
      ],
      { cwd: root, stdio: 'pipe' },
    );
  });
});
