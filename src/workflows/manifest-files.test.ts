import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/workflow-context.ts';
import { readManifestFiles } from './manifest-files.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'manifest-files-'));
  mkdirSync(join(dir, 'deploy/crds'), { recursive: true });
  mkdirSync(join(dir, 'empty'));
  for (const name of [
    'deploy/b.yaml',
    'deploy/a.yml',
    'deploy/crds/c.json',
    'deploy/README.md',
    'deploy/.hidden.yaml',
    'one.yaml',
    'list.txt',
  ]) {
    writeFileSync(join(dir, name), name);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const names = async (...given: string[]) =>
  (await readManifestFiles(testContext(dir), given)).map((file) => file.path);

describe('what -f names', () => {
  it.each([
    ['a file, whatever its ending', ['list.txt'], ['list.txt']],
    [
      'a folder: its manifests, deep, in order',
      ['deploy'],
      ['deploy/a.yml', 'deploy/b.yaml', 'deploy/crds/c.json'],
    ],
    ['a glob', ['deploy/*.y*ml'], ['deploy/a.yml', 'deploy/b.yaml']],
    ['a glob from here', ['*.yaml'], ['one.yaml']],
    ['a deep glob', ['deploy/**/*.json'], ['deploy/crds/c.json']],
    ['the same file once', ['one.yaml', './one.yaml', '*.yaml'], ['one.yaml']],
  ])('%s', async (_what, given, expected) => {
    expect(await names(...given)).toEqual(expected);
  });

  it.each([
    ['a file that is not there', 'nothing.yaml', 'FILE_NOT_FOUND'],
    ['a glob without a match', '*.nothing', 'FILE_NOT_FOUND'],
    ['a glob in a folder that is not there', 'no/where/*.yaml', 'FILE_NOT_FOUND'],
    ['a folder without manifests', 'empty', 'NO_INPUT'],
    ['an address', 'https://r.example/a.yaml', 'USAGE'],
    ['an address that could be a glob', 'https://r.example/*.yaml', 'USAGE'],
  ])('%s is an error with its name', async (_what, given, code) => {
    await expect(names(given)).rejects.toMatchObject({ code, subject: given });
  });

  it('standard input is read once', async () => {
    let reads = 0;
    const context = testContext(dir, {
      readStdin: async () => {
        reads++;
        return Buffer.from('kind: Pod\n');
      },
    });
    const files = await readManifestFiles(context, ['-', '-']);
    expect(files).toEqual([{ path: '-', bytes: Buffer.from('kind: Pod\n') }]);
    expect(reads).toBe(1);
  });

  it('empty standard input says so', async () => {
    await expect(
      readManifestFiles(testContext(dir, { readStdin: async () => Buffer.alloc(0) }), ['-']),
    ).rejects.toMatchObject({ code: 'NO_INPUT' });
  });
});
