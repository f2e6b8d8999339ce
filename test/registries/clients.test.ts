import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { PROGRAM } from '../support/cli.ts';
import { containerdFolder, withContainerd } from '../support/containerd.ts';
import { hasDocker, withDocker } from '../support/docker-daemon.ts';
import { commandExists } from '../support/docker-registry.ts';
import { bareEnvironment } from '../support/environment.ts';
import { goTool } from '../support/go-tool.ts';
import { testContext } from '../support/workflow-context.ts';

/** The served registry as a network sees it (https with its own certificate, logins), with other people's clients reading and writing it. */
const run = promisify(execFile);

const crane = await goTool({
  module: 'github.com/google/go-containerregistry/cmd/crane',
  version: 'v0.22.1',
  program: 'crane',
});

const IMAGE = makeImage({
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: [
    { size: 30_000, seed: 'base', shared: true },
    { size: 400_000, seed: 'own' },
  ],
});
const DIGEST = IMAGE.root.descriptor.digest;
const LOGIN = 'ci:correct horse';

describe.skipIf(!commandExists('htpasswd'))('the embedded registry and other clients', () => {
  let dir = '';
  let host = '';
  let server: ChildProcess;
  let caFile = '';

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-clients-'));
    const [user = '', password = ''] = LOGIN.split(':');
    await run('htpasswd', ['-bBc', join(dir, 'users'), user, password]);
    server = spawn(
      process.execPath,
      [PROGRAM, 'registry', 'serve', '--dir', 'data', '--listen', '127.0.0.1:0', '--tls-generate'].concat([
        '--htpasswd',
        'users',
        '--auth',
        'token',
        '--allow',
        'ci:all:**',
        '-q',
      ]),
      { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(server.stdout ?? server, 'data')) as [Buffer];
    host = /https:\/\/(\S+)/.exec(line.toString('utf8'))?.[1] ?? '';
    caFile = join(dir, 'data', 'registry', 'tls', 'ca.crt');
    mkdirSync(join(dir, 'certs'));
    copyFileSync(caFile, join(dir, 'certs', 'ca.crt'));
    const auth = Buffer.from(LOGIN).toString('base64');
    mkdirSync(join(dir, '.docker'));
    writeFileSync(join(dir, '.docker', 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const registries = openRegistries(testContext(dir), { [host]: { caFile } });
    await fill(registries.target({ registry: host, repository: 'team/app' }), IMAGE, '1');
    registries.close();
  });

  afterAll(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    rmSync(dir, { recursive: true, force: true });
  });

  /** Everything on disk is right after whatever the clients did. */
  const verified = async () => {
    const { stdout } = await run(
      process.execPath,
      [PROGRAM, 'registry', 'verify', '--dir', 'data', '--children'],
      {
        cwd: dir,
      },
    );
    expect(stdout).toContain('all as they should be');
  };

  it.skipIf(!commandExists('skopeo'))('skopeo reads and writes it', async () => {
    const creds = (side: string) => [`--${side}-creds`, LOGIN, `--${side}-cert-dir`, join(dir, 'certs')];
    const layout = `oci:${join(dir, 'layout')}:1`;
    await run('skopeo', ['copy', '-q', '--all', ...creds('src'), `docker://${host}/team/app:1`, layout]);
    await run('skopeo', ['copy', '-q', '--all', ...creds('dest'), layout, `docker://${host}/skopeo/app:1`]);
    const { stdout } = await run(
      'skopeo',
      ['inspect', '--creds', LOGIN, '--cert-dir', join(dir, 'certs'), '--format', '{{.Digest}}'].concat(
        `docker://${host}/skopeo/app:1`,
      ),
    );
    expect(stdout.trim()).toBe(DIGEST);
    await verified();
  });

  it.skipIf('missing' in crane)('crane reads and writes it', async () => {
    const program = 'path' in crane ? crane.path : '';
    const ask = async (...args: string[]) =>
      (await run(program, args, { env: { ...bareEnvironment(dir), SSL_CERT_FILE: caFile } })).stdout.trim();
    expect(await ask('digest', `${host}/team/app:1`)).toBe(DIGEST);
    await ask('copy', `${host}/team/app:1`, `${host}/crane/app:1`);
    expect(await ask('digest', `${host}/crane/app:1`)).toBe(DIGEST);
    expect(await ask('ls', `${host}/crane/app`)).toBe('1');
    expect((await ask('catalog', host)).split('\n')).toContain('crane/app');
    await ask('validate', '--remote', `${host}/crane/app:1`);
    await ask('pull', '--format', 'oci', `${host}/team/app:1`, join(dir, 'crane-layout'));
    await ask('push', '--index', join(dir, 'crane-layout'), `${host}/crane/again:1`);
    expect(await ask('digest', `${host}/crane/again:1`)).toMatch(/^sha256:/);
    await ask('tag', `${host}/crane/app:1`, '2');
    await ask('delete', `${host}/crane/app@${DIGEST}`);
    expect(await ask('ls', `${host}/crane/app`)).toBe('');
    await verified();
  });

  it.skipIf(containerdFolder === undefined)('containerd reads and writes it', async () => {
    await withContainerd(join(dir, 'containerd'), async (ctr) => {
      const access = ['--tlscacert', caFile, '--user', LOGIN];
      await ctr('content', 'fetch', '--all-platforms', ...access, `${host}/team/app:1`);
      expect(await ctr('images', 'ls')).toContain(DIGEST);
      await ctr('images', 'tag', `${host}/team/app:1`, `${host}/containerd/app:1`);
      await ctr('images', 'push', '--local', ...access, `${host}/containerd/app:1`);
    });
    const registries = openRegistries(testContext(dir), { [host]: { caFile } });
    const there = await registries.target({ registry: host, repository: 'containerd/app' }).resolve('1');
    registries.close();
    expect(there?.digest).toBe(DIGEST);
    await verified();
  });

  it.skipIf(!hasDocker)('Docker reads and writes it', async () => {
    const [user = '', password = ''] = LOGIN.split(':');
    await withDocker(join(dir, 'docker'), async (docker) => {
      await expect(docker('pull', `${host}/team/app:1`)).rejects.toThrow(
        /denied|unauthorized|authentication/i,
      );
      await docker('login', '-u', user, '-p', password, host);
      await docker('pull', `${host}/team/app:1`);
      expect(await docker('inspect', '--format', '{{.RepoDigests}}', `${host}/team/app:1`)).toContain(DIGEST);
      await docker('tag', `${host}/team/app:1`, `${host}/docker/app:1`);
      await docker('push', `${host}/docker/app:1`);
      await docker('rmi', '-f', `${host}/team/app:1`, `${host}/docker/app:1`);
      await docker('pull', `${host}/docker/app:1`);
    });
    await verified();
  });
});
