import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { blobOf, noise } from '../../test/support/images.ts';
import { failureOf, type SessionBench, startSessionBench } from '../../test/support/registry-session.ts';
import type { RawReply, ScriptRow, SeenRequest } from '../../test/support/script-server.ts';
import { createRepository } from './repository.ts';

let bench: SessionBench | undefined;
afterEach(async () => {
  const current = bench;
  bench = undefined;
  await current?.close();
});

async function start(rows: readonly ScriptRow[]) {
  bench = await startSessionBench(rows);
  const { session, clock, events } = bench;
  return {
    ...bench,
    repository: createRepository({
      session,
      clock,
      emit: (event) => void events.push(event),
      repository: 'a/b',
    }),
  };
}

const bytes = noise('blob', 5_000_000);
const blob = blobOf(bytes);
const PATH = `/v2/a/b/blobs/${blob.digest}`;

/** The first byte that a request asks for. */
function fromOf({ headers }: SeenRequest): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
}

/** Promises all, sends `count` bytes and cuts the connection. */
function cutAfter(count: number, content = bytes): RawReply {
  return (response, request) => {
    const from = fromOf(request);
    response.writeHead(from === 0 ? 200 : 206, {
      'content-length': content.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    response.write(content.subarray(from, from + count), () => response.destroy());
  };
}

const whole: ScriptRow = { method: 'GET', path: PATH, reply: { status: 200, body: bytes } };

/** Answers a Range as it should, with what a test wants wrong. */
function part(changes: { readonly contentRange?: string; readonly content?: Buffer } = {}): ScriptRow {
  return {
    method: 'GET',
    path: PATH,
    when: ({ headers }) => headers.range !== undefined,
    reply: (request) => {
      const from = fromOf(request);
      return {
        status: 206,
        headers: {
          'content-range': changes.contentRange ?? `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        },
        body: (changes.content ?? bytes).subarray(from),
      };
    },
  };
}

async function readAll(rows: readonly ScriptRow[], offset = 0) {
  const started = await start(rows);
  const read = await started.repository.readBlob(blob, { offset });
  return { ...started, read: await buffer(read) };
}

describe('readBlob', () => {
  it('continues at the byte where the connection was cut, as often as it takes while it comes forward', async () => {
    const { read, server, events } = await readAll([{ method: 'GET', path: PATH, raw: cutAfter(1_100_000) }]);
    expect(read.equals(bytes)).toBe(true);
    const asked = server.requests.map(fromOf);
    expect(asked).toHaveLength(5);
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(4);
  });

  it('gives up when it does not come forward', async () => {
    const { repository, server } = await start([{ method: 'GET', path: PATH, raw: cutAfter(10) }]);
    const error = await failureOf(repository.readBlob(blob).then(buffer));
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', facts: { transient: false } });
    expect(server.requests.length).toBeLessThan(10);
  });

  const cut: ScriptRow = { method: 'GET', path: PATH, raw: cutAfter(2_000_000), times: 1 };

  it.each<[string, readonly ScriptRow[], readonly number[]]>([
    ['ignores ranges', [cut, whole], [200]],
    ['answers 416', [cut, { ...part(), reply: { status: 416 } }, whole], [416, 200]],
    [
      'gives another part',
      [cut, part({ contentRange: `bytes 0-${bytes.length - 1}/${bytes.length}` }), whole],
      [206, 200],
    ],
    [
      'gives a part of something else',
      [cut, part({ contentRange: `bytes 2000000-${bytes.length - 1}/99` }), whole],
      [206, 200],
    ],
    ['does not say which part', [cut, part({ contentRange: 'bytes */*' }), whole], [206, 200]],
  ])('reads again and leaves out what it has when the server %s', async (_, rows) => {
    const { read } = await readAll(rows);
    expect(read.equals(bytes)).toBe(true);
  });

  it('does not hand on the end of a blob that was pieced together wrongly', async () => {
    const { repository } = await start([cut, part({ content: noise('other', bytes.length) })]);
    let received = 0;
    const stream = await repository.readBlob(blob);
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const error = await failureOf(new Promise((_, reject) => stream.once('error', reject)));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(received).toBeLessThan(bytes.length);
  });

  it.each([
    ['fewer', 4_999_999, 'SIZE_MISMATCH'],
    ['more', 5_000_001, 'SIZE_MISMATCH'],
  ])('refuses a server that announces %s bytes, at once', async (_, count, code) => {
    const { repository, server } = await start([
      { ...whole, reply: { status: 200, body: noise('blob', count) } },
    ]);
    expect(await failureOf(repository.readBlob(blob))).toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it('refuses more bytes than the descriptor says, when their number was not announced', async () => {
    const raw: RawReply = (response) =>
      void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(noise('blob', 5_000_001));
    const { repository } = await start([{ method: 'GET', path: PATH, raw }]);
    expect(await failureOf(repository.readBlob(blob).then(buffer))).toMatchObject({ code: 'SIZE_MISMATCH' });
  });

  it('begins again at the registry, not at what it redirected to', async () => {
    const { repository, server } = await start([]);
    let signed = 0;
    server.add({
      method: 'GET',
      path: PATH,
      reply: () => ({ status: 307, headers: { location: `/store?sig=${++signed}` } }),
    });
    server.add({ method: 'GET', path: '/store?sig=1', raw: cutAfter(2_000_000), times: 1 });
    server.add({ method: 'GET', path: '/store?sig=2', raw: cutAfter(3_000_000), times: 1 });
    expect((await buffer(await repository.readBlob(blob))).equals(bytes)).toBe(true);
    expect(
      server.requests.map(({ headers, path }) => `${path.split('?')[0]} ${headers.range ?? ''}`.trim()),
    ).toHaveLength(4);
    expect(server.requests[3]?.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('reads from an offset, also where the server knows no ranges', async () => {
    expect((await readAll([part()], 4_000_000)).read.equals(bytes.subarray(4_000_000))).toBe(true);
    await bench?.close();
    expect((await readAll([whole], 4_000_000)).read.equals(bytes.subarray(4_000_000))).toBe(true);
  });

  it('lets go of the connection when the reader leaves', async () => {
    const { repository } = await start([whole]);
    const stream = await repository.readBlob(blob);
    stream.destroy();
    await new Promise((done) => stream.once('close', done));
    expect(stream.readableEnded).toBe(false);
  });

  it('stops on request in the middle', async () => {
    const stop = new AbortController();
    const raw: RawReply = (response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1000));
    };
    const { repository } = await start([{ method: 'GET', path: PATH, raw }]);
    const stream = await repository.readBlob(blob, { signal: stop.signal });
    stream.once('data', () => stop.abort());
    expect(await failureOf(buffer(stream))).toMatchObject({ code: 'ABORTED' });
  });
});

describe('hasBlob', () => {
  it.each([
    ['there', 200, String(blob.size), true],
    ['of another length', 200, '7', false],
    ['not there', 404, undefined, false],
  ])('%s', async (_, status, length, expected) => {
    const { repository } = await start([
      {
        method: 'HEAD',
        path: PATH,
        reply: { status, ...(length === undefined ? {} : { headers: { 'content-length': length } }) },
      },
    ]);
    expect(await repository.hasBlob(blob)).toBe(expected);
  });
});
