import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import {
  failureOf,
  question,
  type SessionBench,
  startSessionBench,
} from '../../test/support/registry-session.ts';
import { type ScriptRow, startScriptServer } from '../../test/support/script-server.ts';
import { createHttpClient } from '../http/index.ts';
import { createRegistrySessions } from './index.ts';

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
const ok: ScriptRow = { method: 'GET', path: PATH, reply: { status: 200, body: 'manifest' } };

describe('a session without authentication', () => {
  it('asks straight away and gives the exact bytes', async () => {
    const { session, server } = await start([ok]);
    const { bytes } = await session.read(question({ headers: { accept: 'x/y' } }), 100);
    expect(bytes.toString()).toBe('manifest');
    expect(server.lines()).toEqual([`GET ${PATH}`]);
    expect(server.requests[0]?.headers).toMatchObject({ accept: 'x/y', 'accept-encoding': 'identity' });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('bounds what it reads', async () => {
    const { session } = await start([ok]);
    const error = await failureOf(session.read(question(), 3));
    expect(error).toMatchObject({ code: 'REGISTRY_PROTOCOL' });
  });

  it('asks again for an answer that breaks off', async () => {
    const { session, server } = await start([
      {
        method: 'GET',
        path: PATH,
        times: 2,
        raw: (response) => {
          response.writeHead(200, { 'content-length': '8' }).write('mani', () => response.destroy());
        },
      },
      ok,
    ]);
    const { bytes } = await session.read(question(), 100);
    expect(bytes.toString()).toBe('manifest');
    expect(server.lines()).toHaveLength(3);
  });

  it('does not look credentials up that nobody asked for', async () => {
    const { session } = await start([{ method: 'GET', path: PATH, reply: { status: 404 } }], {
      credentials: () => {
        throw new Error('looked up');
      },
    });
    expect(await failureOf(session.send(question()))).toMatchObject({ facts: { status: 404 } });
  });
});

describe('a mirror', () => {
  it('is asked instead of the host, with its own credentials and one session', async () => {
    const server = await startScriptServer([
      {
        method: 'GET',
        path: '/v2/quay.io/a/b/tags/list',
        when: ({ headers }) => headers.authorization !== undefined,
        reply: { status: 200 },
      },
      {
        method: 'GET',
        path: '/v2/quay.io/a/b/tags/list',
        reply: { status: 401, headers: { 'www-authenticate': 'Basic realm="m"' } },
      },
    ]);
    const http = createHttpClient({ userAgent: 't' });
    const lookups: string[] = [];
    const sessions = createRegistrySessions({
      http,
      credentials: {
        lookup: async (host, repository) => {
          lookups.push(`${host} ${repository}`);
          return { kind: 'password', username: 'u', password: 'p', origin: 'f' };
        },
      },
      registryConfig: (host) =>
        host === 'quay.io' ? { mirror: `${server.host}/quay.io`, plainHttp: true } : {},
    });
    const session = sessions.session('quay.io');
    expect(session).toMatchObject({ registry: 'quay.io', prefix: 'quay.io', server: server.host });
    expect(sessions.session('quay.io')).toBe(session);
    await session.send(
      question({
        url: '/v2/quay.io/a/b/tags/list',
        scopes: [{ repository: 'quay.io/a/b', actions: 'pull' }],
      }),
    );
    expect(new Set(lookups)).toEqual(new Set([`${server.host} quay.io/a/b`]));
    sessions.close();
    http.close();
    await server.close();
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    'follows %i for reading and keeps the address of the question',
    async (status) => {
      const { session, server } = await start([
        { method: 'GET', path: PATH, reply: { status, headers: { location: '/else?sig=1' } } },
        { method: 'GET', path: '/else?sig=1', reply: { status: 200, body: 'x' } },
      ]);
      const response = await session.send(question());
      expect(response.url.pathname).toBe('/else');
      response.body.destroy();
      expect(server.requests).toHaveLength(2);
    },
  );

  it('follows 307 for writing with the body opened anew, and 302 not at all', async () => {
    const { session, server } = await start([
      {
        method: 'PUT',
        path: '/v2/a/b/blobs/uploads/1',
        reply: { status: 307, headers: { location: '/v2/a/b/blobs/uploads/2' } },
      },
      { method: 'PUT', path: '/v2/a/b/blobs/uploads/2', reply: { status: 201 } },
      {
        method: 'PUT',
        path: '/v2/a/b/blobs/uploads/3',
        reply: { status: 302, headers: { location: '/v2/' } },
      },
    ]);
    let opened = 0;
    const body = {
      length: 3,
      open: () => {
        opened++;
        return Readable.from([Buffer.from('abc')]);
      },
    };
    await session.send(question({ method: 'PUT', url: '/v2/a/b/blobs/uploads/1', body, expect: [201] }));
    expect(opened).toBe(2);
    expect(server.requests[1]?.body.toString()).toBe('abc');
    expect(
      await failureOf(
        session.send(question({ method: 'PUT', url: '/v2/a/b/blobs/uploads/3', body, expect: [201] })),
      ),
    ).toMatchObject({
      code: 'REGISTRY_PROTOCOL',
      facts: { status: 302 },
    });
  });

  it('gives up on circles', async () => {
    const { session, server } = await start([
      { method: 'GET', path: PATH, reply: { status: 302, headers: { location: PATH } } },
    ]);
    expect(await failureOf(session.send(question()))).toMatchObject({ code: 'REGISTRY_PROTOCOL' });
    expect(server.requests).toHaveLength(11);
  });

  it('does not follow a redirect that the caller wants to see', async () => {
    const { session } = await start([
      { method: 'GET', path: PATH, reply: { status: 302, headers: { location: '/x' } } },
    ]);
    expect((await session.send(question({ expect: [302] }))).status).toBe(302);
  });
});

describe('trying again', () => {
  it.each([408, 429, 500, 502, 503, 504])('repeats after %i, with growing pauses', async (status) => {
    const { session, server, clock, events } = await start([
      { method: 'GET', path: PATH, times: 2, reply: { status } },
      ok,
    ]);
    (await session.send(question())).body.destroy();
    expect(server.requests).toHaveLength(3);
    const retries = events.filter(({ type }) => type === 'retry');
    expect(retries).toMatchObject([
      { waitMs: 125, attempt: 1, what: 'reading a/b:1' },
      { waitMs: 250, attempt: 2 },
    ]);
    expect(clock.sleeps.length).toBeGreaterThanOrEqual(2);
  });

  it('ends after six tries with the last answer', async () => {
    const { session, server } = await start([
      { method: 'GET', path: PATH, reply: { status: 503, body: 'busy' } },
    ]);
    expect(await failureOf(session.send(question()))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      facts: { status: 503 },
    });
    expect(server.requests).toHaveLength(6);
  });

  it.each([400, 401, 403, 404, 405, 413])('does not repeat after %i', async (status) => {
    const { session, server } = await start([
      { method: 'GET', path: PATH, reply: { status } },
      { method: 'GET', path: '/v2/', reply: { status: 200 } },
    ]);
    await failureOf(session.send(question()));
    expect(server.lines().filter((line) => line === `GET ${PATH}`)).toHaveLength(1);
  });

  it('does not repeat when the caller does not want it', async () => {
    const { session, server } = await start([{ method: 'GET', path: PATH, reply: { status: 503 } }]);
    await failureOf(session.send(question({ retry: false })));
    expect(server.requests).toHaveLength(1);
  });

  it('repeats after a cut connection, opening the body anew', async () => {
    const { session } = await start([
      {
        method: 'PUT',
        path: '/v2/u',
        times: 1,
        raw: (_response, _request, message) => void message.socket.resetAndDestroy(),
      },
      { method: 'PUT', path: '/v2/u', times: 1, reply: { status: 201 } },
    ]);
    let opened = 0;
    const open = (): Readable => {
      opened++;
      return Readable.from([Buffer.from('x')]);
    };
    await session.send(
      question({ method: 'PUT', url: '/v2/u', body: { length: 1, open }, expect: [201], weight: 'blob' }),
    );
    expect(opened).toBe(2);
  });

  it.each([
    { value: '7', sleeps: 7000 },
    { value: 'Thu, 01 Jan 2026 00:00:09 GMT', sleeps: 9000 },
  ])('keeps to Retry-After: $value', async ({ value, sleeps }) => {
    const { session, clock } = await start([
      { method: 'GET', path: PATH, times: 1, reply: { status: 429, headers: { 'retry-after': value } } },
      ok,
    ]);
    (await session.send(question())).body.destroy();
    expect(clock.sleeps[0]).toBeGreaterThanOrEqual(sleeps);
    expect(clock.sleeps[0]).toBeLessThan(sleeps + 1000);
  });

  it('cuts a Retry-After that is too long, and says so', async () => {
    const { session, events } = await start([
      { method: 'GET', path: PATH, times: 1, reply: { status: 503, headers: { 'retry-after': '86400' } } },
      ok,
    ]);
    (await session.send(question())).body.destroy();
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry', waitMs: 120_000 }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'note', message: expect.stringContaining('86400 s') as string }),
    );
  });

  it('lets every request wait when one was told to', async () => {
    const { session, clock } = await start([
      { method: 'GET', path: PATH, times: 1, reply: { status: 429, headers: { 'retry-after': '5' } } },
      ok,
      { method: 'GET', path: '/v2/other', reply: { status: 200 } },
    ]);
    const before = clock.now();
    let otherAt = 0;
    await Promise.all([
      session.send(question()).then(({ body }) => body.destroy()),
      (async () => {
        while (clock.sleeps.length === 0) await new Promise((resolve) => setImmediate(resolve));
        await session.send(question({ url: '/v2/other' }));
        otherAt = clock.now();
      })(),
    ]);
    expect(otherAt - before).toBeGreaterThanOrEqual(5000);
  });

  it('stops waiting on request', async () => {
    const { session, events } = await start([
      { method: 'GET', path: PATH, reply: { status: 503, headers: { 'retry-after': '5' } } },
    ]);
    const stop = new AbortController();
    const promise = failureOf(session.send(question({ signal: stop.signal })));
    while (!events.some(({ type }) => type === 'retry'))
      await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await promise).toMatchObject({ code: 'ABORTED' });
  });
});

describe('limits', () => {
  const held: (() => void)[] = [];
  const hold: ScriptRow['raw'] = (response) => {
    response.writeHead(200).write('a');
    held.push(() => response.end('b'));
  };

  it('lets small requests pass while all places for blobs are taken', async () => {
    const { session, server } = await start([{ method: 'GET', path: /^\/v2\/blob/, raw: hold }, ok], {
      concurrency: 2,
    });
    const blobs = [0, 1, 2].map((n) => session.send(question({ url: `/v2/blob${n}`, weight: 'blob' })));
    const [first, second] = [await blobs[0], await blobs[1]];
    (await session.send(question())).body.destroy();
    expect(server.lines()).not.toContain('GET /v2/blob2');
    first?.body.destroy();
    const third = await blobs[2];
    expect(server.lines()).toContain('GET /v2/blob2');
    third?.body.destroy();
    second?.body.destroy();
  });

  it('gives the place back when nobody reads an empty answer', async () => {
    const { session, server } = await start([
      { method: 'POST', path: '/v2/u', reply: { status: 202 } },
      { method: 'HEAD', path: PATH },
    ]);
    for (let i = 0; i < 40; i++) {
      await session.send(question({ method: 'POST', url: '/v2/u', expect: [202] }));
      await session.send(question({ method: 'HEAD' }));
    }
    expect(server.requests).toHaveLength(80);
  });

  it('does not mistake a long queue for a leak of listeners', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    const { session } = await start([{ method: 'GET', path: PATH, reply: { status: 200 } }], {
      concurrency: 1,
    });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => session.send(question({ signal }))));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('leaves the queue on request', async () => {
    const { session } = await start([{ method: 'GET', path: '/v2/blob', raw: hold }], { concurrency: 1 });
    const first = await session.send(question({ url: '/v2/blob', weight: 'blob' }));
    const stop = new AbortController();
    const waiting = failureOf(
      session.send(question({ url: '/v2/blob', weight: 'blob', signal: stop.signal })),
    );
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
    first.body.destroy();
    (await session.send(question({ url: '/v2/blob', weight: 'blob' }))).body.destroy();
  });
});

describe('warnings of the registry', () => {
  it('shows each once, and none with control characters', async () => {
    const { session, events } = await start([
      {
        method: 'GET',
        path: PATH,
        reply: {
          status: 200,
          headers: { warning: '299 - "going \\"away\\"", 199 - "no", 299 - "bad\u009b31m"' },
        },
      },
    ]);
    for (let i = 0; i < 2; i++) (await session.send(question())).body.destroy();
    expect(events.filter(({ type }) => type === 'note')).toMatchObject([
      { level: 'warning', message: 'the registry says: going "away"' },
    ]);
  });
});
