import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleBundle, writeBundle } from '../../test/support/bundles.ts';
import { testContext } from '../../test/support/workflow-context.ts';
import { type BundleServeOptions, serveBundle } from './bundle-serve.ts';
import { parseRule } from './offer.ts';
import { openRegistries } from './registries.ts';
import { type ServeOptions, serveRegistry } from './serve.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-serve-'));
  // The password is `secret`.
  writeFileSync(
    join(dir, 'users'),
    'alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nci:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n',
  );
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const DEFAULTS: ServeOptions = {
  dir: 'data',
  host: '127.0.0.1',
  port: 0,
  tlsGenerate: false,
  tlsNames: [],
  allow: [],
  anonymousRead: false,
  readOnly: false,
  writeLine: () => undefined,
};

describe('options that do not go together', () => {
  it.each<[string, Partial<ServeOptions>, object]>([
    ['half a certificate', { tlsCert: 'a.crt' }, { code: 'USAGE', subject: 'a.crt' }],
    [
      'two certificates',
      { tlsCert: 'a.crt', tlsKey: 'a.key', tlsGenerate: true },
      { code: 'CONFLICTING_OPTIONS', subject: '--tls-generate' },
    ],
    ['names for nothing', { tlsNames: ['a.example'] }, { code: 'USAGE', subject: '--tls-name' }],
    [
      'a URL as a name',
      { tlsGenerate: true, tlsNames: ['https://a'] },
      { code: 'USAGE', subject: 'https://a' },
    ],
    ['anonymous reading without users', { anonymousRead: true }, { subject: '--anonymous-read' }],
    ['rules without users', { allow: ['users:all:**'] }, { subject: '--allow' }],
    ['tokens without users', { auth: 'token' }, { subject: '--auth' }],
    ['huge manifests', { limits: { manifestBytes: 1e9 } }, { code: 'USAGE', subject: '--max-manifest' }],
    ['users that are not there', { htpasswd: 'nobody' }, { code: 'FILE_NOT_FOUND', subject: 'nobody' }],
    ['a log that cannot be written', { accessLog: 'no/such/log' }, { code: 'FILE_WRITE_FAILED' }],
  ])('%s', async (_name, options, error) => {
    await expect(serveRegistry(testContext(dir), { ...DEFAULTS, ...options })).rejects.toMatchObject(error);
  });
});

describe('a rule', () => {
  it.each([
    [
      'alice,bob:pull,push:team-a/**',
      { who: ['alice', 'bob'], actions: ['pull', 'push'], repositories: 'team-a/**' },
    ],
    ['anyone:pull:public/*', { who: 'anyone', actions: ['pull'], repositories: 'public/*' }],
    ['users:all:**', { who: 'users', actions: ['pull', 'push', 'delete'], repositories: '**' }],
  ])('%s', (text, rule) => expect(parseRule(text)).toEqual(rule));

  it.each([
    '',
    'alice',
    'alice:pull',
    ':pull:a',
    'alice::a',
    'alice:read:a',
    'alice:pull,x:a',
    'a:pull:A/B',
    'a:pull:b:c',
    'a,:pull:b',
  ])('not %s', (text) => expect(() => parseRule(text)).toThrow('is not a rule'));
});

describe('a registry for a network', () => {
  it('keeps users to their repositories and writes down who came', async () => {
    const running = await serveRegistry(testContext(dir), {
      ...DEFAULTS,
      htpasswd: 'users',
      allow: ['ci:pull,push:team/**', 'alice:all:**'],
      accessLog: 'access.log',
    });
    const start = (user: string, name: string) =>
      fetch(`${running.url}/v2/${name}/blobs/uploads/`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${user}:secret`).toString('base64')}` },
      }).then(({ status }) => status);
    try {
      expect(await start('ci', 'team/x')).toBe(202);
      expect(await start('ci', 'other')).toBe(403);
      expect(await start('alice', 'other')).toBe(202);
      expect(await start('mallory', 'other')).toBe(401);
    } finally {
      await running.close({ graceMs: 0 });
    }
    const lines = readFileSync(join(dir, 'access.log'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^127\.0\.0\.1 - ci \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "POST \/v2\/team\/x\/blobs\/uploads\/ HTTP\/1\.1" 202 0 "-" "[^"]+" 0 \d+$/,
    );
  });

  it('names the file of a password that it cannot use, and users of rules that are nowhere', async () => {
    const context = testContext(dir);
    const allow = ['ci:pull:**', 'cj:push:**'];
    await (await serveRegistry(context, { ...DEFAULTS, htpasswd: 'users', allow })).close({ graceMs: 0 });
    expect(context.events).toEqual([expect.objectContaining({ level: 'warning', subject: '--allow cj' })]);
    writeFileSync(join(dir, 'old'), 'ci:$apr1$MQenUDpE$vitO5afoJgSeHMEzGJBy5/\n');
    await expect(serveRegistry(context, { ...DEFAULTS, htpasswd: 'old' })).rejects.toMatchObject({
      subject: 'old line 1',
    });
  });

  it('says what stands open', async () => {
    const warnings = async (options: Partial<ServeOptions>) => {
      const context = testContext(dir);
      await (await serveRegistry(context, { ...DEFAULTS, host: '0.0.0.0', ...options })).close({
        graceMs: 0,
      });
      return context.events.map((event) => (event.type === 'note' ? event.message : ''));
    };
    expect(await warnings({})).toEqual([expect.stringContaining('may push and delete')]);
    expect(await warnings({ htpasswd: 'users' })).toEqual([expect.stringContaining('in the clear')]);
    expect(await warnings({ readOnly: true })).toEqual([]);
    expect(await warnings({ htpasswd: 'users', tlsGenerate: true })).toEqual([]);
  });
});

describe('a bundle for a network', () => {
  it('is read by users alone, over TLS with a certificate that is kept, and says who came', async () => {
    const bundle = await writeBundle(sampleBundle('network', 9000));
    const { dir: _, readOnly: __, ...offer } = DEFAULTS;
    const serve = () =>
      serveBundle(testContext(dir), {
        ...offer,
        file: bundle,
        tellRequests: false,
        htpasswd: 'users',
        tlsGenerate: true,
        accessLog: 'access.log',
      });
    const files: (string | undefined)[] = [];
    for (const password of ['secret', 'wrong']) {
      const serving = await serve();
      files.push(serving.caFile);
      writeFileSync(join(dir, 'auth.json'), authFile(serving.registry, `alice:${password}`));
      const registries = openRegistries(testContext(dir), {
        [serving.registry]: { caFile: serving.caFile ?? '', authFile: join(dir, 'auth.json') },
      });
      const pulled = registries
        .target({ registry: serving.registry, repository: 'team/app' })
        .readManifest('1');
      try {
        if (password === 'secret') expect((await pulled).view.kind).toBe('index');
        else await expect(pulled).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      } finally {
        registries.close();
        await serving.close({ graceMs: 0 });
      }
    }
    expect(files[1]).toBe(files[0]);
    expect(readFileSync(join(dir, 'access.log'), 'utf8')).toContain(' alice [');
  });

  it('warns of passwords in the clear and of nothing that cannot happen', async () => {
    const file = await writeBundle(sampleBundle('network', 9000));
    const { dir: _, readOnly: __, ...offer } = DEFAULTS;
    const warnings = async (more: Partial<BundleServeOptions>) => {
      const context = testContext(dir);
      const options = { ...offer, host: '0.0.0.0', file, tellRequests: false, ...more };
      await (await serveBundle(context, options)).close({ graceMs: 0 });
      return context.events.map((event) => (event.type === 'note' ? event.message : ''));
    };
    expect(await warnings({})).toEqual([]);
    expect(await warnings({ htpasswd: 'users' })).toEqual([expect.stringContaining('in the clear')]);
  });
});

function authFile(host: string, login: string): string {
  return JSON.stringify({ auths: { [host]: { auth: Buffer.from(login).toString('base64') } } });
}
