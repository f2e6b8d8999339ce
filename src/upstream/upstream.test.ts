import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderUpstream, MINI_UPSTREAM } from '../../test/support/upstream.ts';
import { isFixed, publicAddress } from './address.ts';
import { openUpstream } from './index.ts';

describe('addresses', () => {
  it.each([
    [
      'eclipse-che/che-operator/7.121.0/deploy/x.yaml',
      'https://raw.githubusercontent.com/eclipse-che/che-operator/7.121.0/deploy/x.yaml',
      true,
    ],
    [
      'devfile/devworkspace-operator/v0.42.0/a.yaml',
      'https://raw.githubusercontent.com/devfile/devworkspace-operator/v0.42.0/a.yaml',
      true,
    ],
    [
      'che-incubator/chectl/7.121.x/package.json',
      'https://raw.githubusercontent.com/che-incubator/chectl/7.121.x/package.json',
      false,
    ],
    ['a/b/releases/download/v1.8.2/c.yaml', 'https://github.com/a/b/releases/download/v1.8.2/c.yaml', true],
  ])('%s', (path, address, fixed) => {
    expect(publicAddress(path).href).toBe(address);
    expect(isFixed(path)).toBe(fixed);
  });

  it.each(['a/b/c', 'a/b/c/../d', 'a//b/c/d', '/a/b/c/d', 'a/b/c/d?e', 'a/b/c/.', 'a/b/%2e%2e/d'])(
    '%s is refused',
    (path) => {
      expect(() => publicAddress(path)).toThrow(expect.objectContaining({ code: 'UPSTREAM_FAILED' }));
    },
  );
});

describe('a folder', () => {
  const upstream = folderUpstream(MINI_UPSTREAM);

  it('gives files, says what is missing, lists folders', async () => {
    expect(
      JSON.parse((await upstream.read('che-incubator/chectl/7.999.x/package.json'))?.toString('utf8') ?? ''),
    ).toHaveProperty('version', '7.999.0');
    expect(await upstream.read('che-incubator/chectl/7.998.x/package.json')).toBeUndefined();
    expect(await upstream.list('eclipse-che/che-operator/7.999.0/editors-definitions')).toEqual([
      'che-code-insiders.yaml',
      'che-code-latest.yaml',
      'che-idea-server-next.yaml',
    ]);
  });

  it('lists the versions of a project, nothing of what is not there, and refuses to climb out', async () => {
    expect(await upstream.list('eclipse-che/che-operator')).toEqual(['7.999.0']);
    expect(await upstream.list('eclipse-che/che-server')).toEqual([]);
    await expect(upstream.list('eclipse-che/..')).rejects.toMatchObject({ code: 'UPSTREAM_FAILED' });
  });

  it('may be named as an address', async () => {
    const other = folderUpstream(pathToFileURL(MINI_UPSTREAM).href);
    expect(await other.list('eclipse-che/che-operator')).toEqual(['7.999.0']);
  });

  it('where a folder stands in place of the file, says so', async () => {
    await expect(upstream.read('eclipse-che/che-operator/7.999.0/deploy')).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      subject: expect.stringMatching(/7\.999\.0\/deploy$/),
    });
  });

  it('that is not there is a wrong flag, not a missing file', async () => {
    await expect(folderUpstream('/no/such/folder').read('a/b/c/d')).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      subject: '/no/such/folder',
    });
  });
});

describe('an address', () => {
  let dir = '';
  let base = '';
  let asked: string[] = [];
  let status = 200;
  let page = '';
  const open = (location = base) =>
    openUpstream({
      location,
      cwd: dir,
      cacheDir: join(dir, 'cache'),
      emit: () => undefined,
      download: (url) =>
        new Promise((done, fail) => {
          asked.push(url.pathname);
          if (status === 0) fail(new Error('connection refused'));
          else done({ status, body: Buffer.from(page === '' ? `content of ${url.pathname}` : page) });
        }),
    });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'upstream-'));
    asked = [];
    status = 200;
    page = '';
    base = 'http://127.0.0.1:1/files';
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('keeps what cannot change and asks for the rest each time', async () => {
    for (const _ of [1, 2]) {
      expect((await open().read('a/b/v1.0.0/c.yaml'))?.toString()).toBe(
        'content of /files/a/b/v1.0.0/c.yaml',
      );
      await open().read('a/b/main/c.yaml');
    }
    expect(asked).toEqual(['/files/a/b/v1.0.0/c.yaml', '/files/a/b/main/c.yaml', '/files/a/b/main/c.yaml']);
  });

  it('reads a spoiled entry anew', async () => {
    await open().read('a/b/v1.0.0/c.yaml');
    const content = join(dir, 'cache', 'content');
    for (const name of readdirSync(content)) writeFileSync(join(content, name), 'spoiled');
    expect((await open().read('a/b/v1.0.0/c.yaml'))?.toString()).toBe('content of /files/a/b/v1.0.0/c.yaml');
    expect(asked).toHaveLength(2);
    expect(readdirSync(content).map((name) => readFileSync(join(content, name), 'utf8'))).toEqual([
      'content of /files/a/b/v1.0.0/c.yaml',
    ]);
  });

  it.each(['<!DOCTYPE html><p>Log in', '\n<html lang="en">'])(
    'takes %j for no manifest and does not keep it',
    async (text) => {
      page = text;
      await expect(open().read('a/b/v1.0.0/c.yaml')).rejects.toMatchObject({
        code: 'UPSTREAM_FAILED',
        message: expect.stringContaining('web page'),
      });
      page = '';
      expect((await open().read('a/b/v1.0.0/c.yaml'))?.toString()).toBe(
        'content of /files/a/b/v1.0.0/c.yaml',
      );
    },
  );

  it.each([
    ['http://me:hunter2@127.0.0.1:1/files', /credentials/],
    ['http://127.0.0.1:1/files?token=hunter2', /query/],
    ['http://', /is not an address/],
  ])('%s is refused, and no secret is repeated', (location, message) => {
    expect(() => open(location)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(message),
        subject: expect.not.stringContaining('hunter2'),
      }),
    );
  });

  it.each([
    [404, undefined],
    [500, /server answered 500/],
    [0, /connection refused/],
  ])('an answer of %d', async (answer, message) => {
    status = answer;
    const read = open().read('a/b/v1.0.0/c.yaml');
    if (message === undefined) expect(await read).toBeUndefined();
    else
      await expect(read).rejects.toMatchObject({
        code: 'UPSTREAM_FAILED',
        subject: 'http://127.0.0.1:1/files/a/b/v1.0.0/c.yaml',
        message: expect.stringMatching(message),
      });
  });
});
