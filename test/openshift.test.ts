import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReference } from '../src/oci/index.ts';
import { type CliRun, sallyport } from './support/cli.ts';
import { type Embedded, startEmbedded } from './support/embedded.ts';
import { fillMirror, mirrorFlags } from './support/filled-source.ts';

/** Eclipse Che for OpenShift with the built program: what is different there, from our own fixtures in upstream's layout. */
const UPSTREAM = resolve(import.meta.dirname, 'fixtures', 'upstream-mini');
const PROFILE = [
  '--profile',
  'che',
  '--version',
  '7.999.0',
  '--upstream',
  UPSTREAM,
  '--platform',
  'openshift',
];

describe('Che on OpenShift', () => {
  let dir = '';
  let registry: Embedded;
  let run: CliRun;
  const out = (...path: string[]): string => join(dir, 'out', ...path);
  const readme = (): string => readFileSync(out('README.md'), 'utf8');

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-openshift-'));
    registry = await startEmbedded();
    const { registry: host } = registry.server;
    const listed = await sallyport(['images', ...PROFILE, '-o', 'name'], { cwd: dir });
    const references = listed.stdout.trim().split('\n');
    await fillMirror(host, references, dir);
    const hosts = references.map((reference) => parseReference(reference).registry);
    const reach = [...mirrorFlags(host, hosts), '--registry', `${host},plainHttp`];
    run = await sallyport(
      ['relocate', ...PROFILE, '--to', `${host}/che`, '-o', 'out', '--node-config', 'openshift', ...reach],
      { cwd: dir },
    );
  }, 60_000);
  afterAll(async () => {
    await registry?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is relocated without cert-manager, whose place OpenShift takes, and with the images that only it uses', () => {
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain('nothing in them points outside');
    expect(readdirSync(out('manifests')).join(' ')).not.toContain('cert-manager');
    const operator = readFileSync(out('manifests', '30-che-operator.yaml'), 'utf8');
    expect(operator).toMatch(/\/che\/quay\.io\/openshift\/origin-oauth-proxy:4\.99@sha256:/);
  });

  it('gets no chectl templates, because chectl installs through OLM there, and nobody is sent to them', async () => {
    expect(existsSync(out('chectl'))).toBe(false);
    expect(run.stdout).not.toContain('chectl');
    expect(readme()).not.toContain('chectl');
    const command = await sallyport(['chectl', 'out'], { cwd: dir });
    expect(command.status).toBe(2);
    expect(command.stderr).toContain('On OpenShift chectl installs through OLM');
  });

  it('adds to the pull secrets of default accounts by a command, also in the namespaces of users', () => {
    expect(readFileSync(out('manifests', '05-service-accounts.yaml'), 'utf8')).not.toMatch(/name: default$/m);
    for (const namespace of ['devworkspace-controller', 'eclipse-che', 'USER_NAMESPACE'])
      expect(readme()).toContain(`oc secrets link default registry-pull --for=pull -n ${namespace}\n`);
  });

  it('gets mirror sets for its nodes on request', () => {
    expect(readFileSync(out('nodes', 'openshift', 'image-digest-mirror-set.yaml'), 'utf8')).toContain(
      'source: quay.io/openshift/origin-oauth-proxy\n',
    );
  });
});
