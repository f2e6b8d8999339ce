import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { containerFile } from '../../src/render/mirror-image.ts';
import { copyProgram } from '../support/copy-program.ts';

const root = resolve(import.meta.dirname, '..', '..');
const IMAGE = 'registry.test/tools/sallyport:1';
const buildable =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('buildah', ['--version']).status === 0;
const dir = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The image that jobs/mirror.yaml runs, made as jobs/Containerfile says. Needs root and Debian's buildah. */
describe.skipIf(!buildable)('the image of the Jobs that copy', () => {
  const buildah = (...args: readonly string[]): string =>
    execFileSync(
      'buildah',
      ['--root', join(dir, 'store'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    ).trim();

  it('is made of the packed program and a base in which nothing is but Node', () => {
    const base = join(dir, 'base');
    copyProgram(base, process.execPath, 'usr/bin/node');
    const from = buildah('from', 'scratch');
    buildah('add', from, base, '/');
    // A user of the base's own must not keep the program from being added.
    buildah('config', '--env', 'PATH=/usr/bin', '--user', '1001', from);
    buildah('commit', from, 'localhost/base:node');

    const packed = join(dir, 'packed');
    mkdirSync(packed);
    const npm = (...args: string[]) => execFileSync('npm', args, { cwd: root, stdio: 'pipe' });
    npm('run', 'build');
    npm('pack', '--ignore-scripts', '--pack-destination', packed);
    writeFileSync(join(dir, 'Containerfile'), containerFile(IMAGE).bytes);
    const built = ['--isolation', 'chroot', '-f', join(dir, 'Containerfile'), '-t', IMAGE];
    buildah('bud', ...built, '--build-arg', 'BASE=localhost/base:node', packed);

    const container = buildah('from', '--pull-never', IMAGE);
    const run = (...command: string[]) =>
      buildah('run', '--isolation', 'chroot', container, '--', ...command);
    expect(run('sallyport', '--version')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(run('sallyport', 'mirror', '--help')).toContain('--after-shards');
  });
});
