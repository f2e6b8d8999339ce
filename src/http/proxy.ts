import { BlockList, isIP } from 'node:net';
import { SallyportError } from '../base/index.ts';
import { bareHost, isLoopback } from './addresses.ts';

export type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Lower case first, as curl and Go have it. */
function read(env: Env, name: string): string {
  return (env[name.toLowerCase()] ?? '') || (env[name.toUpperCase()] ?? '');
}

/** The port that will be dialled. */
export function portOf(url: URL): number {
  return url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
}

/**
 * The proxy for a URL by the usual environment variables, or undefined for a direct connection.
 * Loopback is never proxied. Throws `CONNECTION_FAILED` for a proxy that cannot be read or is of another kind than http(s).
 */
export function proxyFor(url: URL, env: Env): URL | undefined {
  const variable = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const name = read(env, variable) === '' ? 'all_proxy' : variable;
  const value = read(env, name);
  if (value === '' || isLoopback(url) || isExempt(url, read(env, 'no_proxy'))) return undefined;
  const unusable = (why: string): SallyportError =>
    new SallyportError('CONNECTION_FAILED', `the proxy named by ${name.toUpperCase()} ${why}`, {
      subject: url.host,
      hint: `Set ${name.toUpperCase()} to http://[user:password@]host:port, or name the host in NO_PROXY.`,
      facts: { phase: 'proxy', reason: 'PROXY_INVALID', transient: false },
    });
  let proxy: URL;
  try {
    proxy = new URL(value.includes('://') ? value : `http://${value}`);
  } catch {
    throw unusable('is not an address');
  }
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')
    throw unusable(`is of a kind that is not supported (${proxy.protocol}//)`);
  return proxy;
}

/**
 * NO_PROXY as Go's tools read it (golang.org/x/net/http/httpproxy), since those stand beside us on the same machines:
 * `*`, addresses, CIDR blocks, `name` (itself and names below it), `.name` and `*.name` (names below it), each with an optional port.
 */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = bareHost(url);
  const port = portOf(url);
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(entry, host);
  const [name, wanted] = splitPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name) !== 0) return sameAddress(name, host);
  const suffix = name.replace(/^\*/, '');
  if (suffix.startsWith('.')) return host.endsWith(suffix);
  return host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): readonly [name: string, port: number | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  const match = bracketed ?? (isIP(entry) === 0 ? /^([^:]*):(\d+)$/.exec(entry) : null);
  if (match === null) return [entry, undefined];
  return [match[1] ?? '', match[2] === undefined ? undefined : Number(match[2])];
}

function family(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 6 ? 'ipv6' : 'ipv4';
}

function sameAddress(entry: string, host: string): boolean {
  return family(entry) === family(host) && inList((list, kind) => list.addAddress(entry, kind), entry, host);
}

function inBlock(entry: string, host: string): boolean {
  const slash = entry.lastIndexOf('/');
  const bits = Number(entry.slice(slash + 1));
  const network = entry.slice(0, slash);
  const kind = family(network);
  if (kind === undefined || !Number.isInteger(bits) || bits < 0 || bits > (kind === 'ipv6' ? 128 : 32))
    return false;
  return inList((list) => list.addSubnet(network, bits, kind), network, host);
}

function inList(
  fill: (list: BlockList, kind: 'ipv4' | 'ipv6') => void,
  entry: string,
  host: string,
): boolean {
  const kind = family(entry);
  const hostKind = family(host);
  if (kind === undefined || hostKind === undefined) return false;
  const list = new BlockList();
  fill(list, kind);
  return list.check(host, hostKind);
}

/** `Proxy-Authorization` for a proxy URL with user info. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
