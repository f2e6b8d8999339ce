import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockOf } from '../../test/support/render-input.ts';
import { testContext } from '../../test/support/workflow-context.ts';
import { writeLock } from '../lock/index.ts';
import { readLockFile } from './lock-file.ts';

const lock = lockOf([]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lock-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (bytes: Buffer) => {
  writeFileSync(join(folder, 'lock'), bytes);
  return readLockFile(testContext(folder), 'lock');
};

describe('a lock in a file', () => {
  it.each([
    ['as it is', writeLock(lock)],
    ['packed, as a mirror job carries a large one', gzipSync(writeLock(lock))],
  ])('is read %s', async (_, bytes) => expect(await read(bytes)).toEqual(lock));

  it.each([
    ['cut off', gzipSync(writeLock(lock)).subarray(0, -20)],
    ['of something else', gzipSync('no lock')],
    [
      'of more than a lock can be',
      gzipSync(Buffer.concat([writeLock(lock), Buffer.alloc(65 * 1024 * 1024, '# no lock\n')])),
    ],
  ])('is refused when it is packed and %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'LOCK_INVALID',
      subject: expect.stringMatching(/^lock/),
    });
  });
});
