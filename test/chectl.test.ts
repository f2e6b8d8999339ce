import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sallyport } from './support/cli.ts';

/** `sallyport chectl` beside a stand-in for chectl that only tells its version. */
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-chectl-'));
  folder(
    'out',
    'networking: {domain: che.corp.example, auth: {oAuthClientName: c, oAuthSecret: s, identityProviderURL: u}}',
  );
  folder('with blank', 'networking: {}');
  mkdirSync(join(dir, 'empty'));
  for (const version of ['7.121.0', '7.110.0', '7.60.0', '0.0.20260818-next.1']) {
    const bin = join(dir, `bin-${version}`);
    mkdirSync(bin);
    const program = join(bin, 'chectl');
    writeFileSync(program, `#!/bin/sh\necho "chectl/${version} linux-x64 node-v18.20.8"\n`);
    chmodSync(program, 0o755);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function folder(name: string, spec: string): void {
  const templates = join(dir, name, 'chectl/che-operator/kubernetes');
  mkdirSync(join(templates, 'crds'), { recursive: true });
  writeFileSync(
    join(templates, 'operator.yaml'),
    'kind: Deployment\nspec: {template: {spec: {containers: [{name: che-operator, env: [{name: CHE_VERSION, value: 7.121.0}]}]}}}\n',
  );
  writeFileSync(join(templates, 'crds/org_checluster_cr.yaml'), `kind: CheCluster\nspec: {${spec}}\n`);
}

const run = (installed: string | undefined, ...args: string[]) =>
  sallyport(['chectl', ...args], {
    cwd: dir,
    env: {
      PATH: [...(installed === undefined ? [] : [join(dir, `bin-${installed}`)]), '/usr/bin', '/bin'].join(
        delimiter,
      ),
    },
  });

describe('sallyport chectl', () => {
  it('prints the command for the installed chectl, from what was rendered', async () => {
    const { status, stdout, stderr } = await run('7.121.0');
    expect(stdout).toBe(
      'chectl server:deploy --platform k8s --domain che.corp.example --templates out/chectl --che-operator-cr-patch-yaml out/chectl/che-operator-cr-patch.yaml --skip-devworkspace-operator --skip-cert-manager --batch --telemetry=off\n',
    );
    expect(stderr).toMatch(
      /^warning: chectl: run it behind the namespaces.*out\/README\.md has these steps\n$/,
    );
    expect(status).toBe(0);
  });

  it.each<[string, string | undefined, string[], RegExp]>([
    [
      'another release',
      '7.110.0',
      ['out'],
      /chectl 7\.110\.0 belongs to another release.*chectl 7\.121\.0 fits/,
    ],
    ['a build between releases', '0.0.20260818-next.1', ['out'], /is no release/],
    [
      'one that is named and not installed',
      undefined,
      ['out', '--chectl', '7.100.0'],
      /7\.100\.0 belongs to another/,
    ],
    ['none', undefined, ['out'], /is not installed here: the command is for chectl 7\.121\.0/],
    ['no domain', '7.121.0', ['with blank'], /DOMAIN stands for the domain/],
    [
      'no identity provider',
      '7.121.0',
      ['with blank'],
      /auth\.\{identityProviderURL,oAuthClientName,oAuthSecret\}/,
    ],
  ])('with %s says what to know', async (_, installed, args, message) => {
    const { status, stderr, stdout } = await run(installed, ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toMatch(/^chectl server:deploy /);
    expect(status).toBe(0);
  });

  it('quotes for a shell, and gives the words as JSON', async () => {
    const line = await run('7.121.0', 'with blank', '--domain', 'che.example');
    expect(line.stdout).toContain("--domain che.example --templates 'with blank/chectl' ");
    const json = await run('7.121.0', 'with blank', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      che: '7.121.0',
      chectl: '7.121.0',
      command: expect.arrayContaining(['--templates', 'with blank/chectl']),
    });
  });

  it.each<[string, string | undefined, string[], number, RegExp]>([
    ['a chectl that is too old', '7.60.0', ['out'], 1, /chectl 7\.60\.0: is older than 7\.62\.0/],
    ['a folder without templates', '7.121.0', ['empty'], 2, /empty: holds no chectl templates/],
  ])('refuses %s', async (_, installed, args, status, message) => {
    const refused = await run(installed, ...args);
    expect(refused.status).toBe(status);
    expect(refused.stderr).toMatch(message);
    expect(refused.stdout).toBe('');
  });
});
