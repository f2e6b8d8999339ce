import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { SallyportError, systemCode } from '../base/index.ts';
import type { Env } from './proxy.ts';
import type { HostSettings } from './types.ts';

/** Where Linux distributions keep the CA bundle that an administrator extends (the list of Go's crypto/x509 root_linux.go). Node reads none by itself. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL 6
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // RHEL 7 and newer
  '/etc/ssl/cert.pem', // Alpine, macOS
] as const;

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** Makes TLS contexts per host: the machine's authorities, those of the host added, TLS 1.2 at the least. */
export interface Trust {
  contextFor(host: string, settings: HostSettings): SecureContext;
}

export function createTrust(env: Env): Trust {
  let machine: readonly string[] | undefined;
  let plain: SecureContext | undefined;
  /** Hundreds of authorities take some 20 ms to read; hosts with the same settings share a context. */
  const made = new Map<string, SecureContext>();
  const authorities = (): readonly string[] => {
    machine ??= machineAuthorities(env);
    return machine;
  };
  return {
    contextFor: (host, { ca = [], cert, key, onlyCa = false }) => {
      if (ca.length === 0 && cert === undefined) {
        plain ??= createSecureContext({ ca: [...authorities()], minVersion: 'TLSv1.2' });
        return plain;
      }
      const sameAs = JSON.stringify([onlyCa, ...[...ca, cert, key].map((pem) => pem?.toString('latin1'))]);
      const known = made.get(sameAs);
      if (known !== undefined) return known;
      try {
        const context = createSecureContext({
          ca: [...(onlyCa && ca.length > 0 ? [] : authorities()), ...ca.map((pem) => checkedPem(host, pem))],
          minVersion: 'TLSv1.2',
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        });
        made.set(sameAs, context);
        return context;
      } catch (cause) {
        if (cause instanceof SallyportError) throw cause;
        throw new SallyportError(
          'TLS_FAILED',
          `the certificate or key configured for this host cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
          {
            subject: host,
            cause,
            hint: 'CA, client certificate and key are PEM files; certificate and key must belong together.',
          },
        );
      }
    },
  };
}

/** Node silently ignores a CA file without a certificate in it; the user should know instead. */
function checkedPem(host: string, pem: Buffer): Buffer {
  if (pem.toString('latin1').match(CERTIFICATE) !== null) return pem;
  throw new SallyportError('TLS_FAILED', 'the CA configured for this host holds no PEM certificate', {
    subject: host,
    hint: 'Convert it: openssl x509 -inform der -in FILE -out ca.crt',
  });
}

/** Node's own list, the system bundle and what NODE_EXTRA_CA_CERTS names, each certificate once. */
function machineAuthorities(env: Env): readonly string[] {
  const found = new Set(rootCertificates.map((pem) => pem.trim()));
  const bundles =
    env['SSL_CERT_FILE'] === undefined || env['SSL_CERT_FILE'] === ''
      ? SYSTEM_BUNDLES
      : [env['SSL_CERT_FILE']];
  for (const text of [firstReadable(bundles), firstReadable([env['NODE_EXTRA_CA_CERTS'] ?? ''])]) {
    for (const pem of text?.match(CERTIFICATE) ?? []) found.add(pem.trim());
  }
  return [...found];
}

function firstReadable(files: readonly string[]): string | undefined {
  for (const file of files) {
    if (file === '') continue;
    try {
      return readFileSync(file, 'latin1');
    } catch (error) {
      // These are the machine's files, not the user's wish: a missing or forbidden one leaves Node's own list.
      if (systemCode(error) === undefined) throw error;
    }
  }
  return undefined;
}
