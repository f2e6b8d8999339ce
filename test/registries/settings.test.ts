import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, sallyport } from '../support/cli.ts';
import {
  commandExists,
  type DockerRegistry,
  makeCa,
  startDockerRegistry,
  type TestCa,
} from '../support/docker-registry.ts';
import { fillMirror, mirrorFlags } from '../support/filled-source.ts';

/** The settings of `registries` against registries as others run them: certificates of both sides, checks switched off, few requests at once. */
const missing = ['docker-registry', 'skopeo', 'openssl'].filter((name) => !commandExists(name));
const IMAGE = 'quay.io/sample/controller:v1';

describe.skipIf(missing.length > 0)('settings of registries', () => {
  let dir = '';
  let ca: TestCa;
  let source: DockerRegistry;
  let target: DockerRegistry;
  let count = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-settings-'));
    ca = makeCa(join(dir, 'ca'));
    source = await startDockerRegistry(join(dir, 'source'));
    target = await startDockerRegistry(join(dir, 'target'), { tls: ca, clientCertificate: true });
    await fillMirror(source.host, [IMAGE], dir);
    writeFileSync(join(dir, 'list'), `${IMAGE}\n`);
  });

  afterAll(async () => {
    await source?.close();
    await target?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Copies the image to a prefix of its own, with these settings for the target. */
  const copy = (settings: string, home = dir): Promise<CliRun> =>
    sallyport(
      [
        'mirror',
        '--images',
        'list',
        '--to',
        `${target.host}/p${count++}`,
        ...mirrorFlags(source.host, ['quay.io']),
        ...(settings === '' ? [] : ['--registry', `${target.host},${settings}`]),
      ],
      { cwd: dir, env: { HOME: home } },
    );
  const client = (): string => `certFile=${ca.clientCertFile},keyFile=${ca.clientKeyFile}`;

  it.each<[string, () => string]>([
    ['a client certificate', () => `caFile=${ca.caFile},${client()}`],
    ['the check of the server switched off', () => `insecureSkipVerify,${client()}`],
    ['one request for content at a time', () => `caFile=${ca.caFile},${client()},concurrency=1`],
  ])('copies with %s', async (_what, settings) => {
    const run = await copy(settings());
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toContain('1 copied');
    expect(run.stderr.includes('its certificate is not checked')).toBe(settings().includes('insecure'));
  });

  it('finds CA and client certificate in the folder of the registry', async () => {
    const folder = join(dir, 'home', '.config', 'containers', 'certs.d', target.host);
    mkdirSync(folder, { recursive: true });
    copyFileSync(ca.caFile, join(folder, 'ca.crt'));
    copyFileSync(ca.clientCertFile, join(folder, 'client.cert'));
    copyFileSync(ca.clientKeyFile, join(folder, 'client.key'));
    const run = await copy('', join(dir, 'home'));
    expect(run.status, run.stderr).toBe(0);
  });

  it.each<[string, number, () => string, RegExp]>([
    ['no authority', 1, () => client(), /authority that is not known.*Sallyport test CA/],
    ['no client certificate', 1, () => `caFile=${ca.caFile}`, /alert bad certificate\).*certFile=/s],
    [
      'a key of another',
      1,
      () => `certFile=${ca.clientCertFile},keyFile=${ca.keyFile}`,
      /must belong together/,
    ],
    [
      'half a client certificate',
      2,
      () => `certFile=${ca.clientCertFile}`,
      /only one of certFile and keyFile/,
    ],
    ['a file that is not there', 1, () => 'caFile=nowhere.crt', /nowhere\.crt: does not exist \(caFile of /],
    ['plain http', 1, () => 'plainHttp', /speaks TLS on this port.*Leave plainHttp out/s],
  ])('says what is wrong with %s', async (_what, status, settings, says) => {
    const run = await copy(settings());
    expect(run.status, run.stderr).toBe(status);
    expect(run.stderr).toMatch(says);
  });
});
