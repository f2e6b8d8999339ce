import { Readable } from 'node:stream';
import type { ErrorCode } from '../../src/base/index.ts';
import type { ApiRequest, ApiResponse, Intercepted } from '../../src/server/index.ts';

/** What a fault can use. */
export interface Tools {
  /** Milliseconds since the epoch, as the client has it. */
  readonly now: () => number;
  /** Origin of the object store. */
  readonly elsewhere: string;
  readonly registry: () => string;
  /** How many requests have suffered. */
  readonly serial: () => number;
  /** Lets the registry's own time, by which its tokens end, jump ahead. */
  readonly advance: (ms: number) => void;
  /** The bytes of the blob that a path names. */
  readonly blob: (request: ApiRequest) => Buffer;
}

/** One way to misbehave. */
export interface Fault {
  readonly name: string;
  /** Whose registry it is that does so. */
  readonly side: 'source' | 'target' | 'both';
  readonly when: (request: ApiRequest) => boolean;
  /** How often each method and path suffers; without end when it is not said. */
  readonly times?: number;
  /** How many requests suffer in all. */
  readonly total?: number;
  readonly does: (request: ApiRequest, tools: Tools, before: number) => Intercepted;
  /**
   * What a command has to make of it: a right copy, a refusal with one of these codes, or either (the registry
   * may have been asked by then or not). Never a wrong copy, and never an end without an answer.
   */
  readonly ends: 'right' | 'either' | readonly ErrorCode[];
  /** What belongs to the image may stay behind: nobody can copy what is not told. */
  readonly hidesReferrers?: boolean;
}

type When = Fault['when'];
type Body = NonNullable<ApiResponse['body']>;

const all: When = ({ path }) => path.startsWith('/v2/');
const manifestGet: When = ({ method, path }) => method === 'GET' && path.includes('/manifests/');
const manifestHead: When = ({ method, path }) => method === 'HEAD' && path.includes('/manifests/');
const manifestRead: When = (request) => manifestGet(request) || manifestHead(request);
const manifestPut: When = ({ method, path }) => method === 'PUT' && path.includes('/manifests/');
const tagPut: When = (request) => manifestPut(request) && !request.path.includes('sha256:');
const blobGet: When = ({ method, path }) => method === 'GET' && /\/blobs\/sha256:/.test(path);
const blobHead: When = ({ method, path }) => method === 'HEAD' && /\/blobs\/sha256:/.test(path);
const uploadStart: When = ({ method, path, query }) =>
  method === 'POST' && path.endsWith('/blobs/uploads/') && !query.has('mount');
const mount: When = ({ method, query }) => method === 'POST' && query.has('mount');
const upload: When = ({ method, path }) =>
  (method === 'PUT' || method === 'PATCH') && path.includes('/blobs/uploads/');
const uploadPut: When = (request) => upload(request) && request.method === 'PUT';
const referrers: When = ({ path }) => path.includes('/referrers/');
const token: When = ({ path }) => path === '/token';
const anyOf =
  (...list: readonly When[]): When =>
  (request) =>
    list.some((when) => when(request));
/** Blobs that are moved as a stream and not with the small requests. */
const large =
  (when: When): When =>
  (request) =>
    when(request) && Number(request.headers['content-length'] ?? 1e9) > 100_000;

const answer = (
  status: number,
  headers: Record<string, string> = {},
  body: string | ApiResponse['body'] = '',
): Intercepted => ({
  respond: {
    status,
    headers,
    body: typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
  },
});

const errors = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Intercepted =>
  answer(
    status,
    { 'content-type': 'application/json', ...headers },
    JSON.stringify({ errors: [{ code, message }] }),
  );

const page = (status: number): Intercepted =>
  answer(
    status,
    { 'content-type': 'text/html' },
    `<html><body><h1>\u001b[31mBad Gateway</h1>${'<p>x</p>'.repeat(2000)}</body></html>`,
  );

/** The real answer with other headers; undefined takes one away. */
const headers = (
  changes:
    | Record<string, string | undefined>
    | ((response: ApiResponse) => Record<string, string | undefined>),
): Intercepted => ({
  rewrite: (response) => {
    const wanted = { ...response.headers, ...(typeof changes === 'function' ? changes(response) : changes) };
    const kept = Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { ...response, headers: Object.fromEntries(kept) };
  },
});

const bytesOf = async (body: ApiResponse['body']): Promise<Buffer> => {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of await body.open()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** The real answer with other bytes, as long as before. */
const content = (change: (bytes: Buffer) => Buffer): Intercepted => ({
  rewrite: async (response) =>
    response.status >= 300 ? response : { ...response, body: change(await bytesOf(response.body)) },
});

const flipped = (bytes: Buffer): Buffer => {
  const other = Buffer.from(bytes);
  const middle = Math.floor(other.length / 2);
  other[middle] = (other[middle] ?? 0) ^ 1;
  return other;
};

/** Bytes that come in pieces with pauses, or stop coming. */
const slowly = (bytes: Buffer, pieces: number, pauseMs: number): Body => ({
  length: bytes.length,
  open: async () =>
    Readable.from(
      (async function* () {
        const size = Math.ceil(bytes.length / pieces);
        for (let at = 0; at < bytes.length; at += size) {
          yield bytes.subarray(at, at + size);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      })(),
    ),
});

/** What never ends, for as long as somebody reads. */
const endless = (): Body => ({
  length: Number.MAX_SAFE_INTEGER,
  open: async () =>
    Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, 'x');
      })(),
    ),
});

const lost: Intercepted = {
  // The registry has done it; only its answer does not arrive.
  rewrite: () => {
    throw new Error('the answer is lost on purpose');
  },
};

const wrongDigest = `sha256:${'0'.repeat(64)}`;
const HOUR_MS = 3_600_000;

/** Bursts pass: tried again, everything is right. */
const BURSTS: readonly Fault[] = [
  ...[500, 502, 503, 504, 408, 429].map(
    (status): Fault => ({
      name: `${status} twice for everything`,
      side: 'both',
      when: all,
      times: 2,
      does: () => errors(status, 'UNKNOWN', 'try again'),
      ends: 'right',
    }),
  ),
  {
    name: '429 with seconds',
    side: 'both',
    when: all,
    times: 2,
    does: () => errors(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '7' }),
    ends: 'right',
  },
  {
    name: '429 with a date',
    side: 'both',
    when: all,
    times: 2,
    does: (_request, { now }) =>
      errors(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': new Date(now() + 5000).toUTCString() }),
    ends: 'right',
  },
  {
    name: '503 with a date that is over',
    side: 'both',
    when: all,
    times: 2,
    does: (_request, { now }) =>
      errors(503, 'UNAVAILABLE', 'soon', { 'retry-after': new Date(now() - HOUR_MS).toUTCString() }),
    ends: 'right',
  },
  {
    name: '429 that asks for a day',
    side: 'both',
    when: manifestRead,
    times: 1,
    does: () => errors(429, 'TOOMANYREQUESTS', 'tomorrow', { 'retry-after': '86400' }),
    ends: 'right',
  },
  {
    name: '429 with nonsense',
    side: 'both',
    when: all,
    times: 1,
    does: () => errors(429, 'TOOMANYREQUESTS', 'later', { 'retry-after': 'soon-ish' }),
    ends: 'right',
  },
  {
    name: 'HTML with 502 twice for everything',
    side: 'both',
    when: all,
    times: 2,
    does: () => page(502),
    ends: 'right',
  },
  {
    name: 'a huge body with 500',
    side: 'both',
    when: anyOf(manifestRead, uploadStart),
    times: 1,
    does: () => answer(500, { 'content-type': 'text/plain' }, endless()),
    ends: 'right',
  },
  {
    name: 'no answer but a reset, once for everything',
    side: 'both',
    when: all,
    times: 1,
    does: () => ({ fault: { kind: 'reset' } }),
    ends: 'right',
  },
  {
    name: 'silence, once for manifests and blobs',
    side: 'both',
    when: anyOf(manifestGet, blobGet, manifestPut),
    times: 1,
    does: () => ({ fault: { kind: 'hang' } }),
    ends: 'right',
  },
];

/** What does not pass is told. */
const WALLS: readonly Fault[] = [
  {
    name: '429 for ever',
    side: 'both',
    when: all,
    does: () => errors(429, 'TOOMANYREQUESTS', 'no more', { 'retry-after': '1' }),
    ends: ['RATE_LIMITED'],
  },
  {
    name: '500 for ever',
    side: 'both',
    when: all,
    does: () => errors(500, 'UNKNOWN', 'broken'),
    ends: ['REGISTRY_REFUSED'],
  },
  {
    name: 'resets for ever',
    side: 'both',
    when: all,
    does: () => ({ fault: { kind: 'reset' } }),
    ends: ['CONNECTION_FAILED'],
  },
  {
    name: 'silence for ever',
    side: 'both',
    when: anyOf(manifestGet, manifestPut),
    does: () => ({ fault: { kind: 'hang' } }),
    ends: ['TIMEOUT'],
  },
  {
    name: 'pages of a portal in place of everything',
    side: 'both',
    when: all,
    does: () => page(200),
    ends: [
      'REGISTRY_PROTOCOL',
      'MANIFEST_INVALID',
      'UNSUPPORTED_MEDIA_TYPE',
      'SIZE_MISMATCH',
      'DIGEST_MISMATCH',
    ],
  },
  { name: 'pages of a portal with 403', side: 'both', when: all, does: () => page(403), ends: ['FORBIDDEN'] },
  {
    name: 'a huge body with 400',
    side: 'both',
    when: anyOf(manifestGet, manifestPut),
    does: () => answer(400, { 'content-type': 'text/plain' }, endless()),
    ends: ['REGISTRY_REFUSED'],
  },
  {
    name: 'a manifest without end',
    side: 'source',
    when: manifestGet,
    does: () => answer(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' }, endless()),
    ends: ['REGISTRY_PROTOCOL', 'MANIFEST_INVALID'],
  },
  {
    name: '401 without a challenge',
    side: 'both',
    when: all,
    does: () => errors(401, 'UNAUTHORIZED', 'no'),
    ends: ['UNAUTHORIZED'],
  },
  {
    name: '401 whatever the token',
    side: 'both',
    when: all,
    does: (_request, { registry }) =>
      errors(401, 'UNAUTHORIZED', 'no', {
        'www-authenticate': `Bearer realm="${registry()}/token",service="x"`,
      }),
    ends: ['UNAUTHORIZED'],
  },
];

/** Bodies that are cut, short, long, slow or wrong. */
const BODIES: readonly Fault[] = [
  {
    name: 'blobs that break off, twice',
    side: 'source',
    when: blobGet,
    times: 2,
    does: () => ({ fault: { kind: 'reset-response', afterBytes: 1000 } }),
    ends: 'right',
  },
  {
    name: 'blobs that always break off after a little',
    side: 'source',
    when: blobGet,
    does: () => ({ fault: { kind: 'reset-response', afterBytes: 10 } }),
    ends: ['CONNECTION_FAILED'],
  },
  {
    name: 'manifests that break off, once',
    side: 'both',
    when: manifestGet,
    times: 1,
    does: () => ({ fault: { kind: 'reset-response', afterBytes: 20 } }),
    ends: 'right',
  },
  {
    name: 'uploads that break off, twice',
    side: 'target',
    when: large(upload),
    times: 2,
    does: () => ({ fault: { kind: 'reset-request', afterBytes: 70_000 } }),
    ends: 'right',
  },
  {
    name: 'uploads that always break off',
    side: 'target',
    when: upload,
    does: () => ({ fault: { kind: 'reset-request', afterBytes: 0 } }),
    ends: ['CONNECTION_FAILED', 'REGISTRY_REFUSED'],
  },
  {
    name: 'lost answers to uploads',
    side: 'target',
    when: upload,
    times: 1,
    does: () => lost,
    ends: 'right',
  },
  {
    name: 'lost answers to manifests',
    side: 'target',
    when: manifestPut,
    times: 1,
    does: () => lost,
    ends: 'right',
  },
  {
    name: 'lost answers to the start of uploads',
    side: 'target',
    when: anyOf(uploadStart, mount),
    times: 1,
    does: () => lost,
    ends: 'right',
  },
  {
    name: 'Range ignored',
    side: 'source',
    when: blobGet,
    does: ({ headers: { range }, ...request }, { blob }, before) =>
      before === 0 || range === undefined
        ? before === 0
          ? { fault: { kind: 'reset-response', afterBytes: 1000 } }
          : { rewrite: (response) => response }
        : answer(200, { 'content-type': 'application/octet-stream' }, blob({ ...request, headers: {} })),
    ends: 'right',
  },
  {
    name: 'Range answered with another part',
    side: 'source',
    when: blobGet,
    times: 2,
    does: ({ headers: { range } }, { blob: _ }) =>
      range === undefined
        ? { fault: { kind: 'reset-response', afterBytes: 1000 } }
        : headers((response) => ({
            'content-range': String(response.headers['content-range']).replace(/bytes (\d+)/, 'bytes 1$1'),
          })),
    ends: 'right',
  },
  {
    name: 'Range answered with other bytes than it says',
    side: 'source',
    when: blobGet,
    does: ({ headers: { range } }) =>
      range === undefined ? { fault: { kind: 'reset-response', afterBytes: 1000 } } : content(flipped),
    ends: ['DIGEST_MISMATCH'],
  },
  {
    name: 'Range refused with 416',
    side: 'source',
    when: blobGet,
    times: 2,
    does: ({ headers: { range } }) =>
      range === undefined
        ? { fault: { kind: 'reset-response', afterBytes: 1000 } }
        : errors(416, 'SIZE_INVALID', 'no such range', { 'content-range': 'bytes */*' }),
    ends: 'right',
  },
  {
    name: 'blobs in drips',
    side: 'source',
    when: blobGet,
    times: 1,
    does: () => ({
      rewrite: async (response) => ({ ...response, body: slowly(await bytesOf(response.body), 40, 10) }),
    }),
    ends: 'right',
  },
  {
    name: 'blobs that stop coming, once',
    side: 'source',
    when: blobGet,
    times: 1,
    does: () => ({
      rewrite: async (response) => ({ ...response, body: slowly(await bytesOf(response.body), 2, 60_000) }),
    }),
    ends: 'right',
  },
  {
    name: 'lengths that are too large, once',
    side: 'source',
    when: blobGet,
    times: 1,
    does: () => ({
      rewrite: async (response) => {
        const bytes = await bytesOf(response.body);
        return { ...response, body: { length: bytes.length + 5, open: async () => Readable.from([bytes]) } };
      },
    }),
    ends: 'either',
  },
  {
    name: 'lengths that are too small',
    side: 'source',
    when: blobGet,
    does: () => ({
      rewrite: async (response) => {
        const bytes = await bytesOf(response.body);
        return { ...response, body: bytes.subarray(0, -1) };
      },
    }),
    ends: ['SIZE_MISMATCH'],
  },
  {
    name: 'wrong lengths of HEAD',
    side: 'both',
    when: anyOf(blobHead, manifestHead),
    does: () => headers({ 'content-length': '1' }),
    ends: 'right',
  },
  {
    name: 'other content of blobs',
    side: 'source',
    when: blobGet,
    does: () => content(flipped),
    ends: ['DIGEST_MISMATCH'],
  },
  {
    name: 'other content of manifests',
    side: 'source',
    when: (request) => manifestGet(request) && request.path.includes('sha256:'),
    does: () => content((bytes) => Buffer.from(bytes.toString().replace('{', '{ '))),
    ends: ['DIGEST_MISMATCH'],
  },
  {
    name: 'other content of manifests at the target',
    side: 'target',
    when: manifestGet,
    does: () => content((bytes) => Buffer.from(bytes.toString().replace('{', '{ '))),
    ends: 'either',
  },
  {
    name: 'the mark of compression on blobs',
    side: 'source',
    when: blobGet,
    does: () => headers({ 'content-encoding': 'gzip' }),
    ends: 'right',
  },
];

/** Headers that are missing or wrong. */
const HEADERS: readonly Fault[] = [
  {
    name: 'no digest headers',
    side: 'both',
    when: all,
    does: () => headers({ 'docker-content-digest': undefined, etag: undefined }),
    ends: 'right',
  },
  {
    name: 'wrong digests of manifests when read',
    side: 'both',
    when: manifestRead,
    does: () => headers({ 'docker-content-digest': wrongDigest }),
    ends: 'right',
  },
  {
    name: 'wrong digests of manifests when written',
    side: 'target',
    when: manifestPut,
    does: () => headers({ 'docker-content-digest': wrongDigest }),
    ends: ['DIGEST_MISMATCH'],
  },
  {
    name: 'wrong digests of blobs',
    side: 'both',
    when: anyOf(blobGet, blobHead, uploadPut),
    does: () => headers({ 'docker-content-digest': wrongDigest }),
    ends: 'either',
  },
  {
    name: 'no media types',
    side: 'both',
    when: manifestRead,
    does: () => headers({ 'content-type': undefined }),
    ends: 'right',
  },
  {
    name: 'text/plain for everything',
    side: 'both',
    when: manifestRead,
    does: () => headers({ 'content-type': 'text/plain' }),
    ends: 'right',
  },
  {
    name: 'wrong media types of manifests',
    side: 'source',
    when: manifestRead,
    does: () => headers({ 'content-type': 'application/vnd.docker.distribution.manifest.v1+json' }),
    ends: ['MANIFEST_INVALID', 'UNSUPPORTED_MEDIA_TYPE'],
  },
  {
    name: 'a clock that is a day behind',
    side: 'both',
    when: (request) => all(request) || token(request),
    does: (_request, { now }) => headers({ date: new Date(now() - 24 * HOUR_MS).toUTCString() }),
    ends: 'right',
  },
  {
    name: 'HEAD refused',
    side: 'both',
    when: ({ method }) => method === 'HEAD',
    does: () => answer(405),
    ends: 'either',
  },
  {
    name: '200 where 201 and 202 are due',
    side: 'target',
    when: anyOf(manifestPut, uploadPut),
    does: () => ({
      rewrite: (response) => (response.status === 201 ? { ...response, status: 200 } : response),
    }),
    ends: 'right',
  },
];

/** Addresses that lead elsewhere. */
const WAYS: readonly Fault[] = [
  {
    name: 'Location relative to the request',
    side: 'target',
    when: anyOf(uploadStart, mount, upload),
    does: () =>
      headers((response) =>
        response.headers['location'] === undefined
          ? {}
          : {
              location: String(response.headers['location'])
                .replace(/^.*\/blobs\/uploads\//, response.status === 202 ? '/v2/RELATIVE/' : '$&')
                .replace(/^\/v2\/RELATIVE\//, '../uploads/'),
            },
      ),
    ends: 'right',
  },
  {
    name: 'Location as a whole address with a query',
    side: 'target',
    when: anyOf(uploadStart, mount, upload),
    does: (_request, { registry }) =>
      headers((response) =>
        response.status === 202
          ? { location: `${registry()}${String(response.headers['location'])}?_state=a%2Fb%20c+d&x=` }
          : {},
      ),
    ends: 'right',
  },
  {
    name: 'Location at another host',
    side: 'target',
    when: anyOf(uploadStart, mount),
    does: (_request, { elsewhere }) =>
      headers((response) =>
        response.status === 202
          ? { location: `${elsewhere}${String(response.headers['location'])}?signature=valid` }
          : {},
      ),
    ends: 'right',
  },
  {
    name: 'no Location',
    side: 'target',
    when: anyOf(uploadStart, mount),
    does: () => headers({ location: undefined }),
    ends: ['REGISTRY_PROTOCOL'],
  },
  {
    name: 'Location that is no address',
    side: 'target',
    when: anyOf(uploadStart, mount),
    does: () => headers({ location: 'http://[' }),
    ends: ['REGISTRY_PROTOCOL'],
  },
  {
    name: 'blobs at another host',
    side: 'source',
    when: blobGet,
    does: ({ path }, { elsewhere }) => answer(307, { location: `${elsewhere}${path}?signature=valid` }),
    ends: 'right',
  },
  {
    name: 'blobs at another host whose address has ended, once',
    side: 'source',
    when: blobGet,
    times: 1,
    does: ({ path }, { elsewhere }) => answer(307, { location: `${elsewhere}${path}?signature=expired` }),
    ends: 'either',
  },
  {
    name: 'manifests at another host',
    side: 'source',
    when: manifestGet,
    does: ({ path }, { elsewhere }) => answer(302, { location: `${elsewhere}${path}?signature=valid` }),
    ends: 'right',
  },
  {
    name: 'redirects in a circle',
    side: 'both',
    when: manifestRead,
    does: ({ path }) => answer(302, { location: path }),
    ends: ['REGISTRY_PROTOCOL'],
  },
  {
    name: 'redirects to nowhere',
    side: 'source',
    when: blobGet,
    does: () => answer(302, { location: 'ftp://files.example/' }),
    ends: ['REDIRECT_REFUSED', 'REGISTRY_PROTOCOL'],
  },
  {
    name: 'pages of a list without end',
    side: 'both',
    when: ({ path }) => path.includes('/referrers/') || path.endsWith('/tags/list'),
    does: (_request, { serial }) => ({
      rewrite: (response) => ({
        ...response,
        headers: { ...response.headers, link: `<?n=1&last=${serial()}>; rel="next"` },
      }),
    }),
    ends: 'either',
    hidesReferrers: true,
  },
  {
    name: 'pages of a list at another host',
    side: 'both',
    when: ({ path }) => path.includes('/referrers/') || path.endsWith('/tags/list'),
    does: (_request, { elsewhere }) => headers({ link: `<${elsewhere}/next>; rel="next"` }),
    ends: 'either',
    hidesReferrers: true,
  },
];

/** What registries may refuse. */
const RULES: readonly Fault[] = [
  ...[202, 400, 403, 404, 405, 500].map(
    (status): Fault => ({
      name: `mounts answered with ${status}`,
      side: 'target',
      when: mount,
      does: () =>
        status === 202 ? { rewrite: (response) => response } : errors(status, 'UNSUPPORTED', 'no mounts'),
      ends: 'right',
    }),
  ),
  ...[400, 403, 404, 405, 406, 501].map(
    (status): Fault => ({
      name: `referrers answered with ${status}`,
      side: 'both',
      when: referrers,
      does: () => errors(status, 'UNSUPPORTED', 'no referrers'),
      ends: 'right',
      hidesReferrers: true,
    }),
  ),
  {
    name: 'referrers answered with a page',
    side: 'both',
    when: referrers,
    does: () => page(200),
    ends: 'right',
    hidesReferrers: true,
  },
  {
    name: 'referrers answered with nothing',
    side: 'both',
    when: referrers,
    does: () =>
      answer(
        200,
        { 'content-type': 'application/vnd.oci.image.index.v1+json' },
        '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":null}',
      ),
    ends: 'either',
    hidesReferrers: true,
  },
  {
    name: 'subjects that are not understood',
    side: 'target',
    when: anyOf(manifestPut, referrers),
    does: ({ path }) =>
      path.includes('/referrers/') ? errors(404, 'UNSUPPORTED', 'no') : headers({ 'oci-subject': undefined }),
    ends: 'right',
    hidesReferrers: true,
  },
  ...[400, 403, 405, 409, 412].map(
    (status): Fault => ({
      name: `tags that may not move, answered with ${status}`,
      side: 'target',
      when: tagPut,
      does: () => errors(status, 'DENIED', 'tag is immutable'),
      ends: ['TAG_IMMUTABLE'],
    }),
  ),
  {
    name: 'a quota of blobs',
    side: 'target',
    when: upload,
    does: () => errors(403, 'DENIED', 'quota exceeded for project'),
    ends: ['QUOTA_EXCEEDED'],
  },
  {
    name: 'a quota of manifests',
    side: 'target',
    when: manifestPut,
    does: () => errors(403, 'DENIED', 'the image quota is exceeded'),
    ends: ['QUOTA_EXCEEDED'],
  },
  {
    name: 'a disk that is full',
    side: 'target',
    when: upload,
    does: () => errors(507, 'DENIED', 'no space left'),
    ends: ['QUOTA_EXCEEDED'],
  },
  { name: 'one PUT refused', side: 'target', when: large(uploadPut), does: () => answer(405), ends: 'right' },
  {
    name: 'large bodies refused',
    side: 'target',
    when: (request) => upload(request) && Number(request.headers['content-length'] ?? 0) > 1_000_000,
    does: () => answer(413),
    ends: 'right',
  },
  {
    name: 'no push at all',
    side: 'target',
    when: ({ method }) => method !== 'GET' && method !== 'HEAD',
    does: () => errors(405, 'UNSUPPORTED', 'read-only'),
    ends: ['REGISTRY_REFUSED'],
  },
  {
    name: 'blobs that are taken and forgotten',
    side: 'target',
    when: uploadPut,
    does: ({ query }) =>
      answer(201, { location: '/v2/x/blobs/y', 'docker-content-digest': query.get('digest') ?? '' }),
    ends: ['REGISTRY_REFUSED', 'MANIFEST_NOT_FOUND', 'BLOB_NOT_FOUND'],
  },
];

/** Tokens that end, come late or not at all. */
const TOKENS: readonly Fault[] = [
  {
    name: 'tokens that end in the middle of an upload',
    side: 'target',
    when: upload,
    total: 1,
    does: (_request, { advance }) => {
      advance(HOUR_MS);
      return { rewrite: (response) => response };
    },
    ends: 'right',
  },
  {
    name: 'tokens that end before a manifest',
    side: 'both',
    when: anyOf(manifestGet, manifestPut),
    total: 1,
    does: (_request, { advance }) => {
      advance(HOUR_MS);
      return { rewrite: (response) => response };
    },
    ends: 'right',
  },
  {
    name: 'a token service that fails twice',
    side: 'both',
    when: token,
    times: 2,
    does: () => errors(503, 'UNAVAILABLE', 'later'),
    ends: 'right',
  },
  {
    name: 'a token service that always fails',
    side: 'both',
    when: token,
    does: () => errors(500, 'UNKNOWN', 'broken'),
    ends: ['REGISTRY_REFUSED', 'UNAUTHORIZED'],
  },
  {
    name: 'a token service that answers with a page',
    side: 'both',
    when: token,
    does: () => page(200),
    ends: ['REGISTRY_PROTOCOL', 'UNAUTHORIZED'],
  },
  {
    name: 'a token service that answers without end',
    side: 'both',
    when: token,
    does: () => answer(200, { 'content-type': 'application/json' }, endless()),
    ends: ['REGISTRY_PROTOCOL', 'UNAUTHORIZED'],
  },
  {
    name: 'tokens from the future that end at once',
    side: 'both',
    when: token,
    does: () => ({
      rewrite: async (response) => ({
        ...response,
        body: Buffer.from(
          JSON.stringify({
            ...(JSON.parse((await bytesOf(response.body)).toString()) as object),
            expires_in: 1,
            issued_at: '2099-01-01T00:00:00Z',
          }),
        ),
      }),
    }),
    ends: 'right',
  },
];

/** The table: every way to misbehave that the matrix runs through. */
export const FAULTS: readonly Fault[] = [
  ...BURSTS,
  ...WALLS,
  ...BODIES,
  ...HEADERS,
  ...WAYS,
  ...RULES,
  ...TOKENS,
];
