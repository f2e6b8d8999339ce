import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openApp, type TestApp } from '../../../test/support/registry-app.ts';
import { digestOf } from '../../oci/index.ts';
import type { AuthOptions } from './make.ts';

let app: TestApp | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function open(auth: AuthOptions): Promise<TestApp> {
  app = await openApp({ auth });
  return app;
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const BYTES = Buffer.from('content');
const DIGEST = digestOf(BYTES);
const READ = ['GET', '/v2/a/tags/list'] as const;
const WRITE = ['POST', '/v2/a/blobs/uploads/'] as const;

describe('Basic', () => {
  const users = { ada: 'correct: horse', "o'bob": 'pässword' };

  it.each<readonly [string, Record<string, string>, number]>([
    ['nothing', {}, 401],
    ['the right password', basic('ada', 'correct: horse'), 404],
    ['a password beyond ASCII', basic("o'bob", 'pässword'), 404],
    ['a wrong password', basic('ada', 'wrong'), 401],
    ['an unknown user', basic('eve', 'correct: horse'), 401],
    ['no colon', { authorization: `Basic ${Buffer.from('ada').toString('base64')}` }, 401],
    ['another scheme', { authorization: 'Bearer x' }, 401],
    ['nonsense', { authorization: 'Basic !' }, 401],
  ])('with %s', async (_name, headers, status) => {
    const told = await (await open({ users })).ask(...READ, { headers });
    expect(told.status).toBe(status);
    if (status === 401) {
      expect(told.codes).toEqual(['UNAUTHORIZED']);
      expect(told.headers['www-authenticate']).toBe('Basic realm="sallyport registry", charset="UTF-8"');
      expect(told.body.toString()).not.toContain('horse');
    }
  });

  it('lets anonymous clients read, not write, and still tells at /v2/ how to log in', async () => {
    const it = await open({ users, anonymousRead: true });
    expect((await it.ask(...READ)).status).toBe(404);
    expect((await it.ask(...READ, { headers: basic('', '') })).status).toBe(404);
    expect((await it.ask(...WRITE)).status).toBe(401);
    expect((await it.ask(...WRITE, { headers: basic('', '') })).status).toBe(401);
    expect((await it.ask('GET', '/v2/')).status).toBe(401);
    expect((await it.ask(...READ, { headers: basic('ada', 'wrong') })).status).toBe(401);
    expect((await it.ask('GET', '/healthz')).status).toBe(200);
  });

  it('reads an htpasswd file', async () => {
    const sha = `{SHA}${createHash('sha1').update('secret').digest('base64')}`;
    const it = await open({ htpasswd: `# users\r\nada:${sha}\r\n\r\n` });
    expect((await it.ask(...READ, { headers: basic('ada', 'secret') })).status).toBe(404);
    expect((await it.ask(...READ, { headers: basic('ada', 'other') })).status).toBe(401);
  });

  it.each([
    // Written by `htpasswd -B` at several costs, and by another implementation with its own prefix.
    ['$2y$05$kK5XvJXkhtCaaA/TNZZHqetR3Yw.9rBbpFPlfwIDDaEP/0ZNo4OPa', 'correct horse'],
    ['$2y$10$p7lutThqtoVmZPB36sx67.qZGHKftKFyiKCVeCnEVihQ7GKUbEFHm', 'pässword'],
    ['$2y$04$lxza0lf8opeDoWj8arW/5.JGZ1W/PtzrSg2RBlGGtW8vVvwTCkMaa', ''],
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ])('reads the bcrypt hash %s', async (hash, password) => {
    const it = await open({ htpasswd: `ada:${hash}` });
    const status = async (given: string) => (await it.ask(...READ, { headers: basic('ada', given) })).status;
    expect([await status(`${password}x`), await status(password), await status(password)]).toEqual([
      401, 404, 404,
    ]);
    expect(await status(`${password}x`)).toBe(401);
  });

  it.each(['ada', ':x', 'ada:$apr1$x$y', 'ada:plain'])(
    'refuses the htpasswd line %s without showing it',
    async (line) => {
      await expect(open({ htpasswd: line })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        subject: 'htpasswd line 1',
      });
    },
  );
});

describe('rules', () => {
  const users = { ada: 'a', bob: 'b' };
  const rules = [
    { repositories: 'team/**', who: ['ada'], actions: ['pull', 'push'] },
    { repositories: 'team/*/public', who: 'users', actions: ['pull'] },
    { repositories: 'open', who: 'anyone', actions: ['pull'] },
  ] as const;

  it.each([
    ['ada', 'POST', '/v2/team/x/y/blobs/uploads/', 202],
    ['ada', 'POST', '/v2/team/blobs/uploads/', 202],
    ['ada', 'POST', '/v2/teams/blobs/uploads/', 403],
    ['ada', 'DELETE', '/v2/team/x/manifests/v1', 403],
    ['bob', 'GET', '/v2/team/x/public/tags/list', 404],
    ['bob', 'GET', '/v2/team/x/y/public/tags/list', 403],
    ['bob', 'GET', '/v2/open/tags/list', 404],
    ['bob', 'GET', '/v2/_catalog', 403],
    [undefined, 'GET', '/v2/open/tags/list', 404],
    [undefined, 'GET', '/v2/team/x/tags/list', 401],
  ] as const)('%s: %s %s is %i', async (user, method, url, status) => {
    const it = await open({ users, rules });
    const headers = user === undefined ? {} : basic(user, users[user]);
    expect((await it.ask(method, url, { headers })).status).toBe(status);
  });

  it('keep a blob of a repository that the client may not read from being mounted', async () => {
    const it = await open({
      users,
      rules: [
        { repositories: 'ada', who: ['ada'], actions: ['pull', 'push'] },
        { repositories: 'bob', who: ['bob'], actions: ['pull', 'push'] },
      ],
    });
    await it.ask('POST', `/v2/ada/blobs/uploads/?digest=${DIGEST}`, {
      body: BYTES,
      headers: basic('ada', 'a'),
    });
    for (const from of ['', '&from=ada'])
      expect(
        (
          await it.ask('POST', `/v2/bob/blobs/uploads/?mount=${DIGEST}${from}`, {
            headers: basic('bob', 'b'),
          })
        ).status,
      ).toBe(202);
  });
});

describe('tokens', () => {
  const users = { ada: 'a' };
  let now = 1_700_000_000_000;

  async function token(
    it: TestApp,
    query: string,
    headers: Record<string, string> = basic('ada', 'a'),
  ): Promise<Record<string, string>> {
    const told = await it.ask('GET', `/token?${query}`, { headers });
    expect(told.status).toBe(200);
    const { token, access_token, expires_in } = JSON.parse(told.body.toString()) as Record<string, unknown>;
    expect([access_token, expires_in]).toEqual([token, 300]);
    return { authorization: `Bearer ${String(token)}` };
  }

  it('are asked for with the scope that is needed', async () => {
    const it = await open({ users, mode: 'bearer' });
    const challenge = async (method: string, url: string, headers = {}) =>
      (await it.ask(method, url, { headers })).headers['www-authenticate'];
    const start = 'Bearer realm="http://registry.test/token",service="sallyport registry"';
    expect(await challenge('GET', '/v2/')).toBe(start);
    expect(await challenge(...READ)).toBe(`${start},scope="repository:a:pull"`);
    expect(await challenge(...WRITE)).toBe(`${start},scope="repository:a:pull,push"`);
    expect(await challenge('DELETE', '/v2/a/manifests/v1')).toBe(`${start},scope="repository:a:delete"`);
    expect(await challenge('GET', '/v2/_catalog')).toBe(`${start},scope="registry:catalog:*"`);
    expect(await challenge(...READ, { authorization: 'Bearer forged.token' })).toContain(
      'error="invalid_token"',
    );
    expect(await challenge('POST', `/v2/a/blobs/uploads/?mount=${DIGEST}&from=b`)).toContain(
      'scope="repository:a:pull,push repository:b:pull"',
    );
  });

  it('grant what they were asked for and no more', async () => {
    const it = await open({ users, mode: 'bearer' });
    const read = await token(it, 'service=x&scope=repository:a:pull');
    expect((await it.ask(...READ, { headers: read })).status).toBe(404);
    expect((await it.ask('GET', '/v2/', { headers: read })).status).toBe(200);
    for (const [method, url] of [WRITE, ['GET', '/v2/b/tags/list'], ['GET', '/v2/_catalog']] as const) {
      const told = await it.ask(method, url, { headers: read });
      expect([told.status, told.headers['www-authenticate']]).toEqual([
        401,
        expect.stringContaining('insufficient_scope'),
      ]);
    }
    const all = await token(it, 'scope=repository:a:pull,push%20repository:b:*&scope=registry:catalog:*');
    for (const [method, url] of [WRITE, ['POST', '/v2/b/blobs/uploads/'], ['GET', '/v2/_catalog']] as const)
      expect((await it.ask(method, url, { headers: all })).status).toBeLessThan(300);
  });

  it('end', async () => {
    const it = await open({ users, mode: 'bearer', now: () => now });
    const headers = await token(it, 'scope=repository:a:pull');
    now += 299_000;
    expect((await it.ask(...READ, { headers })).status).toBe(404);
    now += 1_000;
    expect((await it.ask(...READ, { headers })).headers['www-authenticate']).toContain('invalid_token');
  });

  it('cannot be changed', async () => {
    const it = await open({ users, mode: 'bearer' });
    const { authorization = '' } = await token(it, 'scope=repository:a:pull');
    const [claims = '', mark = ''] = authorization.replace('Bearer ', '').split('.');
    const text = Buffer.from(claims, 'base64url').toString().replace('"pull"', '"push","pull"');
    const forged = `Bearer ${Buffer.from(text).toString('base64url')}.${mark}`;
    expect((await it.ask(...WRITE, { headers: { authorization: forged } })).status).toBe(401);
  });

  it('are given to the anonymous for what anyone may, and to nobody with a wrong password', async () => {
    const it = await open({ users, mode: 'bearer', anonymousRead: true });
    const headers = await token(it, 'scope=repository:a:pull,push', {});
    expect((await it.ask(...READ, { headers })).status).toBe(404);
    expect((await it.ask(...WRITE, { headers })).status).toBe(401);
    expect((await it.ask('GET', '/token?scope=x', { headers: basic('ada', 'wrong') })).status).toBe(401);
    expect(
      (await it.ask('GET', '/token?scope=repository:__proto__:pull', { headers: basic('ada', 'a') })).status,
    ).toBe(200);
  });

  it('can be had by a form, as some clients do', async () => {
    const it = await open({ users, mode: 'bearer' });
    const post = (form: Record<string, string>) =>
      it.ask('POST', '/token', { body: new URLSearchParams(form).toString() });
    const form = { grant_type: 'password', username: 'ada', password: 'a', scope: 'repository:a:pull' };
    const told = await post(form);
    const { access_token: issued } = JSON.parse(told.body.toString()) as { access_token: string };
    expect((await it.ask(...READ, { headers: { authorization: `Bearer ${issued}` } })).status).toBe(404);
    expect((await post({ ...form, password: 'wrong' })).status).toBe(401);
    expect((await post({ ...form, grant_type: 'refresh_token' })).status).toBe(400);
  });

  it('mount across repositories only what the user may read', async () => {
    const it = await open({ users, mode: 'bearer' });
    const both = await token(it, 'scope=repository:a:pull,push%20repository:b:pull,push');
    await it.ask('POST', `/v2/b/blobs/uploads/?digest=${DIGEST}`, { body: BYTES, headers: both });
    const narrow = await token(it, 'scope=repository:a:pull,push');
    const mount = `/v2/a/blobs/uploads/?mount=${DIGEST}&from=b`;
    expect((await it.ask('POST', mount, { headers: narrow })).status).toBe(401);
    expect((await it.ask('POST', mount, { headers: both })).status).toBe(201);
  });
});
