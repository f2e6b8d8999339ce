import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './refusal.ts';

interface Case {
  readonly status: number;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Record<string, string>;
}

function refuse({
  status,
  body = '',
  type = 'application/json',
  headers = {},
}: Case): ReturnType<typeof refusalOf> {
  return refusalOf({
    what: 'writing a/b:1',
    method: 'PUT',
    registry: 'r.example',
    response: {
      status,
      headers: { 'content-type': type, ...headers },
      url: new URL('https://r.example/v2/a/b/manifests/1?sig=hunter2'),
      body: Readable.from([Buffer.from(body)]),
    },
    credentialUse: { kind: 'used', origin: 'auth.json' },
    now: 0,
  });
}

const wire = (code: string, message = ''): string =>
  JSON.stringify({ errors: [{ code, message, detail: {} }] });

describe('refusalOf', () => {
  it.each<[code: string, answer: Case]>([
    ['UNAUTHORIZED', { status: 401, body: wire('UNAUTHORIZED') }],
    ['UNAUTHORIZED', { status: 401, body: '<html>', type: 'text/html' }],
    ['FORBIDDEN', { status: 403, body: wire('DENIED', 'requested access to the resource is denied') }],
    ['QUOTA_EXCEEDED', { status: 403, body: wire('DENIED', 'Quota exceeded for project') }],
    [
      'QUOTA_EXCEEDED',
      { status: 403, body: wire('TOOMANY', "The repository can't hold more images, limit 10000") },
    ],
    [
      'QUOTA_EXCEEDED',
      {
        status: 412,
        body: wire(
          'PRECONDITION',
          'adding 1.0 MiB of storage resource, which will exceed the configured upper limit',
        ),
      },
    ],
    ['QUOTA_EXCEEDED', { status: 507 }],
    [
      'QUOTA_EXCEEDED',
      {
        status: 500,
        body: JSON.stringify({
          errors: [
            {
              code: 'UNKNOWN',
              message: 'unknown error',
              detail: {
                DriverName: 'filesystem',
                Enclosed: { Op: 'write', Path: '/data/'.repeat(50), Err: 28 },
              },
            },
          ],
        }),
      },
    ],
    ['REGISTRY_REFUSED', { status: 500, body: wire('UNKNOWN', 'unknown error') }],
    ['REGISTRY_REFUSED', { status: 413, body: '<html>', type: 'text/html' }],
    ['FORBIDDEN', { status: 403, body: wire('DENIED', 'unlimited access is not for you') }],
    [
      'TAG_IMMUTABLE',
      {
        status: 400,
        body: wire(
          'TAG_INVALID',
          "The image tag '1' already exists and cannot be overwritten because the tag is immutable.",
        ),
      },
    ],
    [
      'TAG_IMMUTABLE',
      { status: 412, body: wire('PRECONDITION', 'Failed to process request due to immutability') },
    ],
    ['TAG_IMMUTABLE', { status: 403, body: wire('DENIED', 'Immutable tags; limit of changes exceeded') }],
    ['RATE_LIMITED', { status: 429, body: wire('TOOMANYREQUESTS', 'quota exceeded') }],
    ['RATE_LIMITED', { status: 403, body: wire('DENIED', 'You have exceeded a secondary rate limit') }],
    ['REGISTRY_REFUSED', { status: 400, body: wire('SIZE_INVALID', 'manifest size exceeds the limit') }],
    ['REGISTRY_REFUSED', { status: 404, body: wire('NAME_UNKNOWN') }],
    ['REGISTRY_REFUSED', { status: 404, body: 'not found', type: 'text/plain' }],
    ['REGISTRY_REFUSED', { status: 400, body: wire('MANIFEST_INVALID', 'limitless') }],
    ['REGISTRY_REFUSED', { status: 500, body: '<html>', type: 'text/html' }],
    ['REGISTRY_REFUSED', { status: 503 }],
    ['REGISTRY_PROTOCOL', { status: 404, body: '<html><h1>Not here</h1>', type: 'text/html; charset=utf-8' }],
    ['REGISTRY_PROTOCOL', { status: 200, body: '<html>login</html>', type: 'text/html' }],
    ['REGISTRY_PROTOCOL', { status: 302 }],
  ])('%s for %j', async (code, answer) => {
    expect((await refuse(answer)).code).toBe(code);
  });

  it('tells method, redacted address, status, words and codes', async () => {
    const error = await refuse({
      status: 400,
      body: JSON.stringify({
        errors: [{ code: 'A', message: 'one' }, { code: 'B' }, 'x', { message: 'two' }],
      }),
    });
    expect(error.message).toBe(
      'writing a/b:1: PUT https://r.example/v2/a/b/manifests/1?sig=REDACTED was answered with 400 A: one; B: ; UNKNOWN: two',
    );
    expect(error).toMatchObject({
      subject: 'r.example',
      facts: { status: 400, codes: 'A,B,UNKNOWN', method: 'PUT', transient: false },
    });
  });

  it.each([401, 403, 429])('names the credentials that were used for a %i', async (status) => {
    expect((await refuse({ status })).message).toContain('with the credentials of auth.json');
  });

  it('tells the limit of Docker Hub, and when to come back', async () => {
    const error = await refuse({
      status: 429,
      headers: { 'ratelimit-limit': '100;w=21600', 'retry-after': '60' },
    });
    expect(error.message).toContain('100 per 21600 s');
    expect(error.facts).toMatchObject({ transient: true, retryAfterMs: 60_000 });
  });

  it('makes the words fit for a terminal', async () => {
    const page = `<html><style>p{color:red}</style><body>\n<h1>Bad \u001b[31mgateway</h1>${'x'.repeat(1000)}`;
    const { message } = await refuse({ status: 502, body: page, type: 'text/html' });
    expect(message).toContain('502 Bad ·[31mgateway');
    expect(message).not.toContain('color');
    expect(message.length).toBeLessThan(350);
  });

  it('says what it can when the rest of the answer is lost', async () => {
    const body = new Readable({
      read() {
        this.destroy(new Error('cut'));
      },
    });
    const error = await refusalOf({
      what: 'reading',
      method: 'GET',
      registry: 'r.example',
      response: { status: 503, headers: {}, url: new URL('https://r.example/'), body },
      credentialUse: { kind: 'not asked for' },
      now: 0,
    });
    expect(error).toMatchObject({ code: 'REGISTRY_REFUSED', facts: { status: 503, transient: true } });
  });
});
