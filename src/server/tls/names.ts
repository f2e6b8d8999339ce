import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** The names under which clients may reach a server that listens on this address. */
export function ownNames(listened: string): string[] {
  const always = ['localhost', '127.0.0.1', '::1', hostname()];
  if (listened !== '0.0.0.0' && listened !== '::') return [...always, listened];
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  // An address that counts on one link only means nothing to a client elsewhere.
  return [...always, ...addresses.filter((address) => !address.startsWith('fe80:'))];
}

const HOST_NAME =
  /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** Whether a certificate can be made for this: a host name (its first label may be `*`) or an address. */
export function isCertificateName(name: string): boolean {
  return isIP(name) !== 0 || HOST_NAME.test(name);
}
