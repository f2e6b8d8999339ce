import { connect, createServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  canMakeCertificates,
  type KeyPair,
  makeAuthority,
  type TestAuthority,
} from '../../test/support/certificates.ts';
import { failureOf } from '../../test/support/registry-session.ts';
import {
  type ScriptServer,
  type ScriptServerOptions,
  startScriptServer,
} from '../../test/support/script-server.ts';
import { createHttpClient, type HostSettings, type HttpClientOptions } from './index.ts';

let cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  const all = cleanups;
  cleanups = [];
  for (const cleanup of all.reverse()) await cleanup();
});

async function server(tls: NonNullable<ScriptServerOptions['tls']>): Promise<ScriptServer> {
  const started = await startScriptServer(
    [{ method: 'GET', path: '/', reply: { status: 200, body: 'ok' } }],
    { tls },
  );
  cleanups.push(() => started.close());
  return started;
}

async function get(
  url: string,
  settings: HostSettings = {},
  options: Partial<HttpClientOptions> = {},
): Promise<string> {
  const http = createHttpClient({ userAgent: 't', hostSettings: () => settings, ...options });
  cleanups.push(() => http.close());
  return (
    await buffer(
      (
        await http.send({ method: 'GET', url: new URL(url), headers: { authorization: 'secret' } })
      ).body,
    )
  ).toString();
}

/** Its `host:port`. */
async function listen(started: Server): Promise<string> {
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise<void>((resolve) => void started.close(() => resolve())));
  const address = started.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

describe.skipIf(!canMakeCertificates)('TLS', () => {
  let authority: TestAuthority;
  let good: KeyPair;
  beforeAll(() => {
    authority = makeAuthority('Corp Test CA');
    good = authority.issue('registry.corp.example', ['IP:127.0.0.1', 'DNS:localhost']);
  });
  afterAll(() => authority.dispose());

  it('trusts the CA of the host', async () => {
    const { origin } = await server(good);
    expect(await get(origin, { ca: [authority.cert] })).toBe('ok');
    expect(await get(origin.replace('127.0.0.1', 'localhost'), { ca: [authority.cert] })).toBe('ok');
  });

  it('names an unknown CA, with subject, issuer and where to put it, and sends nothing', async () => {
    const target = await server(good);
    const error = await failureOf(get(target.origin));
    expect(error).toMatchObject({
      code: 'TLS_FAILED',
      subject: target.host,
      facts: {
        transient: false,
        certificateSubject: 'CN=registry.corp.example',
        certificateIssuer: 'O=Corp Example, CN=Corp Test CA',
      },
    });
    expect(error.message).toContain('O=Corp Example, CN=Corp Test CA');
    expect(error.hint).toContain(`certs.d/${target.host}/ca.crt`);
    expect(target.requests).toEqual([]);
  });

  it('names the date of a certificate that has expired', async () => {
    const { origin } = await server(authority.issue('old', ['IP:127.0.0.1'], -1));
    const error = await failureOf(get(origin, { ca: [authority.cert] }));
    expect(error).toMatchObject({ code: 'TLS_FAILED', facts: { reason: 'CERT_HAS_EXPIRED' } });
    expect(error.message).toMatch(/expired on \w{3} +\d+ .* GMT/);
  });

  it('names the names of a certificate for another host', async () => {
    const { origin } = await server(authority.issue('other', ['DNS:other.example', 'DNS:*.more.example']));
    const error = await failureOf(get(origin, { ca: [authority.cert] }));
    expect(error).toMatchObject({ code: 'TLS_FAILED', facts: { reason: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    expect(error.message).toContain('DNS:other.example, DNS:*.more.example');
  });

  it('does as it is told when checks are switched off', async () => {
    const { origin } = await server(good);
    expect(await get(origin, { insecureSkipVerify: true })).toBe('ok');
  });

  it('shows a client certificate, and says when one is wanted', async () => {
    const target = await server({ ...good, ca: authority.cert, requestCert: true });
    const { key, cert } = authority.issue('client', []);
    expect(await get(target.origin, { ca: [authority.cert], cert, key })).toBe('ok');
    const error = await failureOf(get(target.origin, { ca: [authority.cert] }));
    expect(error).toMatchObject({ code: 'TLS_FAILED' });
    expect(error.hint).toContain('certFile=');
  });

  it.each<[string, (pair: KeyPair) => HostSettings, RegExp]>([
    ['a CA file without a certificate', () => ({ ca: [Buffer.from('binary')] }), /no PEM certificate/],
    [
      'a key of another certificate',
      ({ cert }) => ({ cert, key: authority.issue('x', []).key }),
      /cannot be used/,
    ],
  ])('tells of %s', async (_name, settings, message) => {
    const error = await failureOf(get('https://127.0.0.1:1/', settings(good)));
    expect(error.code).toBe('TLS_FAILED');
    expect(error.message).toMatch(message);
  });

  describe('asked in plain http', () => {
    /** Ways in which servers with TLS take bytes that are no handshake. */
    const WAYS: readonly [string, string][] = [
      ['cuts the connection, as Node does', ''],
      ['answers 400, as Go and nginx do', 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'],
      ['sends an alert, as OpenSSL does', '\x15\x03\x01\x00\x02\x02\x46'],
    ];

    it.each(WAYS)(
      'names a server that speaks TLS and %s, at once and with the next step',
      async (_way, says) => {
        const secure = await server(good);
        const host = await startFork({ plain: says, tls: secure.host });
        const error = await failureOf(get(`http://${host}/`));
        expect(error).toMatchObject({ code: 'TLS_FAILED', subject: host, facts: { transient: false } });
        expect(error.message).toContain('speaks TLS on this port');
        expect(error.hint).toContain(`plainHttp out for ${host}`);
        expect(secure.requests).toEqual([]);
      },
    );

    it('names it too when it wants a client certificate', async () => {
      const secure = await server({ ...good, ca: authority.cert, requestCert: true });
      const error = await failureOf(get(`http://${secure.host}/`));
      expect(error.message).toContain('speaks TLS on this port');
    });

    it('leaves the 400 of a plain server as it is', async () => {
      const plain = await startScriptServer([
        { method: 'GET', path: '/', reply: { status: 400, body: 'no' } },
      ]);
      cleanups.push(() => plain.close());
      expect(await get(`http://${plain.host}/`)).toBe('no');
      expect(await get(`http://${plain.host}/`)).toBe('no');
    });
  });

  /** A port whose first byte decides: a TLS handshake (22) is passed on, anything else gets the words and the end of the connection. */
  async function startFork({
    plain,
    tls,
  }: {
    readonly plain: string;
    readonly tls: string;
  }): Promise<string> {
    const port = Number(tls.split(':')[1]);
    const fork = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (first) => {
        if (first[0] !== 22) return void socket.end(Buffer.from(plain, 'latin1'));
        const on = connect(port, '127.0.0.1', () => {
          on.write(first);
          socket.pipe(on).pipe(socket);
        }).on('error', () => socket.destroy());
        socket.once('close', () => on.destroy());
      });
    });
    return listen(fork);
  }

  it('refuses TLS older than 1.2', async () => {
    const old = createTlsServer({
      ...good,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    old.on('tlsClientError', () => {});
    const error = await failureOf(get(`https://${await listen(old)}/`, { ca: [authority.cert] }));
    expect(error.message).toContain('older than 1.2');
  });
});

describe('a server that does not speak TLS', () => {
  it('is told from a connection problem, with the hint at plainHttp', async () => {
    const plain = await startScriptServer([]);
    cleanups.push(() => plain.close());
    const error = await failureOf(get(`https://${plain.host}/`));
    expect(error).toMatchObject({ code: 'TLS_FAILED', subject: plain.host });
    expect(error.hint).toContain('plainHttp=true');
  });

  it('is not waited for for ever', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume());
    const error = await failureOf(get(`https://${await listen(silent)}/`, {}, { timeouts: { tls: 50 } }));
    expect(error).toMatchObject({ code: 'TIMEOUT', facts: { phase: 'tls', transient: true } });
  });
});
