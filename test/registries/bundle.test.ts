import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import { digestOf } from '../../src/oci/index.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { PROGRAM, sallyport } from '../support/cli.ts';
import { hasDocker, withDocker } from '../support/docker-daemon.ts';
import { commandExists, type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { testContext } from '../support/workflow-context.ts';

const IMAGE = makeImage({
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: [
    { size: 200_000, seed: 'base', shared: true },
    { size: 700_000, seed: 'program' },
  ],
  signature: 'tag',
});
const NEEDS = ['docker-registry', 'skopeo'];

describe.skipIf(!NEEDS.every(commandExists))('bundles, read back by skopeo', { timeout: 120_000 }, () => {
  let dir: string;
  let source: DockerRegistry;
  let target: DockerRegistry;
  let name: string;
  const skopeo = (...args: string[]): Buffer => execFileSync('skopeo', args, { cwd: dir, stdio: 'pipe' });
  const create = (output: string, ...more: string[]) =>
    sallyport(
      ['bundle', 'create', '-o', output, '-f', 'pod.yaml', '--to', `${target.host}/che`, ...plain(), ...more],
      { cwd: dir },
    );
  const plain = () => ['--registry', `${source.host},plainHttp`, '--registry', `${target.host},plainHttp`];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-bundle-skopeo-'));
    source = await startDockerRegistry(join(dir, 'source'));
    target = await startDockerRegistry(join(dir, 'target'));
    name = `${source.host}/team/app:1`;
    const opened = openRegistries(testContext(dir), { [source.host]: { plainHttp: true } });
    await fill(opened.target({ registry: source.host, repository: 'team/app' }), IMAGE, '1');
    opened.close();
    writeFileSync(
      join(dir, 'pod.yaml'),
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - {name: a, image: "${name}"}\n`,
    );
    expect(await create('app.bundle')).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    await source.close();
    await target.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('as a layout after tar x, all platforms, digests unchanged', () => {
    mkdirSync(join(dir, 'layout'));
    execFileSync('tar', ['xf', 'app.bundle', '-C', 'layout'], { cwd: dir });
    const raw = skopeo('inspect', '--raw', `oci:layout:${name}`);
    expect(digestOf(raw)).toBe(IMAGE.root.descriptor.digest);
    skopeo('copy', '--all', `oci:layout:${name}`, 'dir:from-layout');
  });

  it('as an OCI archive without unpacking', () => {
    skopeo('copy', '--all', `oci-archive:app.bundle:${name}`, 'dir:from-archive');
  });

  it('as a docker archive of one platform', async () => {
    const made = await create('app.tar', '--format', 'docker-archive', '--platform', 'linux/arm64');
    expect(made).toMatchObject({ status: 0 });
    const told: unknown = JSON.parse(skopeo('inspect', `docker-archive:app.tar:${name}`).toString('utf8'));
    expect(told).toMatchObject({ Architecture: 'arm64' });
    skopeo('copy', `docker-archive:app.tar:${name}`, 'dir:from-docker');
    expect(await sallyport(['bundle', 'verify', 'app.tar'], { cwd: dir })).toMatchObject({ status: 0 });
  });

  it('loaded into another registry', async () => {
    expect(await sallyport(['bundle', 'load', 'app.bundle', ...plain()], { cwd: dir })).toMatchObject({
      status: 0,
    });
    const repository = `${target.host}/che/${source.host.replace(':', '-')}/team/app`;
    const raw = skopeo('inspect', '--raw', '--tls-verify=false', `docker://${repository}:1`);
    expect(digestOf(raw)).toBe(IMAGE.root.descriptor.digest);
    const [signature] = IMAGE.extras;
    skopeo('inspect', '--raw', '--tls-verify=false', `docker://${repository}:${signature?.tag ?? ''}`);
  });

  /** Serves the bundle for the time of `work`; `state` is where a certificate that it makes is kept. */
  const whileServed = async (flags: readonly string[], work: (host: string, state: string) => unknown) => {
    const state = join(dir, 'state');
    const child = spawn(
      process.execPath,
      [PROGRAM, 'bundle', 'serve', 'app.bundle', '--listen', '127.0.0.1:0', ...flags],
      {
        cwd: dir,
        env: { ...process.env, XDG_STATE_HOME: state },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      await work(/https?:\/\/(\S+)/.exec(line.toString('utf8'))?.[1] ?? '', state);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  };

  it('pulled from a bundle that is served', () =>
    whileServed([], (host) => {
      for (const path of ['team/app', `che/${source.host.replace(':', '-')}/team/app`])
        skopeo(
          'copy',
          '--all',
          '--src-tls-verify=false',
          `docker://${host}/${path}:1`,
          `dir:${path.replaceAll('/', '-')}`,
        );
    }));

  it.skipIf(!hasDocker)('pulled by Docker from a bundle that is served', () =>
    whileServed([], (host) =>
      withDocker(join(dir, 'docker'), async (docker) => {
        for (const path of ['team/app', `che/${source.host.replace(':', '-')}/team/app`]) {
          const name = `${host}/${path}`;
          await docker('pull', '-q', `${name}:1`);
          const { digest } = IMAGE.root.descriptor;
          expect(await docker('inspect', '--format', '{{.RepoDigests}}', `${name}:1`)).toContain(digest);
          await docker('rmi', '-f', `${name}:1`);
          await docker('pull', '-q', `${name}@${digest}`);
        }
      }),
    ),
  );

  it.skipIf(!commandExists('htpasswd')).each(['basic', 'token'])(
    'pulled with a password (%s) over TLS from a bundle that is served, by nobody else',
    async (auth) => {
      const login = 'node:correct horse';
      execFileSync('htpasswd', ['-bBc', join(dir, 'users'), ...login.split(':')], { stdio: 'ignore' });
      const rules = ['--allow', 'node:pull:team/**', '--auth', auth];
      await whileServed(['--tls-generate', '--htpasswd', 'users', ...rules], (host, state) => {
        const certs = join(dir, `certs-${auth}`);
        mkdirSync(certs);
        cpSync(join(state, 'sallyport', 'bundle-serve', 'tls', 'ca.crt'), join(certs, 'ca.crt'));
        const pull = (path: string, ...more: string[]) =>
          skopeo(
            'copy',
            '--all',
            '--src-cert-dir',
            certs,
            ...more,
            `docker://${host}/${path}:1`,
            `dir:${auth}`,
          );
        pull('team/app', '--src-creds', login);
        expect(() => pull('team/app')).toThrow(/unauthorized|authentication required/i);
        expect(() => pull('team/app', '--src-creds', 'node:wrong')).toThrow(/unauthorized|authentication/i);
        const elsewhere = `che/${source.host.replace(':', '-')}/team/app`;
        expect(() => pull(elsewhere, '--src-creds', login)).toThrow(/denied|unauthorized/i);
      });
    },
  );
});
