import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMakeCertificates } from '../../../test/support/certificates.ts';
import { fc, runs } from '../../../test/support/properties.ts';
import { makeAuthority, makeServerCertificate } from './certificate.ts';
import { integer, oid, time } from './der.ts';
import { generatedTls } from './generated.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.now();
const DAY_MS = 24 * 60 * 60 * 1000;

describe('DER', () => {
  it.each([
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['2.5.29.17', '0603551d11'],
  ])('writes the object identifier %s', (dotted, hex) => expect(oid(dotted).toString('hex')).toBe(hex));

  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [Buffer.from('0000ff01', 'hex'), '020300ff01'],
    [Buffer.from('00007f', 'hex'), '02017f'],
  ])('writes the number %o', (value, hex) => expect(integer(value).toString('hex')).toBe(hex));

  it('writes times of both kinds', () => {
    expect(time(new Date('2026-01-02T03:04:05.678Z')).toString('latin1')).toBe('\x17\x0d260102030405Z');
    expect(time(new Date('2050-01-02T03:04:05Z')).toString('latin1')).toBe('\x18\x0f20500102030405Z');
  });
});

describe('a server certificate', () => {
  const authority = makeAuthority({ name: 'Test authority', days: 10, now: NOW });
  const ca = new X509Certificate(authority.cert);

  it('comes from an authority that may sign', () => {
    expect([ca.ca, ca.subject, ca.verify(ca.publicKey)]).toEqual([true, 'CN=Test authority', true]);
  });

  it('is for every name and address that it was asked for, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 40 }),
        (names) => {
          const { cert } = makeServerCertificate({
            authority,
            authorityName: 'Test authority',
            names,
            days: 1,
            now: NOW,
          });
          const leaf = new X509Certificate(cert);
          expect([leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([false, true, true]);
          for (const name of names)
            expect(
              leaf.checkHost(name) ?? leaf.checkIP(name),
              `${name}: ${leaf.subjectAltName}`,
            ).toBeDefined();
          expect(leaf.checkHost('other.invalid')).toBeUndefined();
        },
      ),
      { numRuns: runs(20) },
    );
  });

  it.skipIf(!canMakeCertificates)('is one for openssl too', () => {
    const leaf = makeServerCertificate({
      authority,
      authorityName: 'Test authority',
      names: ['registry.corp.example', '::1', '10.0.0.1'],
      days: 1,
      now: NOW,
    });
    writeFileSync(join(folder, 'ca.crt'), authority.cert);
    writeFileSync(join(folder, 'leaf.crt'), leaf.cert);
    const verify = (...more: string[]) =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt', ...more, 'leaf.crt'],
        { cwd: folder, encoding: 'utf8', stdio: 'pipe' },
      );
    expect(verify('-verify_hostname', 'registry.corp.example')).toBe('leaf.crt: OK\n');
    expect(verify('-verify_ip', '::1')).toBe('leaf.crt: OK\n');
    expect(() => verify('-verify_hostname', 'other.example')).toThrow();
  });
});

describe('the certificate of a folder', () => {
  it('serves https to whoever trusts its authority', async () => {
    const tls = await generatedTls({ folder, names: ['localhost', '127.0.0.1'] });
    const server = createServer(tls, (_message, response) => response.end('hello'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = async (options: { ca?: Buffer }) => {
      const sent = request({ host: '127.0.0.1', port, ...options }).end();
      const [message] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      message.resume();
      return message.statusCode;
    };
    try {
      expect(await ask({ ca: readFileSync(tls.caFile) })).toBe(200);
      await expect(ask({})).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('stays while it fits, and its authority stays when it no longer does', async () => {
    const first = await generatedTls({ folder, names: ['a.example', 'b.example'], now: NOW });
    const ca = readFileSync(first.caFile, 'utf8');
    const again = await generatedTls({ folder, names: ['b.example'], now: NOW + 30 * DAY_MS });
    expect(again.cert).toBe(first.cert);
    const renamed = await generatedTls({ folder, names: ['c.example'], now: NOW });
    expect(renamed.cert).not.toBe(first.cert);
    const renewed = await generatedTls({ folder, names: ['c.example'], now: NOW + 740 * DAY_MS });
    expect(renewed.cert).not.toBe(renamed.cert);
    expect(readFileSync(first.caFile, 'utf8')).toBe(ca);
    const later = await generatedTls({ folder, names: ['c.example'], now: NOW + 3600 * DAY_MS });
    expect(readFileSync(later.caFile, 'utf8')).not.toBe(ca);
  });

  it('keeps its keys to the owner', async () => {
    await generatedTls({ folder, names: ['a.example'] });
    for (const name of ['ca.key', 'server.key']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  it('is made anew when a kill left a key that does not belong to it, and damage is told', async () => {
    const first = await generatedTls({ folder, names: ['a.example'] });
    writeFileSync(join(folder, 'server.key'), makeAuthority({ name: 'x', days: 1, now: NOW }).key);
    const second = await generatedTls({ folder, names: ['a.example'] });
    expect(second.cert).not.toBe(first.cert);
    writeFileSync(join(folder, 'server.crt'), 'garbage');
    await expect(generatedTls({ folder, names: ['a.example'] })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      subject: join(folder, 'server.crt'),
    });
  });
});
