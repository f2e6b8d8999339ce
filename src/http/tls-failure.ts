import type { PeerCertificate } from 'node:tls';
import { printable, SallyportError, systemCode } from '../base/index.ts';

/** The part of a presented certificate that an error shows. */
export type Presented = Pick<
  PeerCertificate,
  'subject' | 'issuer' | 'valid_from' | 'valid_to' | 'subjectaltname'
> & {
  readonly issuerCertificate?: Presented;
};

const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]);

/** What OpenSSL says when the other side answers in plain HTTP (wording differs between Node 20, 22 and 24). */
const PLAIN_HTTP = /wrong version number|packet length too long|http request|record layer failure/i;
const NO_COMMON_VERSION = /unsupported protocol|protocol version|no protocols available|version too low/i;
const WANTS_CLIENT_CERTIFICATE = /certificate required|bad certificate|handshake failure/i;

function nameOf(name: Presented['subject'] | undefined): string {
  const entries = Object.entries(name ?? {}).map(([key, value]) => `${key}=${[value].flat().join('+')}`);
  return entries.length === 0 ? '(no name)' : printable(entries.join(', '), 300);
}

function topOf(presented: Presented): Presented {
  let top = presented;
  // Node closes the chain with a certificate that is its own issuer; 10 is more than any real chain.
  for (
    let depth = 0;
    depth < 10 && top.issuerCertificate !== undefined && top.issuerCertificate !== top;
    depth++
  ) {
    top = top.issuerCertificate;
  }
  return top;
}

/** True for errors of the handshake or of records after it, which repeating will not cure. */
export function isTlsError(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return (
    UNKNOWN_AUTHORITY.has(code) ||
    code === 'EPROTO' ||
    /^(?:ERR_SSL_|ERR_TLS_|CERT_|HOSTNAME_MISMATCH|CRL_|INVALID_CA|PATH_LENGTH_EXCEEDED|UNABLE_TO_)/.test(
      code,
    )
  );
}

/** OpenSSL's reason (`sslv3 alert bad certificate`) where there is one: its whole message has addresses in memory and file names of its source. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return printable('reason' in error && typeof error.reason === 'string' ? error.reason : error.message, 200);
}

/** A handshake error as `TLS_FAILED` with the reason and what to do about it; `presented` is the chain that the server showed, if it came so far. */
export function tlsFailure(host: string, error: unknown, presented?: Presented): SallyportError {
  const code = systemCode(error) ?? 'UNKNOWN';
  const said = wordsOf(error);
  const fail = (message: string, hint?: string): SallyportError =>
    new SallyportError('TLS_FAILED', message, {
      subject: host,
      cause: error,
      facts: {
        phase: 'tls',
        reason: code,
        transient: false,
        ...(presented === undefined
          ? {}
          : { certificateSubject: nameOf(presented.subject), certificateIssuer: nameOf(presented.issuer) }),
      },
      ...(hint === undefined ? {} : { hint }),
    });
  const place = `~/.config/containers/certs.d/${host}/ca.crt`;
  if (UNKNOWN_AUTHORITY.has(code)) {
    const chain =
      presented === undefined
        ? ''
        : `: it presents “${nameOf(presented.subject)}”, issued by “${nameOf(presented.issuer)}”${topOf(presented) === presented ? '' : ` (the chain ends at “${nameOf(topOf(presented).issuer)}”)`}`;
    return fail(
      `its certificate is signed by an authority that is not known here${chain}`,
      `Save that authority's certificate (PEM) as ${place}, or name it with --registry ${host},caFile=FILE; never switch verification off for good.`,
    );
  }
  if (code === 'CERT_HAS_EXPIRED')
    return fail(
      `its certificate expired${presented === undefined ? '' : ` on ${presented.valid_to}`}`,
      'Have the certificate renewed, and check the clock of this machine.',
    );
  if (code === 'CERT_NOT_YET_VALID')
    return fail(
      `its certificate is not valid before ${presented?.valid_from ?? 'a later date'}`,
      'Check the clock of this machine and of the one that made the certificate.',
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    const names = presented?.subjectaltname ?? '';
    return fail(
      `its certificate is made for other names: ${names === '' ? `no alternative names, subject “${nameOf(presented?.subject)}”` : printable(names, 300)}`,
      'Use one of these names for the registry, or have a certificate made for the name in use.',
    );
  }
  if (PLAIN_HTTP.test(said))
    return fail(
      'it does not speak TLS on this port; it looks like plain http',
      `If that is meant to be, say so: --registry ${host},plainHttp=true.`,
    );
  if (NO_COMMON_VERSION.test(said))
    return fail(
      'it offers only TLS versions older than 1.2',
      'Have TLS 1.2 or newer switched on at the server.',
    );
  if (WANTS_CLIENT_CERTIFICATE.test(said))
    return fail(
      `it refused the TLS handshake (${said}); it may want a client certificate, or another one than it got`,
      `Name one with --registry ${host},certFile=FILE,keyFile=FILE, or save it as client.cert and client.key beside ${place}.`,
    );
  return fail(`the TLS handshake failed: ${said} (${code})`);
}
