import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/workflow-context.ts';
import { checkOutputFolder, writeOutputFolder } from './output-folder.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'output-folder-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const file = (path: string, text: string, secret = false) => ({
  path,
  bytes: Buffer.from(text),
  ...(secret ? { secret } : {}),
});
const at = (path: string) => join(dir, 'out', path);
const write = (files: ReturnType<typeof file>[], force = false) =>
  writeOutputFolder(testContext(dir), 'out', files, { force });

describe('an output folder', () => {
  it('is written, and written again without changing a file', async () => {
    const files = [file('a.yaml', 'a'), file('deep/b.yaml', 'b')];
    expect(await write(files)).toEqual({ written: 2, removed: 0 });
    expect(readFileSync(at('deep/b.yaml'), 'utf8')).toBe('b');
    expect(await write(files)).toEqual({ written: 0, removed: 0 });
  });

  it('loses what is no longer made, with the folders that get empty', async () => {
    await write([file('a.yaml', 'a'), file('deep/er/b.yaml', 'b')]);
    expect(await write([file('a.yaml', 'a')])).toEqual({ written: 0, removed: 1 });
    expect(existsSync(at('deep'))).toBe(false);
  });

  it('keeps credentials to its owner', async () => {
    await write([file('secret.yaml', 's', true)]);
    expect(statSync(at('secret.yaml')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a file that somebody else put there', () => writeFileSync(at('notes.txt'), 'mine'), /notes\.txt/],
    ['a file of ours that was changed since', () => writeFileSync(at('a.yaml'), 'mine'), /a\.yaml \(changed/],
  ])('refuses %s, before anything is written', async (_name, spoil, message) => {
    await write([file('a.yaml', 'a')]);
    spoil();
    await expect(write([file('a.yaml', 'new'), file('b.yaml', 'b')])).rejects.toMatchObject({
      code: 'OUTPUT_FOREIGN_FILES',
      message: expect.stringMatching(message),
    });
    expect(existsSync(at('b.yaml'))).toBe(false);
    await expect(checkOutputFolder(testContext(dir), 'out', { force: false })).rejects.toMatchObject({
      code: 'OUTPUT_FOREIGN_FILES',
    });
  });

  it('is refused where only folders of others lie, and is not looked through further than to name some', async () => {
    for (const name of ['bin', 'etc', 'home', 'lib', 'usr', 'var'])
      for (const below of ['1', '2', '3']) {
        mkdirSync(at(join(name, below)), { recursive: true });
        writeFileSync(at(join(name, below, 'file')), '');
      }
    await expect(write([file('a.yaml', 'a')])).rejects.toMatchObject({
      code: 'OUTPUT_FOREIGN_FILES',
      message:
        'holds files that are not ours: bin/1/file, bin/2/file, bin/3/file, etc/1/file, etc/2/file and more',
    });
    expect(existsSync(at('a.yaml'))).toBe(false);
  });

  it('may be a git repository', async () => {
    mkdirSync(at('.git'), { recursive: true });
    writeFileSync(at(join('.git', 'HEAD')), 'ref: refs/heads/main');
    expect(await write([file('a.yaml', 'a')])).toEqual({ written: 1, removed: 0 });
  });

  it('with force keeps what somebody changed and is no longer made', async () => {
    await write([file('a.yaml', 'a'), file('b.yaml', 'b')]);
    writeFileSync(at('b.yaml'), 'mine');
    expect(await write([file('a.yaml', 'a')], true)).toEqual({ written: 0, removed: 0 });
    expect(readFileSync(at('b.yaml'), 'utf8')).toBe('mine');
  });

  it.skipIf(!existsSync('/proc/self'))('fails where no folder can be made', async () => {
    const write = writeOutputFolder(testContext(dir), '/proc/sallyport/out', [file('a.yaml', 'a')], {
      force: false,
    });
    await expect(write).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
  });

  it('with force keeps foreign files that are not in the way', async () => {
    mkdirSync(join(dir, 'out'));
    writeFileSync(at('notes.txt'), 'mine');
    await write([file('a.yaml', 'a')], true);
    expect(readFileSync(at('notes.txt'), 'utf8')).toBe('mine');
  });

  it('says so when its name is that of a file', async () => {
    writeFileSync(join(dir, 'out'), 'a file');
    await expect(write([file('a.yaml', 'a')])).rejects.toMatchObject({
      code: 'FILE_WRITE_FAILED',
      subject: 'out',
    });
  });

  it('is refused before any work where it cannot be made or written', async () => {
    writeFileSync(join(dir, 'file'), '');
    const check = (folder: string) => checkOutputFolder(testContext(dir), folder, { force: true });
    for (const folder of ['file', 'file/x/y'])
      await expect(check(folder)).rejects.toMatchObject({
        code: 'FILE_WRITE_FAILED',
        subject: folder,
        message: 'is a file or below one, and a folder is expected',
      });
    await check('not/there/yet');
    expect(existsSync(join(dir, 'not'))).toBe(false);
  });

  it('is as it was when one file cannot be written', async () => {
    await write([file('a.yaml', 'a')]);
    const impossible = [file('a.yaml', 'new'), file('b.yaml', 'b'), file('b.yaml/c.yaml', 'c')];
    await expect(write(impossible)).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
    expect(readdirSync(join(dir, 'out')).sort()).toEqual(['.sallyport-files', 'a.yaml']);
    expect(readFileSync(at('a.yaml'), 'utf8')).toBe('a');
    await expect(write([file('a.yaml', 'a'), file('b.yaml', 'b')])).resolves.toEqual({
      written: 1,
      removed: 0,
    });
  });

  it('that was not there is not there when a file cannot be written', async () => {
    await expect(write([file('b.yaml', 'b'), file('b.yaml/c.yaml', 'c')])).rejects.toThrow();
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });

  it('that a run left half renamed is finished by the next one', async () => {
    await write([file('a.yaml', 'a'), file('z.yaml', 'z')]);
    writeFileSync(at('m'), 'in the way');
    const next = [file('a.yaml', 'A'), file('m/b.yaml', 'M'), file('z.yaml', 'Z')];
    await expect(write(next, true)).rejects.toMatchObject({
      code: 'FILE_WRITE_FAILED',
      subject: 'out/m/b.yaml',
    });
    expect(readFileSync(at('a.yaml'), 'utf8')).toBe('A');
    rmSync(at('m'));
    await expect(write(next)).resolves.toEqual({ written: 2, removed: 0 });
    expect(readdirSync(join(dir, 'out')).sort()).toEqual(['.sallyport-files', 'a.yaml', 'm', 'z.yaml']);
  });

  it('never removes a file outside of itself, whatever its inventory says', async () => {
    await write([file('a.yaml', 'a')]);
    writeFileSync(join(dir, 'outside.txt'), 'safe');
    const { digestOf } = await import('../oci/index.ts');
    writeFileSync(at('.sallyport-files'), `${digestOf(Buffer.from('safe'))}  ../outside.txt\n`);
    await write([file('a.yaml', 'a')], true);
    expect(existsSync(join(dir, 'outside.txt'))).toBe(true);
  });
});
