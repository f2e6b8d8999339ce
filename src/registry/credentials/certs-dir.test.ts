import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCertsDir } from './certs-dir.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-certs-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), path);
  }
}

function load(host: string): Record<string, string | readonly string[]> {
  const { ca, cert, key } = loadCertsDir(host, {
    homeDir: root,
    dirs: [join(root, 'one'), join(root, 'two')],
  });
  return {
    ...(ca === undefined ? {} : { ca: ca.map(String) }),
    ...(cert === undefined ? {} : { cert: String(cert) }),
    ...(key === undefined ? {} : { key: String(key) }),
  };
}

describe('loadCertsDir', () => {
  it.each<[name: string, files: readonly string[], host: string, expected: Record<string, unknown>]>([
    ['nothing', [], 'r.example', {}],
    [
      'all CAs',
      ['one/r.example/b.crt', 'one/r.example/a.crt'],
      'r.example',
      { ca: ['one/r.example/a.crt', 'one/r.example/b.crt'] },
    ],
    [
      'host with port',
      ['one/r.example:5000/ca.crt'],
      'r.example:5000',
      { ca: ['one/r.example:5000/ca.crt'] },
    ],
    [
      'a folder without the port',
      ['two/r.example/ca.crt'],
      'r.example:5000',
      { ca: ['two/r.example/ca.crt'] },
    ],
    ['not a folder for a port when none is asked', ['one/r.example:5000/ca.crt'], 'r.example', {}],
    ['the first folder that exists', ['one/r.example/x.txt', 'two/r.example/ca.crt'], 'r.example', {}],
    [
      'a pair',
      ['one/r.example/c.cert', 'one/r.example/c.key'],
      'r.example',
      { cert: 'one/r.example/c.cert', key: 'one/r.example/c.key' },
    ],
    [
      'Docker Hub as the user knows it',
      ['one/docker.io/ca.crt'],
      'registry-1.docker.io',
      { ca: ['one/docker.io/ca.crt'] },
    ],
    ['no way out of the folder', ['secret.crt'], '..', {}],
  ])('%s', async (_name, files, host, expected) => {
    await write(...files);
    expect(load(host)).toEqual(expected);
  });

  it.each([
    ['one/r.example/ca.cert', 'without ca.key'],
    ['one/r.example/c.key', 'without c.cert'],
  ])('says what is missing beside %s', async (file, message) => {
    await write(file);
    expect(() => load('r.example')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
