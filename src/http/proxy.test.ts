import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { canMakeCertificates, makeAuthority } from '../../test/support/certificates.ts';
import { startRecordingProxy } from '../../test/support/recording-proxy.ts';
import { failureOf } from '../../test/support/registry-session.ts';
import { startScriptServer } from '../../test/support/script-server.ts';
import { createHttpClient } from './index.ts';
import { isExempt, proxyFor } from './proxy.ts';

let cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  const all = cleanups;
  cleanups = [];
  for (const cleanup of all.reverse()) await cleanup();
});

function later<T extends { close(): Promise<void> | void }>(closable: T): T {
  cleanups.push(() => closable.close());
  return closable;
}

describe('which proxy', () => {
  it.each<[url: string, env: Record<string, string>, expected: string | undefined]>([
    ['https://r.example/', {}, undefined],
    ['https://r.example/', { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    ['https://r.example/', { https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'http://low:1/'],
    ['https://r.example/', { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['http://r.example/', { HTTP_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    ['http://r.example/', { ALL_PROXY: 'http://all:1' }, 'http://all:1/'],
    ['https://r.example/', { all_proxy: 'http://all:1', HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://r.example/', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['https://r.example/', { HTTPS_PROXY: '', ALL_PROXY: '' }, undefined],
    ['https://r.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'r.example' }, undefined],
    ['https://r.example/', { HTTPS_PROXY: 'http://p:1', no_proxy: 'r.example' }, undefined],
    ['https://localhost/', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://127.0.0.2/', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://[::1]:5000/', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ])('%s with %j: %s', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.href).toBe(expected);
  });

  it.each(['socks5://p:1080', 'http://', 'http://p:99999'])('tells that %s cannot be used', (value) => {
    expect(() => proxyFor(new URL('https://r.example'), { ALL_PROXY: value })).toThrow(
      expect.objectContaining({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('ALL_PROXY') as string,
      }),
    );
  });
});

describe('NO_PROXY', () => {
  it.each<[noProxy: string, url: string, exempt: boolean]>([
    ['*', 'https://r.example/', true],
    ['r.example', 'https://r.example/', true],
    ['R.Example', 'https://r.example/', true],
    ['example', 'https://r.example/', true],
    ['r.example', 'https://x.r.example/', true],
    ['r.example', 'https://xr.example/', false],
    ['.r.example', 'https://x.r.example/', true],
    ['.r.example', 'https://r.example/', false],
    ['*.r.example', 'https://x.r.example/', true],
    ['*.r.example', 'https://r.example/', false],
    ['r.example:5000', 'https://r.example:5000/', true],
    ['r.example:5000', 'https://r.example/', false],
    ['r.example:443', 'https://r.example/', true],
    ['a, r.example', 'https://r.example/', true],
    ['a r.example', 'https://r.example/', true],
    [' , ', 'https://r.example/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000/', true],
    ['10.1.2.3:5000', 'https://10.1.2.3/', false],
    ['10.1.0.0/16', 'https://10.1.2.3/', true],
    ['10.1.0.0/16', 'https://10.2.2.3/', false],
    ['10.1.0.0/16', 'https://r.example/', false],
    ['10.1.0.0/99', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://[fe00::1]/', false],
    ['fd12::1', 'https://[fd12:0:0::1]/', true],
    ['[fd12::1]:5000', 'https://[fd12::1]:5000/', true],
    ['[fd12::1]:5000', 'https://[fd12::1]:6000/', false],
    ['10.1.2.3', 'https://210.1.2.3/', false],
  ])('“%s” and %s: %s', (noProxy, url, exempt) => {
    expect(isExempt(new URL(url), noProxy)).toBe(exempt);
  });
});

describe('through a proxy', () => {
  it('sends plain http in absolute form, with the credentials of the proxy only to the proxy', async () => {
    const target = later(
      await startScriptServer([{ method: 'GET', path: '/x?y=1', reply: { status: 200, body: 'here' } }]),
    );
    const proxy = later(await startRecordingProxy({ routes: { 'registry.example:80': target.host } }));
    const http = later(
      createHttpClient({ userAgent: 't', env: { HTTP_PROXY: proxy.origin.replace('//', '//u:p%40w@') } }),
    );
    const { body } = await http.send({ method: 'GET', url: new URL('http://registry.example/x?y=1') });
    expect((await buffer(body)).toString()).toBe('here');
    expect(proxy.seen).toEqual(['GET http://registry.example/x?y=1']);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('u:p@w').toString('base64')}`]);
    expect(target.requests[0]?.headers.host).toBe('registry.example');
  });

  it('does not use it for NO_PROXY and loopback', async () => {
    const target = later(await startScriptServer([{ method: 'GET', path: '/', reply: { status: 200 } }]));
    const proxy = later(await startRecordingProxy({ routes: {} }));
    const http = later(createHttpClient({ userAgent: 't', env: { HTTP_PROXY: proxy.origin } }));
    expect((await http.send({ method: 'GET', url: new URL(target.origin) })).status).toBe(200);
    expect(proxy.seen).toEqual([]);
  });

  it.each([
    [407, 'wants credentials'],
    [403, 'refuses the way there (403'],
    [502, 'refuses the way there (502'],
  ])('never takes its %i for the answer of the server', async (refuse, message) => {
    const proxy = later(await startRecordingProxy({ routes: {}, refuse }));
    const http = later(createHttpClient({ userAgent: 't', env: { HTTPS_PROXY: proxy.origin } }));
    const error = await failureOf(
      http.send({
        method: 'GET',
        url: new URL('https://registry.example/'),
        headers: { authorization: 'secret' },
      }),
    );
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      subject: 'registry.example',
      facts: { phase: 'proxy' },
    });
    expect(error.message).toContain(message);
    expect(proxy.seen).toEqual(['CONNECT registry.example:443']);
  });

  it('tells when the proxy is not there', async () => {
    const gone = await startScriptServer([]);
    await gone.close();
    const http = later(createHttpClient({ userAgent: 't', env: { HTTPS_PROXY: gone.origin } }));
    expect(
      await failureOf(http.send({ method: 'GET', url: new URL('https://registry.example/') })),
    ).toMatchObject({
      code: 'CONNECTION_FAILED',
      subject: 'registry.example',
      message: `the proxy ${gone.host}: nothing listens there (connection refused) (ECONNREFUSED)`,
      hint: expect.stringContaining('HTTPS_PROXY'),
      facts: { phase: 'proxy', reason: 'ECONNREFUSED' },
    });
  });

  it.skipIf(!canMakeCertificates)(
    'opens a tunnel for TLS, checks the certificate of the server at its end, and keeps the connection',
    async () => {
      const authority = makeAuthority('Test CA');
      cleanups.push(() => authority.dispose());
      const target = later(
        await startScriptServer([{ method: 'GET', path: '/', reply: { status: 200, body: 'deep' } }], {
          tls: authority.issue('registry.example', ['DNS:registry.example']),
        }),
      );
      const proxy = later(
        await startRecordingProxy({
          routes: { 'registry.example:443': target.host, 'other.example:443': target.host },
        }),
      );
      const http = later(
        createHttpClient({
          userAgent: 't',
          env: { https_proxy: proxy.origin },
          hostSettings: () => ({ ca: [authority.cert] }),
        }),
      );
      for (let i = 0; i < 2; i++) {
        const { body } = await http.send({
          method: 'GET',
          url: new URL('https://registry.example/'),
          headers: { authorization: 'a' },
        });
        expect((await buffer(body)).toString()).toBe('deep');
      }
      expect(proxy.seen).toEqual(['CONNECT registry.example:443']);
      expect(proxy.authorizations).toEqual(['']);
      expect(
        await failureOf(http.send({ method: 'GET', url: new URL('https://other.example/') })),
      ).toMatchObject({ code: 'TLS_FAILED', facts: { reason: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    },
  );

  it('gives up on a proxy that does not answer', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => void silent.close(() => resolve())));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const http = later(
      createHttpClient({
        userAgent: 't',
        env: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
        timeouts: { dial: 50 },
      }),
    );
    expect(
      await failureOf(http.send({ method: 'GET', url: new URL('https://registry.example/') })),
    ).toMatchObject({
      code: 'TIMEOUT',
      subject: 'registry.example',
      message: expect.stringContaining('the proxy '),
      facts: { phase: 'proxy', transient: true },
    });
  });
});
