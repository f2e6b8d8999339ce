import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findAccess } from './access.ts';
import { inClusterAccess } from './in-cluster.ts';
import { tokenFileSource } from './token-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function file(text: string, name = `config-${count++}`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const BASE = `
apiVersion: v1
kind: Config
clusters:
- name: one
  cluster: {server: "https://one.example:6443", certificate-authority-data: Q0E=, tls-server-name: api.one}
- name: two
  cluster: {server: "https://two.example/path", insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"}
users:
- name: cert
  user: {client-certificate: cert.pem, client-key-data: S0VZ}
- name: token
  user: {token: abc}
- name: basic
  user: {username: u, password: p}
- name: file
  user: {tokenFile: token.txt, token: loses}
- name: old
  user: {auth-provider: {name: gcp}}
contexts:
- name: a
  context: {cluster: one, user: cert, namespace: ns-a}
- name: b
  context: {cluster: two, user: token}
- name: basic
  context: {cluster: one, user: basic}
- name: file
  context: {cluster: one, user: file}
- name: old
  context: {cluster: one, user: old}
- name: lost
  context: {cluster: nowhere, user: token}
- name: anonymous
  context: {cluster: one}
current-context: a
`;

const request = (more: object) => ({ cwd: folder, homeDir: folder, env: {}, ...more });

describe('kubeconfig', () => {
  const base = file(BASE);
  file('CERT', 'cert.pem');
  file('from-file\n', 'token.txt');

  it('reads server, namespace, authority and client certificate, paths relative to the file', async () => {
    const access = await findAccess({ ...request({ file: base }), cwd: '/' });
    expect(access).toMatchObject({
      context: 'a',
      namespace: 'ns-a',
      serverName: 'api.one',
      insecureSkipVerify: false,
    });
    expect(access.server.href).toBe('https://one.example:6443/');
    expect(access.ca?.toString()).toBe('CA');
    const { cert, key, headers } = await access.credentials.get();
    expect([cert?.toString(), key?.toString(), headers]).toEqual(['CERT', 'KEY', {}]);
  });

  it.each([
    ['b', { authorization: 'Bearer abc' }],
    ['basic', { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` }],
    ['file', { authorization: 'Bearer from-file' }],
    ['anonymous', {}],
  ])('context %s', async (context, headers) => {
    const access = await findAccess(request({ file: base, context }));
    expect((await access.credentials.get()).headers).toEqual(headers);
  });

  it('takes namespace and context from the flags, proxy and verification from the cluster', async () => {
    const access = await findAccess(request({ file: base, context: 'b', namespace: 'mine' }));
    expect(access).toMatchObject({ namespace: 'mine', insecureSkipVerify: true });
    expect(access.proxy?.host).toBe('proxy:3128');
  });

  it('merges the files of KUBECONFIG: the first that has a name wins, missing ones are skipped', async () => {
    const first = file('contexts:\n- name: a\n  context: {cluster: two, user: token, namespace: first}\n');
    const env = { KUBECONFIG: [first, join(folder, 'missing'), base].join(':') };
    const access = await findAccess(request({ env }));
    expect(access).toMatchObject({ context: 'a', namespace: 'first' });
    expect(access.server.host).toBe('two.example');
  });

  it('names the kubeconfig, and what to do with it, where it is no YAML', async () => {
    const bad = file('a: [\n');
    await expect(findAccess(request({ file: bad }))).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      subject: expect.stringContaining(bad),
      message: expect.stringContaining('is not valid YAML'),
      hint: expect.stringContaining('kubectl config view'),
    });
  });

  it('falls back to ~/.kube/config', async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, '.kube'), { recursive: true });
    writeFileSync(join(home, '.kube', 'config'), BASE);
    expect((await findAccess(request({ homeDir: home }))).context).toBe('a');
  });

  it.each([
    ['no such context', { context: 'zzz' }, 'there is no context zzz; there are: a, b, basic'],
    [
      'a context with an unknown cluster',
      { context: 'lost' },
      'there is no cluster nowhere, which the context lost names',
    ],
    ['a dropped auth provider', { context: 'old' }, 'auth-provider gcp'],
    ['a file that is not there', { file: 'none' }, 'does not exist'],
    ['a folder', { file: '.' }, 'is a folder, and a file is expected'],
    ['KUBECONFIG of missing files', { file: undefined, env: { KUBECONFIG: '/none' } }, 'none of the files'],
    ['nothing at all', { file: undefined, homeDir: join(folder, 'empty') }, 'there is no kubeconfig'],
    ['a list', { file: file('- a\n') }, 'a map is expected'],
    ['no current context', { file: file('clusters: []\n') }, 'no context is chosen'],
    [
      'a server that is no address',
      {
        file: file(
          'current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: nope}}]\n',
        ),
      },
      'is not an address: nope',
    ],
  ])('refuses %s', async (_, more, message) => {
    await expect(findAccess(request({ file: base, ...more }))).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('exec plugins', () => {
  function plugin(script: string, extra = ''): string {
    const program = join(folder, `plugin-${count++}`);
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return config(`./${program.slice(folder.length + 1)}`, extra);
  }
  const config = (command: string, extra = '') =>
    file(`
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://c"}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ${command}
      args: [one]
      env: [{name: EXTRA, value: two}]
      ${extra}
`);

  it('runs the program with its arguments, environment and cluster info, and keeps the token until it ends', async () => {
    const path = plugin(
      `echo x >> ${folder}/runs; echo "{\\"status\\":{\\"token\\":\\"$1-$EXTRA-$(echo $KUBERNETES_EXEC_INFO | grep -c https://c/)\\"}}"`,
      'provideClusterInfo: true',
    );
    const { credentials } = await findAccess(request({ file: path, env: { PATH: process.env['PATH'] } }));
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer one-two-1' });
    await credentials.get();
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('x\n');
    expect(credentials.renew()).toBe(true);
    await credentials.get();
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('x\nx\n');
  });

  it.each([
    [
      'not installed',
      () => config('no-such-plugin', 'installHint: get it from the vendor'),
      'is not installed here',
      'get it from the vendor',
    ],
    [
      'a failure',
      () => plugin('echo login first >&2; exit 3'),
      'ended with status 3: login first',
      'Run it by hand',
    ],
    ['no JSON', () => plugin('echo hello'), 'not JSON', 'Run it by hand'],
    ['nothing in it', () => plugin('echo "{}"'), 'neither a token', 'Run it by hand'],
  ])('says what is wrong: %s', async (_, make, message, hint) => {
    const { credentials } = await findAccess(request({ file: make(), env: { PATH: process.env['PATH'] } }));
    await expect(credentials.get()).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
      subject: expect.stringContaining('user u'),
    });
  });
});

describe('in a pod', () => {
  it("uses the pod's account", async () => {
    const account = join(folder, 'account');
    mkdirSync(account);
    writeFileSync(join(account, 'token'), 'tok');
    writeFileSync(join(account, 'ca.crt'), 'CA');
    writeFileSync(join(account, 'namespace'), 'mine');
    const access = await inClusterAccess(
      { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
      undefined,
      account,
    );
    expect(access).toMatchObject({ namespace: 'mine', context: 'in-cluster' });
    expect(access?.server.host).toBe('[fd00::1]');
    expect((await access?.credentials.get())?.headers).toEqual({ authorization: 'Bearer tok' });
  });

  it('is none outside of one', async () => {
    expect(await inClusterAccess({}, undefined, folder)).toBeUndefined();
  });

  it('reads a token again after a minute', async () => {
    const path = file('t1');
    let now = 0;
    const source = tokenFileSource(path, 'me', () => now);
    await source.get();
    writeFileSync(path, 't2');
    expect((await source.get()).headers['authorization']).toBe('Bearer t1');
    now = 61_000;
    expect((await source.get()).headers['authorization']).toBe('Bearer t2');
  });
});
