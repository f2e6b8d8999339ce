import type { Duplex } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import type { TransportFacts } from './types.ts';

/**
 * Whether a server that was asked in plain http speaks TLS on that port. Servers show it in ways that other troubles have too: Go and
 * nginx answer 400, whose words a HEAD does not bring, Node cuts the connection, others send an alert that is no HTTP. So it is tried: a
 * handshake that succeeds, or is refused with an alert, is proof. Nothing is sent over it. `dialTls` must not verify the certificate.
 */
export async function speaksTls(dialTls: () => Promise<Duplex>): Promise<boolean> {
  try {
    (await dialTls()).destroy();
    return true;
  } catch (error) {
    // The reason is OpenSSL's: an alert is a TLS record, such as the one of a server that wants a client certificate.
    return error instanceof SallyportError && String(error.facts['reason']).includes('_ALERT_');
  }
}

/** What happened to a request in plain http that may mean TLS: an answer with 400, a cut, or bytes that are no HTTP. */
export function mayMeanTls(outcome: unknown): boolean {
  if (typeof outcome === 'number') return outcome === 400;
  if (!(outcome instanceof SallyportError) || outcome.code !== 'CONNECTION_FAILED') return false;
  const { phase, reason } = outcome.facts;
  return (phase === 'send' || phase === 'headers') && /^(?:ECONNRESET|EPIPE|HPE_)/.test(String(reason));
}

/** Names the mistake and how to undo it. */
export function askedWithoutTls(host: string): SallyportError {
  const facts: TransportFacts = { phase: 'tls', reason: 'PLAIN_HTTP_TO_TLS', transient: false };
  return new SallyportError('TLS_FAILED', 'it speaks TLS on this port, but was asked in plain http', {
    subject: host,
    facts: { ...facts },
    hint: `Leave plainHttp out for ${host}, or for the registry that it is the mirror of, in --registry and under registries in sallyport.yaml (or write https:// where a whole address is given).`,
  });
}
