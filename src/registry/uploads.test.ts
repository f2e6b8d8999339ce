import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../test/support/embedded.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { blobOf, noise, openerOf } from '../../test/support/images.ts';
import { failureOf, type SessionBench, startSessionBench } from '../../test/support/registry-session.ts';
import type { Reply, ScriptRow } from '../../test/support/script-server.ts';
import { SallyportError } from '../base/index.ts';
import type { ApiRequest, Intercept, Intercepted } from '../server/index.ts';
import { createRepository } from './repository.ts';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  const all = ends;
  ends = [];
  for (const end of all) await end();
});

async function scripted(rows: readonly ScriptRow[]) {
  const bench: SessionBench = await startSessionBench(rows);
  ends.push(bench.close);
  return {
    ...bench,
    repository: createRepository({ session: bench.session, clock: bench.clock, repository: 'a/b' }),
  };
}

async function embedded(intercept: Intercept, options: { readonly concurrency?: number } = {}) {
  const started: Embedded = await startEmbedded({ intercept, clock: fakeClock(), ...options });
  ends.push(started.close);
  return { ...started, repository: started.repository('a/b') };
}

const bytes = noise('upload', 3_000_000);
const blob = blobOf(bytes);
const small = Buffer.from('{}');
const smallBlob = blobOf(small);
const START = '/v2/a/b/blobs/uploads/';

/** Counts from which byte on the source is read. */
function countingOpener(): { readonly offsets: number[]; readonly open: ReturnType<typeof openerOf> } {
  const offsets: number[] = [];
  const opener = openerOf(bytes);
  return {
    offsets,
    open: (offset) => {
      offsets.push(offset);
      return opener(offset);
    },
  };
}

function isBody({ method, path, headers }: ApiRequest): boolean {
  return (
    (method === 'PUT' || method === 'PATCH') &&
    path.includes('/blobs/uploads/') &&
    headers['content-length'] !== '0'
  );
}

/** Does something to the first `times` requests that carry the bytes. */
function onBody(times: number, what: (request: ApiRequest) => Intercepted): Intercept {
  let left = times;
  return (request) => (isBody(request) && left-- > 0 ? what(request) : undefined);
}

describe('one PUT', () => {
  it('sends a small blob with two requests and an exact length', async () => {
    const { repository, server } = await scripted([
      { method: 'POST', path: START, reply: { status: 202, headers: { location: '/upload/1' } } },
      { method: 'PUT', path: /^\/upload\/1/, reply: { status: 201 } },
    ]);
    await repository.writeBlob(smallBlob, openerOf(small));
    const [post, put] = server.requests;
    expect(post?.headers['content-length']).toBe('0');
    expect(put).toMatchObject({
      body: small,
      headers: { 'content-length': '2', 'content-type': 'application/octet-stream' },
    });
    expect(put?.headers['transfer-encoding']).toBeUndefined();
  });

  it('sends an empty blob without asking the source', async () => {
    const empty = blobOf(Buffer.alloc(0));
    const { repository, server } = await scripted([
      { method: 'POST', path: START, reply: { status: 202, headers: { location: '/upload/1' } } },
      { method: 'PUT', path: /^\/upload\/1/, reply: { status: 201 } },
    ]);
    await repository.writeBlob(empty, () => Promise.reject(new Error('asked')));
    expect(server.requests[1]?.headers).toMatchObject({ 'content-length': '0' });
    expect(server.requests[1]?.headers['transfer-encoding']).toBeUndefined();
  });

  const digest = encodeURIComponent(smallBlob.digest);
  it.each([
    ['/up/1', `/up/1?digest=${digest}`],
    ['/up/1?', `/up/1?digest=${digest}`],
    ['/up/1?_state=a%2Bb%2F+c~d==&X=%7e', `/up/1?_state=a%2Bb%2F+c~d==&X=%7e&digest=${digest}`],
    ['up/1?sig=%2f', `/v2/a/b/blobs/uploads/up/1?sig=%2f&digest=${digest}`],
    ['/up/../1', `/1?digest=${digest}`],
  ])('leaves the address %s as it is but for the digest behind it', async (location, path) => {
    const { repository, server } = await scripted([
      { method: 'POST', path: START, reply: { status: 202, headers: { location } } },
      { method: 'PUT', path, reply: { status: 201 } },
    ]);
    await repository.writeBlob(smallBlob, openerOf(small));
    expect(server.requests[1]?.path).toBe(path);
  });

  it.each<[string, Reply]>([
    ['opens an upload without saying where', { status: 202 }],
    ['says something that is no address', { status: 202, headers: { location: 'http://[' } }],
  ])('fails clearly when the registry %s', async (_, reply) => {
    const { repository } = await scripted([{ method: 'POST', path: START, reply }]);
    expect(await failureOf(repository.writeBlob(smallBlob, openerOf(small)))).toMatchObject({
      code: 'REGISTRY_PROTOCOL',
    });
  });

  it.each<[string, Reply, string]>([
    [
      'a quota',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"quota exceeded"}]}' },
      'QUOTA_EXCEEDED',
    ],
    ['missing rights', { status: 403 }, 'FORBIDDEN'],
    ['a full disk', { status: 507 }, 'QUOTA_EXCEEDED'],
  ])('cancels the upload and says why when it is refused for %s', async (_, reply, code) => {
    const { repository, server } = await scripted([
      { method: 'POST', path: START, reply: { status: 202, headers: { location: '/upload/1' } } },
      { method: 'PUT', path: /^\/upload\/1/, reply },
      { method: 'DELETE', path: '/upload/1', reply: { status: 204 }, times: 1 },
    ]);
    expect(await failureOf(repository.writeBlob(smallBlob, openerOf(small)))).toMatchObject({ code });
    expect(server.lines().at(-1)).toBe('DELETE /upload/1');
  });
});

describe('after a failure', () => {
  it('continues at the byte that the registry has reached', async () => {
    const { repository, requests, server } = await embedded(
      onBody(1, () => ({ fault: { kind: 'reset-request', afterBytes: 2_000_000 } })),
    );
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(await repository.hasBlob(blob)).toBe(true);
    expect(source.offsets[0]).toBe(0);
    expect(source.offsets[1]).toBeGreaterThanOrEqual(2_000_000);
    expect(requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    expect(server.stats().bytesReceived).toBeLessThan(1.3 * blob.size);
  });

  it('continues again and again while it comes forward', async () => {
    const { repository } = await embedded(
      onBody(9, () => ({ fault: { kind: 'reset-request', afterBytes: 250_000 } })),
    );
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(await repository.hasBlob(blob)).toBe(true);
    expect(source.offsets).toHaveLength(10);
    expect(source.offsets).toEqual([...source.offsets].sort((a, b) => a - b));
  });

  it('gives up when it does not come forward, and cancels', async () => {
    const { repository, requests } = await embedded(onBody(99, () => ({ fault: { kind: 'reset' } })));
    expect(await failureOf(repository.writeBlob(blob, openerOf(bytes)))).toMatchObject({
      code: 'CONNECTION_FAILED',
    });
    expect(requests.filter((line) => line.startsWith('DELETE')).length).toBeGreaterThan(0);
    expect(requests.length).toBeLessThan(40);
  });

  it.each([500, 502, 503, 429])('tries again after %i', async (status) => {
    const { repository } = await embedded(onBody(2, () => ({ respond: { status, headers: {} } })));
    await repository.writeBlob(blob, openerOf(bytes));
    expect(await repository.hasBlob(blob)).toBe(true);
  });

  it.each<[string, Intercepted]>([
    ['does not know the upload any more', { respond: { status: 404, headers: {} } }],
    ['does not tell how far it is', { respond: { status: 405, headers: {} } }],
    ['says nothing of use', { respond: { status: 204, headers: { range: 'everything' } } }],
    ['claims more than there is', { respond: { status: 204, headers: { range: '0-99999999' } } }],
  ])('begins anew when the registry %s', async (_, answer) => {
    const cut = onBody(1, () => ({ fault: { kind: 'reset-request', afterBytes: 1_500_000 } }));
    const { repository, requests } = await embedded((request) =>
      request.method === 'GET' && request.path.includes('/uploads/') ? answer : cut(request),
    );
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(await repository.hasBlob(blob)).toBe(true);
    expect(source.offsets).toEqual([0, 0]);
    expect(requests.filter((line) => line.startsWith('POST'))).toHaveLength(2);
  });

  it('begins anew once when what was put together has another digest', async () => {
    let lied = false;
    const cut = onBody(1, () => ({ fault: { kind: 'reset-request', afterBytes: 1_500_000 } }));
    const { repository } = await embedded((request) => {
      if (request.method === 'GET' && request.path.includes('/uploads/') && !lied) {
        lied = true;
        return {
          rewrite: (response) => ({ ...response, headers: { ...response.headers, range: '0-999999' } }),
        };
      }
      return cut(request);
    });
    await repository.writeBlob(blob, openerOf(bytes));
    expect(await repository.hasBlob(blob)).toBe(true);
  });

  it('finds out that it was done when only the answer was lost', async () => {
    let cut = false;
    const { repository, requests } = await embedded((request) => {
      if (!isBody(request) || cut) return undefined;
      cut = true;
      return { rewrite: () => ({ status: 502, headers: {} }) };
    });
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(source.offsets).toEqual([0]);
    expect(requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('does not try again what the source cannot give', async () => {
    const { repository, requests } = await embedded(() => undefined);
    const error = new SallyportError('CONNECTION_FAILED', 'the source is gone', {
      facts: { transient: false },
    });
    const open = async () => Promise.reject(error);
    expect(await failureOf(repository.writeBlob(blob, open))).toMatchObject({
      code: error.code,
      message: error.message,
    });
    expect(requests.map((line) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });

  it('stops on request and cancels the upload', async () => {
    const stop = new AbortController();
    const { repository, requests } = await embedded((request) => {
      if (isBody(request)) setImmediate(() => stop.abort());
      return undefined;
    });
    // The second half never comes: a registry that has all of it has a right to keep it.
    const half = async () =>
      Readable.from(
        (async function* () {
          yield bytes.subarray(0, bytes.length / 2);
          await new Promise(() => undefined);
        })(),
      );
    expect(await failureOf(repository.writeBlob(blob, half, { signal: stop.signal }))).toMatchObject({
      code: 'ABORTED',
    });
    expect(requests.at(-1)).toMatch(/^DELETE \/v2\/a\/b\/blobs\/uploads\//);
    expect(await repository.hasBlob(blob)).toBe(false);
  });
});

describe('other ways', () => {
  const methodsOf = (requests: readonly string[]): string =>
    requests.map((line) => line.split(' ')[0]).join(' ');

  it.each([405, 411, 415, 501])(
    'uses one PATCH where one PUT is answered with %i, and remembers it',
    async (status) => {
      const { repository, requests } = await embedded((request) =>
        request.method === 'PUT' && isBody(request) ? { respond: { status, headers: {} } } : undefined,
      );
      await repository.writeBlob(blob, openerOf(bytes));
      expect(await repository.hasBlob(blob)).toBe(true);
      const before = requests.length;
      const next = noise('next', 400_000);
      await repository.writeBlob(blobOf(next), openerOf(next));
      expect(methodsOf(requests.slice(before))).toBe('POST PATCH PUT');
    },
  );

  it('begins anew where PATCH is refused for the rest of a blob', async () => {
    const cut = onBody(1, () => ({ fault: { kind: 'reset-request', afterBytes: 1_500_000 } }));
    const { repository } = await embedded((request) =>
      request.method === 'PATCH' ? { respond: { status: 405, headers: {} } } : cut(request),
    );
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(await repository.hasBlob(blob)).toBe(true);
    expect(source.offsets.at(-1)).toBe(0);
  });

  it.each([
    ['a proxy that takes 2 MB', 2_000_000],
    ['nginx as it comes', 1_048_576],
  ])('sends chunks through %s', async (_, limit) => {
    const refused: number[] = [];
    const { repository, requests } = await embedded((request) => {
      const length = Number(request.headers['content-length'] ?? 0);
      if (!request.path.includes('/uploads/') || length <= limit) return undefined;
      refused.push(length);
      return {
        respond: { status: 413, headers: { 'content-type': 'text/html' }, body: Buffer.from('<h1>413</h1>') },
      };
    });
    const source = countingOpener();
    await repository.writeBlob(blob, source.open);
    expect(await repository.hasBlob(blob)).toBe(true);
    expect(refused).toHaveLength(1);
    expect(source.offsets).toEqual([0, 0]); // the refused one, then all chunks from one reading
    const before = requests.length;
    const next = noise('next', 2_500_000);
    await repository.writeBlob(blobOf(next), openerOf(next));
    expect(methodsOf(requests.slice(before))).toBe('POST PATCH PATCH PATCH PUT');
  });

  it('makes chunks as large as the registry wants them', async () => {
    const minimum = 1_200_000;
    const lengths: number[] = [];
    const { repository } = await embedded((request) => {
      if (request.method === 'PATCH') lengths.push(Number(request.headers['content-length']));
      if (request.method === 'PUT' && isBody(request)) return { respond: { status: 413, headers: {} } };
      return request.method === 'POST' || request.method === 'PATCH'
        ? {
            rewrite: (response) => ({
              ...response,
              headers: { ...response.headers, 'oci-chunk-min-length': String(minimum) },
            }),
          }
        : undefined;
    });
    await repository.writeBlob(blob, openerOf(bytes));
    expect(lengths).toEqual([minimum, minimum, 3_000_000 - 2 * minimum]);
  });

  it('continues chunks where the registry stands', async () => {
    const ranges: (string | undefined)[] = [];
    let patches = 0;
    const { repository } = await embedded((request) => {
      if (request.method === 'PUT' && isBody(request)) return { respond: { status: 413, headers: {} } };
      if (request.method !== 'PATCH') return undefined;
      ranges.push(request.headers['content-range']);
      return ++patches === 2 ? { fault: { kind: 'reset-request', afterBytes: 400_000 } } : undefined;
    });
    await repository.writeBlob(blob, openerOf(bytes));
    expect(await repository.hasBlob(blob)).toBe(true);
    const third = Number(ranges[2]?.split('-')[0]);
    expect(third).toBeGreaterThan(921_600 + 300_000);
  });
});

describe('mountBlob', () => {
  const mountPath = (from: string): RegExp =>
    new RegExp(`^${START}\\?mount=${encodeURIComponent(smallBlob.digest)}&from=${encodeURIComponent(from)}$`);

  it('asks once and has it', async () => {
    const { repository, server } = await scripted([
      { method: 'POST', path: mountPath('c/d'), reply: { status: 201 } },
    ]);
    expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it('gives the upload that came instead to the write that follows', async () => {
    const { repository, server } = await scripted([
      {
        method: 'POST',
        path: mountPath('c/d'),
        reply: { status: 202, headers: { location: '/upload/7' } },
        times: 1,
      },
      { method: 'PUT', path: /^\/upload\/7\?digest=/, reply: { status: 201 }, times: 1 },
    ]);
    expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
    await repository.writeBlob(smallBlob, openerOf(small));
    expect(server.requests).toHaveLength(2);
  });

  it('cancels that upload when the run is stopped', async () => {
    const stop = new AbortController();
    const { repository, server } = await scripted([
      { method: 'POST', path: mountPath('c/d'), reply: { status: 202, headers: { location: '/upload/7' } } },
    ]);
    const cancelled = new Promise<void>((done) => {
      server.add({
        method: 'DELETE',
        path: '/upload/7',
        raw: (response) => {
          response.writeHead(204).end();
          done();
        },
      });
    });
    expect(await repository.mountBlob(smallBlob, 'c/d', { signal: stop.signal })).toBe(false);
    stop.abort();
    await cancelled;
    expect(server.lines().at(-1)).toBe('DELETE /upload/7');
  });

  it('cancels what a registry opens in its place while the run is stopped', async () => {
    const stop = new AbortController();
    const { repository, server } = await scripted([
      {
        method: 'POST',
        path: mountPath('c/d'),
        raw: (response) => {
          stop.abort();
          setTimeout(
            () => response.writeHead(202, { location: '/upload/7', 'content-length': '0' }).end(),
            20,
          );
        },
      },
      { method: 'DELETE', path: '/upload/7', reply: { status: 204 } },
    ]);
    await repository.mountBlob(smallBlob, 'c/d', { signal: stop.signal });
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it.each([400, 404, 405, 501])(
    'says no, and does not ask again, where nothing was ever mounted and %i is the answer',
    async (status) => {
      const { repository, server, clock } = await scripted([
        { method: 'POST', path: mountPath('c/d'), reply: { status } },
      ]);
      expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
      expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
      expect(server.requests).toHaveLength(1);
      clock.advance(301_000);
      expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
      expect(server.requests).toHaveLength(2);
    },
  );

  it('leaves a server that fails in it alone for the write that follows', async () => {
    const { repository, clock } = await scripted([
      {
        method: 'POST',
        path: mountPath('c/d'),
        raw: (response) => {
          // A gateway does not wait for a registry that copies where it should link.
          clock.advance(60_000);
          response.writeHead(504).end();
        },
      },
      { method: 'POST', path: START, reply: { status: 202, headers: { location: '/upload/7' } } },
      { method: 'PUT', path: /^\/upload\/7\?digest=/, reply: { status: 201 } },
    ]);
    expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
    await repository.writeBlob(smallBlob, openerOf(small));
  });

  it('asks again after a refusal that is about rights', async () => {
    const { repository, server } = await scripted([
      { method: 'POST', path: mountPath('c/d'), reply: { status: 403 } },
    ]);
    for (let time = 0; time < 2; time++) expect(await repository.mountBlob(smallBlob, 'c/d')).toBe(false);
    expect(server.requests).toHaveLength(2);
  });

  it('asks again where it worked before', async () => {
    const { repository, server } = await scripted([
      { method: 'POST', path: mountPath('c/d'), reply: { status: 201 } },
      { method: 'POST', path: mountPath('e/f'), reply: { status: 403 } },
    ]);
    for (const from of ['c/d', 'e/f', 'e/f', 'c/d']) await repository.mountBlob(smallBlob, from);
    expect(server.requests).toHaveLength(4);
  });
});

it('copies within one server though every place is taken', async () => {
  const started = await startEmbedded({ concurrency: 2 });
  ends.push(started.close);
  const repository = started.repository('a/b');
  const contents = Array.from({ length: 8 }, (_, index) => noise(`deadlock ${index}`, 600_000));
  await Promise.all(contents.map((content) => repository.writeBlob(blobOf(content), openerOf(content))));
  const target = started.repository('c/d');
  await Promise.all(
    contents.map((content) =>
      target.writeBlob(blobOf(content), (offset) => repository.readBlob(blobOf(content), { offset })),
    ),
  );
  expect(await Promise.all(contents.map((content) => target.hasBlob(blobOf(content))))).not.toContain(false);
});
