import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/registry-session.ts';
import { type ScriptRow, type ScriptServer, startScriptServer } from '../../test/support/script-server.ts';
import { createHttpClient, type DownloadOptions, download } from './index.ts';

let cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  const all = cleanups;
  cleanups = [];
  for (const cleanup of all.reverse()) await cleanup();
});

async function start(...rows: readonly ScriptRow[]): Promise<{
  server: ScriptServer;
  get: (path: string, options?: Partial<DownloadOptions>) => ReturnType<typeof download>;
}> {
  const server = await startScriptServer(rows);
  const http = createHttpClient({ userAgent: 't' });
  cleanups.push(
    () => server.close(),
    () => http.close(),
  );
  return {
    server,
    get: (path, options = {}) =>
      download({ http, url: new URL(path, server.origin), maxBytes: 1000, ...options }),
  };
}

describe('download', () => {
  it('gives the file and where it came from, over redirects', async () => {
    const { server, get } = await start(
      { method: 'GET', path: '/a', reply: { status: 302, headers: { location: 'b/c?x=1' } } },
      { method: 'GET', path: '/b/c?x=1', reply: { status: 200, body: 'file' } },
    );
    expect(await get('/a')).toMatchObject({
      status: 200,
      body: Buffer.from('file'),
      url: new URL('/b/c?x=1', server.origin),
    });
  });

  it('gives any other status as an answer, with the beginning of its body', async () => {
    const { get } = await start({
      method: 'GET',
      path: '/a',
      reply: { status: 404, body: 'x'.repeat(100_000) },
    });
    const { status, body } = await get('/a');
    expect([status, body.length]).toEqual([404, 65_536]);
  });

  it('accepts a file of exactly the limit and refuses one byte more', async () => {
    const { get } = await start(
      { method: 'GET', path: '/fits', reply: { status: 200, body: 'x'.repeat(1000) } },
      { method: 'GET', path: '/more', reply: { status: 200, body: 'x'.repeat(1001) } },
    );
    expect((await get('/fits')).body).toHaveLength(1000);
    expect(await failureOf(get('/more'))).toMatchObject({
      code: 'UPSTREAM_FAILED',
      subject: expect.stringContaining('/more') as string,
    });
  });

  it.each([
    ['in circles', '/a', 'UPSTREAM_FAILED'],
    ['to nowhere', 'http://', 'UPSTREAM_FAILED'],
    ['to the metadata service', 'http://169.254.169.254/', 'REDIRECT_REFUSED'],
    ['to a file', 'file:///etc/passwd', 'REDIRECT_REFUSED'],
  ])('does not follow %s', async (_name, location, code) => {
    const { get } = await start({ method: 'GET', path: '/a', reply: { status: 302, headers: { location } } });
    expect(await failureOf(get('/a'))).toMatchObject({ code });
  });

  it('has a limit for the whole, and stops on request', async () => {
    const { get } = await start({
      method: 'GET',
      path: '/a',
      raw: (response) => void response.writeHead(200).write('x'),
    });
    expect(await failureOf(get('/a', { timeoutMs: 30 }))).toMatchObject({ code: 'TIMEOUT' });
    expect(await failureOf(get('/a', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ABORTED' });
  });
});
