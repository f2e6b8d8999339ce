import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { checkRegistryFiles, configOf, sourceConfigOf } from './registry-files.ts';

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

  it('name one that cannot be read, with the reason', () => {
    expect(failure({ caFile: 'a.pem/b' })).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: 'cannot be read (caFile of r.example:5000: ENOTDIR)',
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

describe('settings of a server', () => {
  const registries: Readonly<Record<string, RegistryConfig>> = {
    'quay.io': { mirror: 'm.example:5000/quay.io', caFile: 'quay.pem', authFile: 'auth.json' },
    'docker.io': { mirror: 'm.example:5000/hub', caFile: 'hub.pem', concurrency: 2 },
    'm.example:5000': { plainHttp: true, caFile: 'm.pem' },
    'ghcr.io': { mirror: 'n.example/ghcr.io', plainHttp: true },
    'r.example': { caFile: 'r.pem' },
  };

  it.each<[string, RegistryConfig | undefined]>([
    ['m.example:5000', { plainHttp: true, caFile: 'm.pem', authFile: 'auth.json', concurrency: 2 }],
    ['n.example', { plainHttp: true }],
    ['r.example', { caFile: 'r.pem' }],
    ['other.example', undefined],
    ['ghcr.io', { mirror: 'n.example/ghcr.io', plainHttp: true }],
  ])('%s are what is said of it, and of what it is the mirror of', (host, expected) => {
    expect(configOf(registries, host)).toEqual(expected);
  });

  it.each<[string, RegistryConfig]>([
    [
      'quay.io',
      { mirror: 'm.example:5000/quay.io', plainHttp: true, caFile: 'm.pem', authFile: 'auth.json' },
    ],
    ['ghcr.io', { mirror: 'n.example/ghcr.io', plainHttp: true }],
    ['r.example', { caFile: 'r.pem' }],
    ['other.example', {}],
  ])('that is read for %s are those of its mirror where it has one', (host, expected) => {
    expect(sourceConfigOf(registries, host)).toEqual(expected);
  });
});
