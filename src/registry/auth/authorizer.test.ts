import { afterEach, describe, expect, it } from 'vitest';
import {
  failureOf,
  question,
  type SessionBench,
  startSessionBench,
} from '../../../test/support/registry-session.ts';
import type { Reply, ScriptRow, SeenRequest } from '../../../test/support/script-server.ts';
import type { Credentials } from '../index.ts';

let bench: SessionBench | undefined;
afterEach(async () => {
  const current = bench;
  bench = undefined;
  await current?.close();
});

async function start(...args: Parameters<typeof startSessionBench>): Promise<SessionBench> {
  bench = await startSessionBench(...args);
  return bench;
}

const PATH = '/v2/a/b/manifests/1';
const PASSWORD: Credentials = {
  kind: 'password',
  username: 'u+1',
  password: 'p:ä',
  origin: '/home/u/.docker/config.json',
};
const IDENTITY: Credentials = { kind: 'identityToken', identityToken: 'refresh-1', origin: 'auth.json' };
const BASIC = `Basic ${Buffer.from('u+1:p:ä').toString('base64')}`;

/** A registry that lets requests with one of `accepted` pass. */
function guarded(challenge: string | readonly string[], ...accepted: readonly string[]): ScriptRow {
  return {
    method: 'GET',
    path: /^\/v2\/./,
    reply: ({ headers }) =>
      accepted.includes(headers.authorization ?? '')
        ? { status: 200, body: 'ok' }
        : { status: 401, headers: { 'www-authenticate': challenge } },
  };
}

const bearer = (extra = ''): string => `Bearer realm="/token",service="reg.example"${extra}`;

/** A token service at /token. */
function service(reply: (request: SeenRequest, query: URLSearchParams) => Reply, method = 'GET'): ScriptRow {
  return {
    method,
    path: /^\/token/,
    reply: (request) => reply(request, new URL(request.path, 'http://x').searchParams),
  };
}

const gives = (answer: object): Reply => ({ status: 200, body: JSON.stringify(answer) });

async function get(changes: Parameters<typeof question>[0] = {}): Promise<void> {
  const response = await bench?.session.send(question(changes));
  response?.body.destroy();
}

describe('Basic', () => {
  it('is sent when asked for, and from then on at once', async () => {
    const { server } = await start([guarded('Basic realm="r"', BASIC)], { credentials: PASSWORD });
    await get();
    await get();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, BASIC]);
  });

  it('is final when it is refused, and names where the credentials came from but not the secret', async () => {
    const { server, session } = await start([guarded('Basic realm="r"')], { credentials: PASSWORD });
    const error = await failureOf(session.send(question()));
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', facts: { status: 401 } });
    expect(error.message).toContain('/home/u/.docker/config.json');
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('p:ä');
    expect(server.requests).toHaveLength(2);
  });

  it('says when there are no credentials', async () => {
    const { server, session } = await start([guarded('Basic realm="r"')]);
    expect((await failureOf(session.send(question()))).message).toContain('none were found');
    expect(server.requests).toHaveLength(1);
  });
});

describe('Bearer', () => {
  it('asks for a token with the scopes one by one, the needed first, with Basic credentials', async () => {
    const { server } = await start(
      [guarded(bearer(), 'Bearer t1'), service(() => gives({ token: 't1', expires_in: 300 }))],
      { credentials: PASSWORD },
    );
    await get({
      scopes: [
        { repository: 'z/z', actions: 'pull,push' },
        { repository: 'a/b', actions: 'pull' },
      ],
    });
    const asked = server.requests.find(({ path }) => path.startsWith('/token'));
    const query = new URL(asked?.path ?? '', server.origin).searchParams;
    expect(query.getAll('scope')).toEqual(['repository:z/z:pull,push', 'repository:a/b:pull']);
    expect(query.get('service')).toBe('reg.example');
    expect(query.get('account')).toBe('u+1');
    expect(asked?.headers.authorization).toBe(BASIC);
    expect(query.has('offline_token')).toBe(false);
  });

  it('asks anonymously without credentials, and takes access_token too', async () => {
    const { server } = await start([
      guarded(bearer(), 'Bearer t1'),
      service(() => gives({ access_token: 't1' })),
    ]);
    await get();
    expect(
      server.requests.find(({ path }) => path.startsWith('/token'))?.headers.authorization,
    ).toBeUndefined();
  });

  it('keeps the query of the realm', async () => {
    const { server } = await start([
      guarded('Bearer realm="/token?tenant=x"', 'Bearer t1'),
      service(() => gives({ token: 't1' })),
    ]);
    await get();
    expect(server.lines()).toContainEqual(
      'GET /token?tenant=x&scope=repository%3Aa%2Fb%3Apull&client_id=sallyport',
    );
  });

  it('fetches one token per set of scopes, whatever their order', async () => {
    let count = 0;
    const { server } = await start([
      {
        method: 'GET',
        path: PATH,
        reply: ({ headers }) =>
          headers.authorization === undefined
            ? { status: 401, headers: { 'www-authenticate': bearer() } }
            : { status: 200 },
      },
      service(() => gives({ token: `t${++count}` })),
    ]);
    const [x, y] = [
      { repository: 'x', actions: 'pull' },
      { repository: 'y', actions: 'pull' },
    ] as const;
    await get({ scopes: [x] });
    await get({ scopes: [x, y] });
    await get({ scopes: [y, x] });
    await get({ scopes: [x] });
    expect(server.lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(2);
  });

  it('asks once for many requests that come together', async () => {
    const { server } = await start([
      guarded(bearer(), 'Bearer t1'),
      service(() => gives({ token: 't1', expires_in: 300 })),
    ]);
    await Promise.all(Array.from({ length: 12 }, () => get()));
    expect(server.lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(1);
  });

  it('does not fail the others when the one who asks gives up', async () => {
    const stop = new AbortController();
    let asked = 0;
    const { session } = await start([
      guarded(bearer(), 'Bearer t1'),
      {
        method: 'GET',
        path: /^\/token/,
        times: 1,
        raw: () => {
          asked++;
        },
      },
      service(() => gives({ token: 't1' })),
    ]);
    const first = failureOf(session.send(question({ signal: stop.signal })));
    while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = get();
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    await second;
  });

  it.each([
    ['says nothing', {}, 60],
    ['says less than a minute', { expires_in: 1 }, 60],
    ['says more', { expires_in: 600 }, 600],
    ['was issued before', { expires_in: 600, issued_at: '2025-12-31T23:59:00Z' }, 540],
    ['claims to be issued in the future', { expires_in: 600, issued_at: '2030-01-01T00:00:00Z' }, 600],
  ])('renews a token that %s, five seconds early', async (_name, answer, seconds) => {
    let count = 0;
    const { clock } = await start([
      {
        method: 'GET',
        path: PATH,
        reply: ({ headers }) =>
          headers.authorization === undefined
            ? { status: 401, headers: { 'www-authenticate': bearer() } }
            : { status: 200 },
      },
      service(() => gives({ token: `t${++count}`, ...answer })),
    ]);
    await get();
    clock.advance(seconds * 1000 - 5001);
    await get();
    expect(count).toBe(1);
    clock.advance(2);
    await get();
    expect(count).toBe(2);
  });

  it('fetches another token once when the kept one is refused', async () => {
    let current = 't1';
    const { server } = await start([
      {
        method: 'GET',
        path: PATH,
        reply: ({ headers }) =>
          headers.authorization === `Bearer ${current}`
            ? { status: 200 }
            : { status: 401, headers: { 'www-authenticate': bearer() } },
      },
      service(() => gives({ token: current, expires_in: 3600 })),
    ]);
    await get();
    current = 't2';
    await get();
    expect(server.lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(2);
  });

  it('ends when a new token is refused too', async () => {
    let count = 0;
    const { server, session } = await start([
      guarded(bearer()),
      service(() => gives({ token: `t${++count}` })),
    ]);
    expect(await failureOf(session.send(question()))).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(server.requests).toHaveLength(3);
  });

  it('asks for the scope that the registry names when ours was not enough', async () => {
    const tokens: Record<string, string> = {
      'repository:a/b:pull': 'small',
      'repository:other:pull repository:a/b:pull': 'wide',
    };
    const { server } = await start([
      guarded(bearer(',scope="repository:other:pull",error="insufficient_scope"'), 'Bearer wide'),
      service((_request, query) => gives({ token: tokens[query.getAll('scope').join(' ')] ?? 'none' })),
    ]);
    await get();
    await get();
    expect(server.lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(1);
  });

  it('learns from GET /v2/ when a 401 says nothing', async () => {
    const { server } = await start([
      {
        method: 'GET',
        path: PATH,
        reply: ({ headers }) => ({ status: headers.authorization === 'Bearer t1' ? 200 : 401 }),
      },
      { method: 'GET', path: '/v2/', reply: { status: 401, headers: { 'www-authenticate': bearer() } } },
      service(() => gives({ token: 't1' })),
    ]);
    await get();
    expect(server.lines().map((line) => line.replace(/\?.*/, ''))).toEqual([
      `GET ${PATH}`,
      'GET /v2/',
      'GET /token',
      `GET ${PATH}`,
    ]);
  });

  it('prefers Bearer, passes unknown schemes over', async () => {
    const { server } = await start(
      [
        guarded(['Negotiate', 'Basic realm="r"', bearer()], 'Bearer t1'),
        service(() => gives({ token: 't1' })),
      ],
      { credentials: PASSWORD },
    );
    await get();
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer t1');
  });

  it('uses a registry token as it is', async () => {
    const { server } = await start([guarded(bearer(), 'Bearer mine')], {
      credentials: { kind: 'registryToken', registryToken: 'mine', origin: 'f' },
    });
    await get();
    expect(server.requests).toHaveLength(2);
  });

  it('takes other credentials for other repositories', async () => {
    const { server } = await start(
      [{ ...guarded('Basic realm="r"', BASIC), path: PATH }, guarded('Basic realm="r"')],
      {
        credentials: (repository) => (repository === 'a/b' ? PASSWORD : undefined),
      },
    );
    await get();
    const error = await failureOf(
      bench?.session.send(
        question({ url: '/v2/c/manifests/1', scopes: [{ repository: 'c', actions: 'pull' }] }),
      ) ?? Promise.resolve(),
    );
    expect(error.message).toContain('none were found');
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
  });
});

describe('identity tokens', () => {
  it('are exchanged by POST, in the form and not in the address, and replaced when the service says so', async () => {
    let count = 0;
    const { server, clock } = await start(
      [
        {
          method: 'GET',
          path: PATH,
          reply: ({ headers }) =>
            headers.authorization === undefined
              ? { status: 401, headers: { 'www-authenticate': bearer() } }
              : { status: 200 },
        },
        service(() => gives({ access_token: `t${++count}`, refresh_token: 'refresh-2' }), 'POST'),
      ],
      { credentials: IDENTITY },
    );
    await get();
    clock.advance(3_600_000);
    await get();
    const forms = server.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())));
    expect(forms).toEqual([
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-1',
        service: 'reg.example',
        scope: 'repository:a/b:pull',
        client_id: 'sallyport',
      },
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-2',
        service: 'reg.example',
        scope: 'repository:a/b:pull',
        client_id: 'sallyport',
      },
    ]);
    expect(server.lines().join()).not.toContain('refresh-');
  });

  it.each([404, 405, 401])('go by GET where POST is answered with %i', async (status) => {
    const { server } = await start(
      [
        guarded(bearer(), 'Bearer t1'),
        service(() => ({ status }), 'POST'),
        service(() => gives({ token: 't1' })),
      ],
      { credentials: IDENTITY },
    );
    await get();
    const asked = server.requests.find(({ method, path }) => method === 'GET' && path.startsWith('/token'));
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('<token>:refresh-1').toString('base64')}`);
  });
});

describe('a token service that does not do its part', () => {
  it.each<[name: string, reply: Reply, code: string]>([
    ['refuses', { status: 401, body: '{"details":"incorrect username or password"}' }, 'UNAUTHORIZED'],
    ['forbids', { status: 403 }, 'UNAUTHORIZED'],
    ['limits', { status: 429 }, 'RATE_LIMITED'],
    ['fails', { status: 500, body: '<html><body>oops</body></html>' }, 'REGISTRY_REFUSED'],
    ['answers with a page', { status: 200, body: '<html>login</html>' }, 'REGISTRY_PROTOCOL'],
    ['answers without a token', { status: 200, body: '{}' }, 'REGISTRY_PROTOCOL'],
    [
      'answers with a forged header',
      { status: 200, body: JSON.stringify({ token: 'x\r\nx-evil: 1' }) },
      'REGISTRY_PROTOCOL',
    ],
    ['never ends', { status: 200, body: Buffer.alloc(300_000, 0x20) }, 'REGISTRY_PROTOCOL'],
  ])('%s', async (_name, reply, code) => {
    const { session } = await start([guarded(bearer()), service(() => reply)], { credentials: PASSWORD });
    const error = await failureOf(session.send(question()));
    expect(error).toMatchObject({ code });
    if (code === 'UNAUTHORIZED') expect(error.message).toContain('/home/u/.docker/config.json');
  });

  it('shows nothing of a token that it could not use', async () => {
    const { session } = await start([
      guarded(bearer()),
      service(() => ({ status: 403, body: '{"token":"hunter2","why":"no"}' })),
    ]);
    const { message } = await failureOf(session.send(question()));
    expect(message).toContain('"why"');
    expect(message).not.toContain('hunter2');
  });

  it('is asked again after a passing failure', async () => {
    await start([
      guarded(bearer(), 'Bearer t1'),
      { ...service(() => ({ status: 503 })), times: 1 },
      service(() => gives({ token: 't1' })),
    ]);
    await get();
  });
});
