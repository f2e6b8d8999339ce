import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startRecordingProxy } from '../../test/support/recording-proxy.ts';
import { failureOf, question } from '../../test/support/registry-session.ts';
import {
  type RawReply,
  type Reply,
  type ScriptRow,
  type ScriptServer,
  startScriptServer,
} from '../../test/support/script-server.ts';
import type { SallyportEvent } from '../base/index.ts';
import { createHttpClient, type HttpClient } from '../http/index.ts';
import { createAuthorizer } from './auth/authorizer.ts';
import { type Credentials, createRegistrySessions, createRepository, type RegistrySession } from './index.ts';

/** What a hostile or careless registry may try (registry-client note 4.14). Each case looks at what other hosts got to see. */

let cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  const all = cleanups;
  cleanups = [];
  for (const cleanup of all.reverse()) await cleanup();
});

const CREDENTIALS: Credentials = {
  kind: 'password',
  username: 'user',
  password: 'hunter2',
  origin: 'auth.json',
};
const PATH = '/v2/a/b/manifests/1';

async function server(...rows: readonly ScriptRow[]): Promise<ScriptServer> {
  const started = await startScriptServer(rows);
  cleanups.push(() => started.close());
  return started;
}

function sessionTo(
  registry: string,
  http: HttpClient = createHttpClient({ userAgent: 't' }),
): RegistrySession {
  cleanups.push(() => http.close());
  return createRegistrySessions({
    http,
    clock: fakeClock(),
    credentials: { lookup: async () => CREDENTIALS },
    registryConfig: () => ({ plainHttp: true }),
  }).session(registry);
}

/** A registry on the public internet, as far as its name says: reached through a proxy that leads to a scripted server. */
async function publicRegistry(
  ...rows: readonly ScriptRow[]
): Promise<{ session: RegistrySession; proxySeen: readonly string[] }> {
  const target = await server(...rows);
  const proxy = await startRecordingProxy({
    routes: { 'registry.example:80': target.host, 'storage.example:80': target.host },
  });
  cleanups.push(() => proxy.close());
  return {
    session: sessionTo(
      'registry.example',
      createHttpClient({ userAgent: 't', env: { HTTP_PROXY: proxy.origin } }),
    ),
    proxySeen: proxy.seen,
  };
}

const asksBasic: ScriptRow = {
  method: 'GET',
  path: PATH,
  when: ({ headers }) => headers.authorization === undefined,
  reply: { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
};

describe('credentials stay with the origin that asked for them', () => {
  it.each([
    ['another port', (other: ScriptServer) => other.origin],
    ['another name', (other: ScriptServer) => other.origin.replace('127.0.0.1', 'localhost')],
  ])('at a redirect to %s', async (_name, addressOf) => {
    const other = await server({ method: 'GET', path: '/blob?sig=1', reply: { status: 200, body: 'x' } });
    const registry = await server(asksBasic, {
      method: 'GET',
      path: PATH,
      reply: { status: 307, headers: { location: `${addressOf(other)}/blob?sig=1` } },
    });
    const response = await sessionTo(registry.host).send(
      question({ headers: { accept: 'a/b', range: 'bytes=5-', cookie: 'c=1', 'x-own': '1' } }),
    );
    response.body.destroy();
    expect(registry.requests.at(-1)?.headers.authorization).toContain('Basic ');
    const [seen] = other.requests;
    expect(seen?.headers).toMatchObject({ accept: 'a/b', range: 'bytes=5-' });
    for (const name of ['authorization', 'cookie', 'x-own']) expect(seen?.headers[name]).toBeUndefined();
  });

  it('at an upload location on another host', async () => {
    const other = await server({ method: 'PUT', path: '/upload?state=1', reply: { status: 201 } });
    const registry = await server(asksBasic, { method: 'GET', path: PATH, reply: { status: 200 } });
    const session = sessionTo(registry.host);
    await session.send(question());
    await session.send(
      question({
        method: 'PUT',
        url: new URL(`${other.origin}/upload?state=1`),
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.from('x'),
        expect: [201],
      }),
    );
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(other.requests[0]?.headers['content-type']).toBe('application/octet-stream');
  });

  it('and come back when the way leads back', async () => {
    const registry = await server(
      asksBasic,
      {
        method: 'GET',
        path: PATH,
        reply: () => ({ status: 302, headers: { location: `${other.origin}/away` } }),
      },
      {
        method: 'GET',
        path: '/back',
        reply: ({ headers }) => ({ status: headers.authorization === undefined ? 401 : 200 }),
      },
    );
    const other: ScriptServer = await server({
      method: 'GET',
      path: '/away',
      reply: () => ({ status: 302, headers: { location: `${registry.origin}/back` } }),
    });
    expect((await sessionTo(registry.host).send(question())).status).toBe(200);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['Basic', 'Basic realm="give me"'],
    ['Bearer at the registry it came from', undefined],
  ])('even when the other host asks for %s', async (_name, challenge) => {
    const registry = await server(
      asksBasic,
      {
        method: 'GET',
        path: PATH,
        reply: () => ({ status: 302, headers: { location: `${other.origin}/blob` } }),
      },
      { method: 'GET', path: /^\/token/, reply: { status: 200, body: '{"token":"t"}' } },
    );
    const other: ScriptServer = await server({
      method: 'GET',
      path: '/blob',
      reply: () => ({
        status: 401,
        headers: { 'www-authenticate': challenge ?? `Bearer realm="${registry.origin}/token"` },
      }),
    });
    expect(await failureOf(sessionTo(registry.host).send(question()))).toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(other.requests.map(({ headers }) => headers.authorization ?? '').join()).not.toContain('Basic');
    for (const { headers } of registry.requests.filter(({ path }) => path.startsWith('/token')))
      expect(headers.authorization).toBeUndefined();
  });

  it('but the other host may ask for an anonymous token of its own, which only it gets', async () => {
    const other = await server(
      {
        method: 'GET',
        path: '/blob',
        when: ({ headers }) => headers.authorization === 'Bearer anonymous',
        reply: { status: 200, body: 'x' },
      },
      {
        method: 'GET',
        path: '/blob',
        reply: { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
      },
      {
        method: 'GET',
        path: /^\/token/,
        when: ({ headers }) => headers.authorization === undefined,
        reply: { status: 200, body: '{"token":"anonymous"}' },
      },
    );
    const registry = await server(asksBasic, {
      method: 'GET',
      path: PATH,
      reply: { status: 302, headers: { location: `${other.origin}/blob` } },
    });
    const session = sessionTo(registry.host);
    for (let i = 0; i < 2; i++) (await session.send(question())).body.destroy();
    expect(registry.requests.map(({ headers }) => headers.authorization ?? '').join()).not.toContain(
      'anonymous',
    );
  });

  it('when a token service sends us on, and when it asks for the refresh token elsewhere', async () => {
    const other = await server({
      method: 'GET',
      path: '/token',
      reply: { status: 200, body: '{"token":"t"}' },
    });
    const registry = await server(
      {
        method: 'GET',
        path: PATH,
        when: ({ headers }) => headers.authorization === 'Bearer t',
        reply: { status: 200 },
      },
      {
        method: 'GET',
        path: PATH,
        reply: { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
      },
      {
        method: 'GET',
        path: /^\/token/,
        reply: { status: 302, headers: { location: `${other.origin}/token` } },
      },
    );
    await sessionTo(registry.host).send(question());
    expect(registry.requests.find(({ path }) => path.startsWith('/token'))?.headers.authorization).toContain(
      'Basic',
    );
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('nobody is sent to this machine', () => {
  it.each([
    'http://127.0.0.1:2379/v2/keys',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://0.0.0.0:8080/',
  ])('by a redirect to %s', async (location) => {
    const { session, proxySeen } = await publicRegistry({
      method: 'GET',
      path: PATH,
      reply: { status: 302, headers: { location } },
    });
    expect(await failureOf(session.send(question()))).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(proxySeen).toHaveLength(1);
  });

  it('by the realm of a challenge', async () => {
    const { session, proxySeen } = await publicRegistry({
      method: 'GET',
      path: PATH,
      reply: { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://169.254.169.254/token"' } },
    });
    const error = await failureOf(session.send(question()));
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(error.message).toContain('token address');
    expect(proxySeen).toHaveLength(1);
  });

  it('by an upload location', async () => {
    const { session, proxySeen } = await publicRegistry();
    expect(
      await failureOf(
        session.send(
          question({ method: 'PUT', url: new URL('http://127.0.0.1:9000/upload'), expect: [201] }),
        ),
      ),
    ).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(proxySeen).toHaveLength(0);
  });

  it('by a second redirect behind a harmless one', async () => {
    const { session } = await publicRegistry(
      {
        method: 'GET',
        path: PATH,
        reply: { status: 302, headers: { location: 'http://storage.example/x' } },
      },
      { method: 'GET', path: '/x', reply: { status: 302, headers: { location: 'http://127.0.0.1/' } } },
    );
    expect(await failureOf(session.send(question()))).toMatchObject({ code: 'REDIRECT_REFUSED' });
  });
});

describe('TLS is not left', () => {
  const never: HttpClient = {
    send: async ({ url }) => {
      throw new Error(`asked ${url.href}`);
    },
    close: () => {},
  };

  it('for a token', async () => {
    const base = new URL('https://registry.example/');
    const authorizer = createAuthorizer({
      http: never,
      clock: fakeClock(),
      base,
      lookup: async () => CREDENTIALS,
    });
    const response = {
      url: new URL(PATH, base),
      headers: { 'www-authenticate': 'Bearer realm="http://auth.example/token"' },
    };
    const error = await failureOf(authorizer.answer(response, [], undefined));
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(error.message).toContain('leave TLS');
  });

  it('for a location', async () => {
    const session = createRegistrySessions({
      http: never,
      credentials: { lookup: async () => CREDENTIALS },
    }).session('registry.example');
    expect(
      await failureOf(
        session.send(question({ method: 'PUT', url: new URL('http://registry.example/u'), expect: [201] })),
      ),
    ).toMatchObject({ code: 'REDIRECT_REFUSED' });
  });
});

describe('answers without end are cut', () => {
  const endless = (status: number, ...[response]: Parameters<RawReply>): void => {
    response.writeHead(status, { 'content-type': 'text/html' });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };

  it('of an error', async () => {
    const registry = await server({ method: 'GET', path: PATH, raw: (...it) => endless(404, ...it) });
    const error = await failureOf(sessionTo(registry.host).send(question()));
    expect(error.facts).toMatchObject({ status: 404 });
    expect(error.message.length).toBeLessThan(500);
  });

  it('of a manifest', async () => {
    const registry = await server({ method: 'GET', path: PATH, raw: (...it) => endless(200, ...it) });
    expect(await failureOf(sessionTo(registry.host).read(question(), 1_000_000))).toMatchObject({
      code: 'REGISTRY_PROTOCOL',
    });
  });
});

describe('a hostile text', () => {
  const ESCAPE = '\u001b]0;owned\u0007\u001b[2J\u202e';
  const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

  it.each<[string, Partial<Reply>]>([
    ['of an error', { body: JSON.stringify({ errors: [{ code: `X${ESCAPE}`, message: ESCAPE }] }) }],
    ['of a page', { headers: { 'content-type': 'text/html' }, body: `<h1>${ESCAPE}</h1>` }],
    ['of no kind', { body: ESCAPE }],
  ])('%s reaches no terminal', async (_name, reply) => {
    const registry = await server({ method: 'GET', path: PATH, reply: { status: 400, ...reply } });
    const error = await failureOf(sessionTo(registry.host).send(question()));
    expect(`${error.subject ?? ''}${error.message}${error.hint}${JSON.stringify(error.facts)}`).not.toMatch(
      CONTROL,
    );
  });

  it('of a warning reaches no terminal, however it is quoted', async () => {
    const registry = await server({
      method: 'GET',
      path: PATH,
      reply: { status: 200, headers: { warning: '299 - "buy \\\u0085now\\""' } },
    });
    const events: SallyportEvent[] = [];
    const http = createHttpClient({ userAgent: 't' });
    cleanups.push(() => http.close());
    const sessions = createRegistrySessions({
      http,
      emit: (event) => void events.push(event),
      credentials: { lookup: async () => undefined },
      registryConfig: () => ({ plainHttp: true }),
    });
    (await sessions.session(registry.host).send(question())).body.resume();
    expect(JSON.stringify(events)).not.toMatch(CONTROL);
  });

  it('that stands for a tag is no tag', async () => {
    const registry = await server({
      method: 'GET',
      path: /tags\/list/,
      reply: { status: 200, body: JSON.stringify({ tags: ['1', ESCAPE, '../x', 'a b', 7, null, '-x'] }) },
    });
    expect(await repositoryOf(registry).listTags()).toEqual(['1']);
  });

  it.each([
    'sha256:../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
    'sha256:',
    `md5:${'0'.repeat(32)}`,
    '../x',
  ])('that stands for a digest is never asked for: %s', async (digest) => {
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 2 }],
    };
    const registry = await server({
      method: 'GET',
      path: PATH,
      reply: { status: 200, headers: { 'content-type': manifest.mediaType }, body: JSON.stringify(manifest) },
    });
    expect(await failureOf(repositoryOf(registry).readManifest('1'))).toMatchObject({
      code: 'MANIFEST_INVALID',
    });
    expect(registry.lines()).toEqual([`GET ${PATH}`]);
  });
});

describe('lists without end are cut', () => {
  it.each([
    ['that go round', () => '</v2/a/b/tags/list?n=1>; rel="next"'],
    ['that go on and on', (page: number) => `</v2/a/b/tags/list?n=1&last=${page}>; rel="next"`],
  ])('%s', async (_name, link) => {
    let page = 0;
    const registry = await server({
      method: 'GET',
      path: /tags\/list/,
      reply: () => ({ status: 200, headers: { link: link(page++) }, body: '{"tags":["1"]}' }),
    });
    expect(await failureOf(repositoryOf(registry).listTags())).toMatchObject({ code: 'REGISTRY_PROTOCOL' });
    expect(registry.requests.length).toBeLessThanOrEqual(1001);
  });

  it('and do not lead to another server', async () => {
    const other = await server();
    const registry = await server({
      method: 'GET',
      path: /tags\/list/,
      reply: { status: 200, headers: { link: `<${other.origin}/next>; rel="next"` }, body: '{"tags":["1"]}' },
    });
    expect(await failureOf(repositoryOf(registry).listTags())).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(other.requests).toHaveLength(0);
  });
});

function repositoryOf(registry: ScriptServer): ReturnType<typeof createRepository> {
  return createRepository({ session: sessionTo(registry.host), repository: 'a/b', clock: fakeClock() });
}
