import { BlockList, isIP } from 'node:net';
import { SallyportError } from '../base/index.ts';

/** Addresses that mean the machine itself or its link: no public server has a reason to send anybody there. */
const LOCAL = new BlockList();
/** The same, asked of the loopback block alone. */
const LOOPBACK = new BlockList();
for (const list of [LOCAL, LOOPBACK]) {
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
}
LOCAL.addSubnet('0.0.0.0', 8, 'ipv4'); // "this network": reaches the machine itself on Linux
LOCAL.addSubnet('169.254.0.0', 16, 'ipv4'); // link-local, where cloud metadata services live
LOCAL.addAddress('::', 'ipv6');
LOCAL.addSubnet('fe80::', 10, 'ipv6');
LOCAL.addAddress('fd00:ec2::254', 'ipv6'); // metadata service of EC2 over IPv6

/** The host name without brackets and final dot, as it is dialled. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** IPv4 inside of IPv6 (mapped ::ffff:0:0/96, compatible ::/96, NAT64 64:ff9b::/96) as IPv4, so that one form cannot hide another. */
function unwrapIpv4(address: string): string {
  if (/^::ffff:[\d.]+$/i.test(address)) return address.slice('::ffff:'.length);
  const match = /^(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (match === null) return address;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function isIn(list: BlockList, host: string): boolean {
  const address = unwrapIpv4(host);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The same question for the address of a connection. */
export function isLocalAddress(address: string | undefined): boolean {
  return address !== undefined && isIn(LOCAL, address);
}

/** `localhost`, names below it (RFC 6761) and loopback addresses, in any notation that URL parsing knows. */
export function isLoopback(url: URL): boolean {
  const host = bareHost(url);
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

/** Loopback, link-local or unspecified. Names are not looked up: behind a proxy the answer would be another one anyway. */
export function isLocal(url: URL): boolean {
  return isLoopback(url) || isIn(LOCAL, bareHost(url));
}

/**
 * Whether a server may send us on: by redirect, `Location` of an upload, `Link` of a list, `realm` of a challenge.
 * Refused are another scheme than http(s), https → http, user info in the address, and a way from elsewhere to this machine or its link
 * (server-side request forgery; go-containerregistry and regclient had to close this in 2026). Private networks are allowed, because
 * private registries live there; the same host is always allowed.
 * Throws `REDIRECT_REFUSED`; `what` says who sent us (`redirect`, `upload location`…).
 */
export function checkHop(from: URL, to: URL, what: string): void {
  const refuse = (why: string): never => {
    throw new SallyportError(
      'REDIRECT_REFUSED',
      `the ${what} points to ${to.protocol}//${to.host}, which is not followed: ${why}`,
      { subject: from.host, facts: { from: from.host, to: to.host } },
    );
  };
  if (to.protocol !== 'https:' && to.protocol !== 'http:') refuse('only http and https are');
  if (from.protocol === 'https:' && to.protocol === 'http:') refuse('it would leave TLS');
  if (to.username !== '' || to.password !== '') refuse('it carries credentials in the address');
  if (bareHost(from) === bareHost(to)) return;
  if (isLocal(to) && !(isLoopback(from) && isLoopback(to)))
    refuse('it is an address of this machine or its link');
}
