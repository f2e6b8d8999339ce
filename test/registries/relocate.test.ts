import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReference } from '../../src/oci/index.ts';
import { sallyport } from '../support/cli.ts';
import {
  commandExists,
  type DockerRegistry,
  makeCa,
  startDockerRegistry,
  type TestCa,
  USER,
} from '../support/docker-registry.ts';
import { fillMirror, mirrorFlags } from '../support/filled-source.ts';

/** The whole way for Eclipse Che, from real upstream manifests where they are there, between registries as others run them. */
const UPSTREAM = resolve(import.meta.dirname, '..', '..', '..', 'shared', 'upstream');
const real = existsSync(UPSTREAM);
const upstream = real ? UPSTREAM : resolve(import.meta.dirname, '..', 'fixtures', 'upstream-mini');
const version = real ? '7.121.0' : '7.999.0';
const NEEDS = ['docker-registry', 'skopeo', 'htpasswd', 'openssl'];
const missing = NEEDS.filter((name) => !commandExists(name));

describe.skipIf(missing.length > 0)(`Che ${version} between real registries`, () => {
  let dir = '';
  let ca: TestCa;
  let source: DockerRegistry;
  let target: DockerRegistry;
  let references: string[] = [];
  let flags: string[] = [];

  const relocate = (...more: string[]) =>
    sallyport(
      [
        'relocate',
        '--profile',
        'che',
        '--version',
        version,
        '--upstream',
        upstream,
        '--to',
        `${target.host}/che`,
        '-o',
        'out',
        '--registry',
        `${target.host},caFile=${ca.caFile},authFile=auth.json`,
        ...flags,
        ...more,
      ],
      { cwd: dir },
    );

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-che-'));
    ca = makeCa(join(dir, 'ca'));
    source = await startDockerRegistry(join(dir, 'source'));
    target = await startDockerRegistry(join(dir, 'target'), { tls: ca, login: true });
    writeFileSync(
      join(dir, 'auth.json'),
      JSON.stringify({
        auths: { [target.host]: { auth: Buffer.from(`${USER.name}:${USER.password}`).toString('base64') } },
      }),
    );
    const listed = await sallyport(
      ['images', '--profile', 'che', '--version', version, '--upstream', upstream, '-o', 'name'],
      { cwd: dir },
    );
    expect(listed.status, listed.stderr).toBe(0);
    references = listed.stdout.trim().split('\n');
    expect(references.length).toBeGreaterThan(real ? 38 : 15);
    await fillMirror(source.host, references, dir);
    flags = mirrorFlags(
      source.host,
      references.map((reference) => parseReference(reference).registry),
    );
  });

  afterAll(async () => {
    await source?.close();
    await target?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('relocates everything, and another client reads every image by digest', async () => {
    const run = await relocate();
    expect(run.stderr).not.toMatch(/error/);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toContain(`${references.length} copied, 0 present`);
    const pinned = await sallyport(
      [
        'lock',
        '--profile',
        'che',
        '--version',
        version,
        '--upstream',
        upstream,
        '--to',
        `${target.host}/che`,
        '--lock',
        'out/sallyport.lock.yaml',
        '--check',
        ...flags,
      ],
      { cwd: dir },
    );
    expect(pinned.stdout).toBe('');
    expect(pinned.status, pinned.stderr).toBe(0);
    const places = [
      ...readFileSync(join(dir, 'out', 'sallyport.lock.yaml'), 'utf8').matchAll(
        /^ {2}- reference: (\S+)\n {4}digest: (\S+)/gm,
      ),
    ];
    expect(places).toHaveLength(references.length);
    for (const [, reference = '', digest = ''] of places) {
      const { registry, repository } = parseReference(reference);
      const raw = execFileSync('skopeo', [
        'inspect',
        '--raw',
        '--authfile',
        join(dir, 'auth.json'),
        '--cert-dir',
        ca.folder,
        `docker://${target.host}/che/${registry}/${repository}@${digest}`,
      ]);
      expect(JSON.parse(raw.toString('utf8'))).toHaveProperty('manifests');
    }
  });

  it('copies whole images that another client can copy on, all platforms', () => {
    const { registry, repository, tag = 'latest' } = parseReference(references[0] ?? '');
    execFileSync(
      'skopeo',
      [
        'copy',
        '--all',
        '--src-authfile',
        join(dir, 'auth.json'),
        '--src-cert-dir',
        ca.folder,
        `docker://${target.host}/che/${registry}/${repository}:${tag}`,
        `oci:${join(dir, 'layout')}:x`,
      ],
      { stdio: 'pipe' },
    );
    expect(existsSync(join(dir, 'layout', 'index.json'))).toBe(true);
  });

  it('a second run uploads nothing and asks one cheap question per image', async () => {
    const before = target.requests().length;
    const run = await relocate();
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toContain(`0 copied, ${references.length} present`);
    const asked = target.requests().slice(before);
    expect(asked.filter(({ method }) => method !== 'HEAD' && method !== 'GET')).toEqual([]);
    const answered = asked.filter(({ status }) => status !== 401);
    expect(answered.length).toBeLessThanOrEqual(references.length + 5);
  });

  it('rendering twice gives the same bytes', async () => {
    const read = () =>
      execFileSync('sh', ['-c', 'cd out && find . -type f | sort | xargs sha256sum'], {
        cwd: dir,
        encoding: 'utf8',
      });
    const first = read();
    const run = await sallyport(
      [
        'render',
        '--profile',
        'che',
        '--version',
        version,
        '--upstream',
        upstream,
        '--lock',
        'out/sallyport.lock.yaml',
        '-o',
        'out',
      ],
      { cwd: dir },
    );
    expect(run.status, run.stderr).toBe(0);
    expect(read()).toBe(first);
  });

  it('says which CA, which credentials and which tag are wrong', async () => {
    const noCa = await sallyport(
      [
        'mirror',
        '--lock',
        'out/sallyport.lock.yaml',
        '--registry',
        `${target.host},authFile=auth.json`,
        ...flags,
      ],
      { cwd: dir },
    );
    expect(noCa.status).toBe(1);
    expect(noCa.stderr).toMatch(/Sallyport test CA/);
    expect(noCa.stderr).toMatch(/caFile/);
    writeFileSync(
      join(dir, 'wrong.json'),
      JSON.stringify({
        auths: { [target.host]: { auth: Buffer.from('mover:wrong-secret').toString('base64') } },
      }),
    );
    const wrong = await sallyport(
      [
        'mirror',
        '--lock',
        'out/sallyport.lock.yaml',
        '--registry',
        `${target.host},caFile=${ca.caFile},authFile=wrong.json`,
        ...flags,
      ],
      { cwd: dir },
    );
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(/wrong\.json/);
    expect(wrong.stderr).not.toMatch(/wrong-secret/);
    writeFileSync(
      join(dir, 'list.txt'),
      `${(references[0] ?? '').replace(/:[^:]*$/, ':no-such-tag')}\n${references[1] ?? ''}\n`,
    );
    const tag = await sallyport(
      [
        'mirror',
        '--images',
        'list.txt',
        '--to',
        `${target.host}/other`,
        '--registry',
        `${target.host},caFile=${ca.caFile},authFile=auth.json`,
        ...flags,
      ],
      { cwd: dir },
    );
    expect(tag.status).toBe(1);
    expect(tag.stderr).toMatch(/no-such-tag/);
    expect(
      target.requests().some(({ method, uri }) => method === 'PUT' && uri.startsWith('/v2/other/')),
    ).toBe(true);
  });
});

it('has what it needs, or says what is missing', ({ skip }) => {
  if (missing.length > 0 && process.env['CI'] === undefined) skip(`not installed: ${missing.join(', ')}`);
  expect(missing).toEqual([]);
});
