import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { checkRegistryFiles } from './registry-files.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-registry-files-'));
  writeFileSync(join(cwd, 'a.pem'), 'a');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function failure(config: RegistryConfig): SallyportError | undefined {
  try {
    checkRegistryFiles({ cwd }, { 'r.example:5000': config });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SallyportError) return thrown;
    throw thrown;
  }
}

describe('the files of registries', () => {
  it('may be none, or there', () => {
    expect(failure({})).toBeUndefined();
    expect(failure({ caFile: 'a.pem', certFile: 'a.pem', keyFile: join(cwd, 'a.pem') })).toBeUndefined();
  });

  it.each(['caFile', 'authFile'] as const)('name a missing %s, with the setting and its host', (key) => {
    expect(failure({ [key]: 'gone' })).toMatchObject({
      code: 'FILE_NOT_FOUND',
      subject: 'gone',
      message: `does not exist (${key} of r.example:5000)`,
    });
  });

  it.skipIf(process.getuid?.() === 0)('name one that may not be read', () => {
    expect(failure({ caFile: 'secret.pem' })).toMatchObject({
      code: 'FILE_UNREADABLE',
      subject: 'secret.pem',
    });
  });

  it.each([{ certFile: 'a.pem' }, { keyFile: 'a.pem' }])(
    'are both halves of a client certificate: %j',
    (config) => {
      expect(failure(config)).toMatchObject({ code: 'CONFIG_INVALID', subject: 'registries.r.example:5000' });
    },
  );

  it('are told all together', () => {
    expect(failure({ caFile: 'x', certFile: 'y' })?.parts.map(({ subject }) => subject)).toEqual([
      'registries.r.example:5000',
      'x',
      'y',
    ]);
  });
});
