import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, makeFolderSync } from './folders.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'folders-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes parents, and says which was the first', async () => {
    mkdirSync(join(dir, 'a'));
    expect(await makeFolder(join(dir, 'a', 'b', 'c', 'd'))).toBe(join(dir, 'a', 'b'));
    expect(existsSync(join(dir, 'a', 'b', 'c', 'd'))).toBe(true);
    expect(await makeFolder(join(dir, 'a', 'b', 'c', 'd'))).toBeUndefined();
    expect(await makeFolder('/')).toBeUndefined();
  });

  it('takes what another makes at the same time', async () => {
    const path = join(dir, 'x', 'y', 'z');
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
    expect(existsSync(path)).toBe(true);
  });

  it('fails for a file in the way', async () => {
    writeFileSync(join(dir, 'file'), '');
    await expect(makeFolder(join(dir, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(dir, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.skipIf(!existsSync('/proc/self'))('ends where nothing can be made', async () => {
    await expect(makeFolder('/proc/sallyport/a/b')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('makeFolderSync', () => {
  it('makes parents, for their owner alone where that is said, and takes what is there', () => {
    const path = join(dir, 'a', 'b');
    makeFolderSync(path, 0o700);
    makeFolderSync(path, 0o700);
    expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700);
    makeFolderSync('/', 0o700);
  });

  it('fails for a file in the way', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => makeFolderSync(join(dir, 'file'), 0o700)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(() => makeFolderSync(join(dir, 'file', 'a', 'b'), 0o700)).toThrow(
      expect.objectContaining({ code: 'ENOTDIR' }),
    );
  });

  it.skipIf(!existsSync('/proc/self'))('ends where nothing can be made', () => {
    expect(() => makeFolderSync('/proc/sallyport/a/b', 0o700)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});
