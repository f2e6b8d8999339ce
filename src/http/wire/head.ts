import type { IncomingHttpHeaders } from 'node:http';

/** Where the body of an answer ends (RFC 9112 section 6.3). `length` is bytes. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** With the connection. */
  | { readonly kind: 'close' };

/** Status line and headers of an answer. */
export interface Head {
  readonly status: number;
  /** As `node:http` gives them: names in lower case, what came twice joined or left out. */
  readonly headers: IncomingHttpHeaders;
  /** Whether the connection can be used again after this answer. */
  readonly keepAlive: boolean;
  readonly framing: Framing;
}

/** What is not HTTP; the code is the one that the parser of Node gives for it. */
export class WireError extends Error {
  readonly code: `HPE_${string}`;

  constructor(code: `HPE_${string}`, message: string) {
    super(message);
    this.name = 'WireError';
    this.code = code;
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Anything but visible characters, spaces and tabs: RFC 9110 section 5.5. */
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/;

/** Of these the first counts, as in `node:http` (message.headers). */
const FIRST_COUNTS: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/**
 * Reads status line and headers, without the empty line after them. As strict as Node's own parser: folded lines, lone CR or LF, two lengths, or a
 * length beside an encoding are refused. Throws `WireError`. `method` is the one of the request: an answer to HEAD has no body.
 */
export function readHead(text: string, method: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const line = STATUS_LINE.exec(first);
  if (line === null) throw new WireError('HPE_INVALID_CONSTANT', 'is no status line');
  const status = Number(line[2]);
  const headers = readFields(lines);
  const framing = framingOf(headers, method, status);
  const said = headers.connection?.toLowerCase() ?? '';
  return {
    status,
    headers,
    framing,
    keepAlive: line[1] === '1' && framing.kind !== 'close' && !said.split(/\s*,\s*/).includes('close'),
  };
}

function readFields(lines: readonly string[]): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const written = line.slice(0, Math.max(0, colon));
    if (!NAME.test(written)) throw new WireError('HPE_INVALID_HEADER_TOKEN', 'is no header');
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (NOT_IN_VALUES.test(value)) throw new WireError('HPE_INVALID_HEADER_TOKEN', 'is no value of a header');
    const name = written.toLowerCase();
    if (name === 'set-cookie') {
      const cookies = headers[name] ?? [];
      cookies.push(value);
      headers[name] = cookies;
    } else {
      const before = headers[name];
      if (before === undefined) headers[name] = value;
      else if (name === 'content-length')
        throw new WireError('HPE_UNEXPECTED_CONTENT_LENGTH', 'has two lengths');
      else if (!FIRST_COUNTS.has(name)) headers[name] = `${String(before)}, ${value}`;
    }
  }
  return headers;
}

function framingOf(headers: IncomingHttpHeaders, method: string, status: number): Framing {
  const encoding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (length !== undefined && !(/^\d{1,16}$/.test(length) && Number.isSafeInteger(Number(length))))
    throw new WireError('HPE_INVALID_CONTENT_LENGTH', 'has a length that is no number');
  if (encoding !== undefined && length !== undefined)
    throw new WireError('HPE_UNEXPECTED_CONTENT_LENGTH', 'has a length beside an encoding');
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200)
    return { kind: 'length', length: 0 };
  if (length !== undefined) return { kind: 'length', length: Number(length) };
  if (encoding === undefined) return { kind: 'close' };
  if (encoding.toLowerCase() === 'chunked') return { kind: 'chunked' };
  throw new WireError('HPE_INVALID_TRANSFER_ENCODING', 'comes in an encoding that nobody asked for');
}
