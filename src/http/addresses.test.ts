import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { checkHop, isLocal, isLocalAddress } from './addresses.ts';
import { errandsOf } from './errands.ts';
import type { HttpClient, HttpRequest } from './index.ts';

describe('isLocal', () => {
  it.each([
    ['http://127.0.0.1/', true],
    ['http://127.1/', true],
    ['http://0x7f.0.0.1/', true],
    ['http://2130706433/', true],
    ['http://0.0.0.0/', true],
    ['http://169.254.169.254/', true],
    ['http://localhost/', true],
    ['http://LOCALHOST./', true],
    ['http://x.localhost/', true],
    ['http://[::1]/', true],
    ['http://[::]/', true],
    ['http://[fe80::1]/', true],
    ['http://[::ffff:127.0.0.1]/', true],
    ['http://[::ffff:a9fe:a9fe]/', true],
    ['http://[::127.0.0.1]/', true],
    ['http://[64:ff9b::7f00:1]/', true],
    ['http://[fd00:ec2::254]/', true],
    ['http://10.0.0.1/', false],
    ['http://192.168.1.1/', false],
    ['http://[fd00::1]/', false],
    ['http://[::ffff:10.0.0.1]/', false],
    ['http://128.0.0.1/', false],
    ['http://localhost.example/', false],
    ['http://127.0.0.1.example/', false],
  ])('%s: %s', (url, expected) => {
    expect(isLocal(new URL(url))).toBe(expected);
  });
});

describe('checkHop', () => {
  it.each([
    ['https://registry.example/v2/', 'https://storage.example/x'],
    ['https://registry.example/v2/', 'https://registry.example:8443/x'],
    ['https://registry.example/v2/', 'https://10.1.2.3/x'],
    ['http://registry.example/v2/', 'https://registry.example/x'],
    ['http://127.0.0.1:5000/v2/', 'http://127.0.0.1:6000/x'],
    ['http://127.0.0.1:5000/v2/', 'http://localhost:6000/x'],
    ['http://169.254.1.1/v2/', 'http://169.254.1.1/x'],
  ])('lets %s send us to %s', (from, to) => {
    expect(() => checkHop(new URL(from), new URL(to), 'redirect')).not.toThrow();
  });

  it.each([
    ['https://registry.example/v2/', 'http://registry.example/x', 'leave TLS'],
    ['https://registry.example/v2/', 'http://storage.example/x', 'leave TLS'],
    ['https://registry.example/v2/', 'https://127.0.0.1/x', 'this machine'],
    ['https://registry.example/v2/', 'https://localhost:2379/x', 'this machine'],
    ['https://registry.example/v2/', 'https://[::ffff:127.0.0.1]/x', 'this machine'],
    ['http://registry.example/v2/', 'http://169.254.169.254/latest/meta-data/', 'this machine'],
    ['http://10.0.0.1/v2/', 'http://127.0.0.1/x', 'this machine'],
    ['http://127.0.0.1:5000/v2/', 'http://169.254.169.254/x', 'this machine'],
    ['https://registry.example/v2/', 'file:///etc/passwd', 'only http and https'],
    ['https://registry.example/v2/', 'https://user:pw@storage.example/', 'credentials'],
  ])('does not let %s send us to %s', (from, to, why) => {
    expect(() => checkHop(new URL(from), new URL(to), 'redirect')).toThrow(
      expect.objectContaining({ code: 'REDIRECT_REFUSED', message: expect.stringContaining(why) as string }),
    );
  });

  it('does not repeat credentials or signed queries in its message', () => {
    expect(() =>
      checkHop(new URL('https://r.example'), new URL('https://u:hunter2@s.example/?sig=hunter2'), 'redirect'),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }));
  });
});

describe('isLocalAddress', () => {
  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['169.254.1.1', true],
    ['fe80::1', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    [undefined, false],
  ])('%s: %s', (address, expected) => {
    expect(isLocalAddress(address)).toBe(expected);
  });
});

describe('errandsOf', () => {
  /** Answers everything; `local` are the names that lead to this machine. */
  function fake(...local: readonly string[]): { http: HttpClient; asked: HttpRequest[] } {
    const asked: HttpRequest[] = [];
    const http: HttpClient = {
      send: async (request) => {
        asked.push(request);
        return {
          status: 200,
          headers: {},
          url: request.url,
          body: Readable.from([]),
          peerIsLocal: local.includes(request.url.hostname),
        };
      },
      close: () => {},
    };
    return { http, asked };
  }

  it.each<[name: string, base: string, local: readonly string[], refuses: boolean]>([
    ['a public server', 'https://registry.example/', [], true],
    ['a server whose name leads here', 'https://registry.example/', ['registry.example'], false],
    ['a server that is named by a loopback address', 'http://127.0.0.1:5000/', [], false],
  ])('of %s', async (_name, base, local, refuses) => {
    const { http, asked } = fake(...local);
    const errands = errandsOf(new URL(base), http);
    await errands.send({ method: 'GET', url: new URL('/v2/', base) });
    await errands.send({ method: 'GET', url: new URL('https://storage.example/x') });
    expect(asked.map(({ refuseLocalPeer }) => refuseLocalPeer ?? false)).toEqual([false, refuses]);
  });
});
