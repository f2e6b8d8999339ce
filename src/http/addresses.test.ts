import { describe, expect, it } from 'vitest';
import { checkHop, isLocal } from './addresses.ts';

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
