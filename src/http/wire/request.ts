import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpRequest } from '../types.ts';

/** Anything that does not belong in a request line: what `URL` leaves as it is and RFC 9112 section 3 does not. */
const NOT_IN_TARGETS = /[^\x21-\x7e]/;

/**
 * Request line and headers with the empty line after them. `proxy`: it goes through one in plain http, which wants the whole URL (RFC 9112
 * section 3.2.2). Throws `TypeError` for what would not be one request: line breaks and the like in address or headers.
 */
export function requestHead(
  { method, url, headers, body }: HttpRequest,
  {
    userAgent,
    proxy,
  }: {
    readonly userAgent: string;
    readonly proxy: { readonly authorization: string | undefined } | undefined;
  },
): string {
  const path = `${url.pathname}${url.search}`;
  const target = proxy === undefined ? path : `${url.origin}${path}`;
  if (NOT_IN_TARGETS.test(target)) throw new TypeError('the address has characters that no request may have');
  const length =
    body?.length ?? (method === 'GET' || method === 'HEAD' || method === 'DELETE' ? undefined : 0);
  const fields: Record<string, string> = {
    host: url.host,
    connection: 'keep-alive',
    'user-agent': userAgent,
    // Blobs and manifests are exact bytes; a decompressing or recompressing hop would change them.
    'accept-encoding': 'identity',
  };
  for (const [name, value] of Object.entries(headers ?? {})) fields[name.toLowerCase()] = value;
  if (length !== undefined) fields['content-length'] = String(length);
  if (proxy?.authorization !== undefined) fields['proxy-authorization'] = proxy.authorization;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(fields)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
