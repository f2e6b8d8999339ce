import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setup } from './run-folder.ts';
import { abandonedFolders } from './support/owned-folder.ts';

describe('the folder of a run', () => {
  it('is the temporary one until the run ends, and is gone with all that it holds', () => {
    const before = tmpdir();
    const teardown = setup();
    const folder = tmpdir();
    expect(folder).not.toBe(before);
    writeFileSync(join(mkdtempSync(join(folder, 'left-')), 'file'), 'x');
    teardown();
    expect(tmpdir()).toBe(before);
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['well', '', 0],
    ['by an error', "throw new Error('broken');", 1],
    [
      'by Ctrl-C',
      "process.kill(process.pid, 'SIGINT'); await new Promise((done) => setTimeout(done, 30_000));",
      130,
    ],
    [
      'by SIGTERM',
      "process.kill(process.pid, 'SIGTERM'); await new Promise((done) => setTimeout(done, 30_000));",
      143,
    ],
  ])('goes when the work in it ends %s', (_, work, expected) => {
    const root = resolve(import.meta.dirname, '..');
    const script = join(mkdtempSync(join(tmpdir(), 'script-')), 'work.mts');
    writeFileSync(
      script,
      `import { inRunFolder } from ${JSON.stringify(join(root, 'test', 'run-folder.ts'))};
await inRunFolder(async (folder) => { process.stdout.write(folder); ${work} });`,
    );
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/tsx/dist/cli.mjs'), script],
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(expected);
    expect(stdout).toContain('sallyport-');
    expect(existsSync(stdout)).toBe(false);
  });

  it('goes with the next run when its own was killed, and stays while its own lives', () => {
    const folder = mkdtempSync(join(tmpdir(), 'owned-'));
    const { pid } = spawnSync(process.execPath, ['--version']);
    const names = [`x-${pid}-a`, `x-${process.pid}-b`, `x-other-c`, `y-${pid}-d`, `x-${pid}`];
    for (const name of names) mkdirSync(join(folder, name));
    expect(abandonedFolders('x-', folder)).toEqual([join(folder, `x-${pid}-a`)]);
    expect(readdirSync(folder)).toHaveLength(names.length);
  });
});
