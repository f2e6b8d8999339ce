import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { failureOf } from '../../../test/support/registry-session.ts';
import { type CredentialSourceOptions, createCredentialSource } from './source.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-credentials-'));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function write(path: string, content: unknown): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, typeof content === 'string' ? content : JSON.stringify(content));
  return full;
}

/** A credential helper that runs `script` (sh), with the server on standard input. */
async function helper(name: string, script: string): Promise<void> {
  const path = await write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

function source(options: Partial<CredentialSourceOptions> = {}): ReturnType<typeof createCredentialSource> {
  return createCredentialSource({
    homeDir: home,
    ...options,
    env: { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, ...options.env },
  });
}

const auth = (user: string): { auth: string } => ({ auth: Buffer.from(`${user}:p:w`).toString('base64') });
const DOCKER = '.docker/config.json';

describe('which entry fits', () => {
  it.each<
    [name: string, auths: Record<string, unknown>, host: string, repository: string, user: string | undefined]
  >([
    ['the host', { 'r.example': auth('u') }, 'r.example', 'a/b', 'u'],
    ['host and port', { 'r.example:5000': auth('u') }, 'r.example:5000', 'a/b', 'u'],
    ['another port is another host', { 'r.example:5000': auth('u') }, 'r.example', 'a/b', undefined],
    [
      'the longest path',
      { 'r.example': auth('h'), 'r.example/a': auth('a'), 'r.example/a/b': auth('ab') },
      'r.example',
      'a/b',
      'ab',
    ],
    ['a path above', { 'r.example': auth('h'), 'r.example/a': auth('a') }, 'r.example', 'a/b/c', 'a'],
    ['whole components only', { 'r.example/a': auth('a') }, 'r.example', 'ab', undefined],
    ['a key written as URL', { 'https://r.example/v1/': auth('u') }, 'r.example', 'a', 'u'],
    ['a key written as URL of version 2', { 'http://r.example/v2': auth('u') }, 'r.example', 'a', 'u'],
    ['upper case in the host', { 'R.Example': auth('u') }, 'r.example', 'a', 'u'],
    [
      'Docker Hub as docker writes it',
      { 'https://index.docker.io/v1/': auth('u') },
      'docker.io',
      'library/redis',
      'u',
    ],
    ['Docker Hub by its short name', { 'docker.io': auth('u') }, 'docker.io', 'library/redis', 'u'],
    ['Docker Hub by its server', { 'registry-1.docker.io': auth('u') }, 'docker.io', 'library/redis', 'u'],
    [
      'Docker Hub by namespace',
      { 'docker.io': auth('h'), 'docker.io/mine': auth('m') },
      'docker.io',
      'mine/x',
      'm',
    ],
    [
      'an empty entry counts for nothing',
      { 'r.example/a': {}, 'r.example': auth('h') },
      'r.example',
      'a/b',
      'h',
    ],
    [
      'user and password in plain',
      { 'r.example': { username: 'u', password: 'p:w' } },
      'r.example',
      'a',
      'u',
    ],
    [
      'padding of docker',
      { 'r.example': { auth: Buffer.from('u:p:w\0\0').toString('base64') } },
      'r.example',
      'a',
      'u',
    ],
    ['no entry', { 'other.example': auth('u') }, 'r.example', 'a', undefined],
  ])('%s', async (_name, auths, host, repository, user) => {
    const path = await write(DOCKER, { auths });
    const found = await source().lookup(host, repository);
    expect(found).toEqual(
      user === undefined ? undefined : { kind: 'password', username: user, password: 'p:w', origin: path },
    );
  });

  it.each([
    [{ identitytoken: 'i' }, { kind: 'identityToken', identityToken: 'i' }],
    [
      { ...auth('u'), identitytoken: 'i' },
      { kind: 'identityToken', identityToken: 'i' },
    ],
    [{ auth: Buffer.from('<token>:i').toString('base64') }, { kind: 'identityToken', identityToken: 'i' }],
    [{ registrytoken: 'r' }, { kind: 'registryToken', registryToken: 'r' }],
  ])('reads tokens: %j', async (entry, expected) => {
    await write(DOCKER, { auths: { 'r.example': entry } });
    expect(await source().lookup('r.example', 'a')).toMatchObject(expected);
  });
});

describe('which file counts', () => {
  const places = [
    ['explicit', {}],
    ['named.json', { REGISTRY_AUTH_FILE: 'named.json' }],
    ['run/containers/auth.json', { XDG_RUNTIME_DIR: 'run' }],
    ['xdg/containers/auth.json', { XDG_CONFIG_HOME: 'xdg' }],
    ['dock/config.json', { DOCKER_CONFIG: 'dock' }],
    ['.dockercfg', {}],
  ] as const;

  it.each(places.map(([path], index) => ({ path, index })))(
    '$path, when nothing before it has an entry',
    async ({ path, index }) => {
      for (const [place] of places.slice(index)) {
        const auths = { 'r.example': auth(place) };
        await write(place, place === '.dockercfg' ? auths : { auths });
      }
      const variables = places.slice(index).flatMap(([, env]) => Object.entries(env));
      const env = Object.fromEntries(variables.map(([name, value]) => [name, join(home, value)]));
      const authFile = index === 0 ? join(home, 'explicit') : undefined;
      expect(await source({ env, authFileFor: () => authFile }).lookup('r.example', 'a')).toMatchObject({
        username: path,
        origin: join(home, path),
      });
    },
  );

  it.each(['.config/containers/auth.json', DOCKER])('%s by default', async (path) => {
    await write(path, { auths: { 'r.example': auth('u') } });
    expect(await source().lookup('r.example', 'a')).toMatchObject({ origin: join(home, path) });
  });

  it('goes on to the next file when one has no entry for the host', async () => {
    await write('.config/containers/auth.json', { auths: { 'other.example': auth('o') } });
    await write(DOCKER, { auths: { 'r.example': auth('u') } });
    expect(await source().lookup('r.example', 'a')).toMatchObject({ username: 'u' });
  });

  it('asks nothing but the file that the configuration names', async () => {
    await write(DOCKER, { auths: { 'r.example': auth('u') } });
    const path = await write('mine.json', { auths: {} });
    const credentials = source({ authFileFor: (host) => (host === 'r.example' ? path : undefined) });
    expect(await credentials.lookup('r.example', 'a')).toBeUndefined();
  });

  it('takes the content of DOCKER_AUTH_CONFIG before files', async () => {
    await write(DOCKER, { auths: { 'r.example': auth('file'), 's.example': auth('file') } });
    const credentials = source({
      env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': auth('env') } }) },
    });
    expect(await credentials.lookup('r.example', 'a')).toMatchObject({
      username: 'env',
      origin: 'the variable DOCKER_AUTH_CONFIG',
    });
    expect(await credentials.lookup('s.example', 'a')).toMatchObject({ username: 'file' });
  });
});

describe('files that are wrong', () => {
  it.each([
    ['no JSON', '{"auths": {"r.example": {"auth": "c2VjcmV0"', 'is not valid JSON'],
    ['a list', '[]', 'is not a JSON object'],
    ['auths that are none', { auths: 'x' }, '`auths`'],
    ['a helper that is none', { credHelpers: { 'r.example': 1 } }, '`credHelpers`'],
    [
      'auth without a colon',
      { auths: { 'r.example': { auth: Buffer.from('secret').toString('base64') } } },
      'not base64',
    ],
    ['auth that is not base64', { auths: { 'r.example': { auth: 'secret:secret' } } }, 'not base64'],
    ['an entry that is none', { auths: { 'r.example': 'secret' } }, 'not an object'],
  ])('%s', async (_name, content, message) => {
    const path = await write(DOCKER, content);
    const error = await failureOf(source().lookup('r.example', 'a'));
    expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', subject: path });
    expect(error.message).toContain(message);
    expect(`${error.message} ${String(error.cause)}`).not.toMatch(/secret|c2VjcmV0/);
  });

  it('tells when a file that was named is not there', async () => {
    const missing = join(home, 'missing.json');
    for (const options of [{ env: { REGISTRY_AUTH_FILE: missing } }, { authFileFor: () => missing }]) {
      expect(await failureOf(source(options).lookup('r.example', 'a'))).toMatchObject({
        code: 'CREDENTIALS_INVALID',
        subject: missing,
      });
    }
  });

  it('does not complain of an entry for another host, nor of an empty file', async () => {
    await write(DOCKER, { auths: { 'other.example': { auth: '!' } } });
    await write('.config/containers/auth.json', '');
    expect(await source().lookup('r.example', 'a')).toBeUndefined();
  });
});

describe('credential helpers', () => {
  const answer = (user: string): string =>
    `read -r server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"${user}\\",\\"Secret\\":\\"p of $server\\"}"`;

  it('asks the helper of the host, then the store, then the entries', async () => {
    await helper('one', answer('one'));
    await helper('all', answer('all'));
    await helper('none', 'echo "credentials not found in native keychain"; exit 1');
    const path = await write(DOCKER, {
      auths: { 'h.example': auth('entry'), 's.example': auth('entry'), 'n.example': auth('entry') },
      credHelpers: { 'h.example': 'one', 'n.example': 'none' },
      credsStore: 'all',
    });
    const credentials = source();
    expect(await credentials.lookup('h.example', 'a')).toEqual({
      kind: 'password',
      username: 'one',
      password: 'p of h.example',
      origin: `docker-credential-one (named by ${path})`,
    });
    expect(await credentials.lookup('s.example', 'a')).toMatchObject({
      username: 'all',
      password: 'p of s.example',
    });
    expect(await credentials.lookup('n.example', 'a')).toMatchObject({ username: 'entry' });
    expect(await credentials.lookup('docker.io', 'a')).toMatchObject({
      password: 'p of https://index.docker.io/v1/',
    });
  });

  it('takes the user <token> as identity token', async () => {
    await helper('tok', answer('<token>'));
    await write(DOCKER, { credsStore: 'tok' });
    expect(await source().lookup('r.example', 'a')).toMatchObject({
      kind: 'identityToken',
      identityToken: 'p of r.example',
    });
  });

  it('asks once for many repositories, one at a time, and again after an hour', async () => {
    const log = join(home, 'log');
    await helper('slow', `echo begin >> ${log}; sleep 0.02; echo end >> ${log}; ${answer('u')}`);
    await write(DOCKER, { credsStore: 'slow' });
    const clock = fakeClock();
    const credentials = source({ clock });
    await Promise.all([
      ...Array.from({ length: 5 }, (_, i) => credentials.lookup('r.example', `a${i}`)),
      credentials.lookup('s.example', 'a'),
    ]);
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual(['begin', 'end', 'begin', 'end']);
    clock.advance(3_600_001);
    await credentials.lookup('r.example', 'a');
    expect((await readFile(log, 'utf8')).match(/begin/g)).toHaveLength(3);
  });

  it.each([
    ['is not installed', undefined, 'is not installed'],
    ['fails', 'echo "no session\u001b[31m" >&2; exit 3', 'exit status 3'],
    ['answers with no JSON', 'echo "hunter2"', 'not JSON'],
    ['is killed', 'kill -9 $$', 'SIGKILL'],
  ])('reports a helper that %s', async (_name, script, message) => {
    if (script !== undefined) await helper('bad', script);
    await write(DOCKER, { credsStore: 'bad' });
    const error = await failureOf(source().lookup('r.example', 'a'));
    expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID' });
    expect(error.subject).toContain('docker-credential-bad');
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/hunter2|\u001b/);
  });

  it('does not wait for ever, not even for the children of a helper', async () => {
    await helper('hang', 'sleep 60 & wait');
    await write(DOCKER, { credsStore: 'hang' });
    expect((await failureOf(source({ helperTimeoutMs: 50 }).lookup('r.example', 'a'))).message).toContain(
      'did not answer',
    );
  });

  it('stops on request', async () => {
    await helper('hang', 'exec sleep 60');
    await write(DOCKER, { credsStore: 'hang' });
    const stop = new AbortController();
    const promise = failureOf(source().lookup('r.example', 'a', stop.signal));
    setTimeout(() => stop.abort(), 20);
    expect(await promise).toMatchObject({ code: 'ABORTED' });
  });

  it.each(['../evil', 'a/b', 'x;rm', ''])('never runs “%s”', async (name) => {
    await write('docker-credential-evil', '#!/bin/sh\necho {}');
    await write(DOCKER, { credHelpers: { 'r.example': name }, auths: { 'r.example': auth('u') } });
    const outcome = await source()
      .lookup('r.example', 'a')
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject(name === '' ? { username: 'u' } : { code: 'CREDENTIALS_INVALID' });
  });
});
