import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ScriptRow,
  type ScriptServer,
  type ScriptServerOptions,
  startScriptServer,
} from '../../test/support/script-server.ts';
import { Reusing, SallyportError, type SallyportEvent } from '../base/index.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './index.ts';

let cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  const all = cleanups;
  cleanups = [];
  for (const cleanup of all.reverse()) await cleanup();
});

async function server(rows: readonly ScriptRow[], options?: ScriptServerOptions): Promise<ScriptServer> {
  const started = await startScriptServer(rows, options);
  cleanups.push(() => started.close());
  return started;
}

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ userAgent: 'test/1', ...options });
  cleanups.push(() => made.close());
  return made;
}

async function failure(promise: Promise<unknown>): Promise<SallyportError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SallyportError);
  return error as SallyportError;
}

describe('createHttpClient', () => {
  it('sends identity encoding, its own name and exact lengths, and gives back exact bytes', async () => {
    const bytes = randomBytes(300_000);
    const target = await server([
      {
        method: 'GET',
        path: '/b?x=1',
        reply: { status: 200, headers: { 'content-encoding': 'gzip' }, body: bytes },
      },
      { method: 'PUT', path: '/p', reply: { status: 201 } },
      { method: 'POST', path: '/e', reply: { status: 202 } },
    ]);
    const http = client();
    const response = await http.send({
      method: 'GET',
      url: new URL(`${target.origin}/b?x=1`),
      headers: { Accept: 'a/b' },
    });
    expect(Buffer.compare(await buffer(response.body), bytes)).toBe(0);
    await http.send({
      method: 'PUT',
      url: new URL(`${target.origin}/p`),
      body: { stream: Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), length: bytes.length },
    });
    await http.send({ method: 'POST', url: new URL(`${target.origin}/e`) });
    const [get, put, post] = target.requests;
    expect(get?.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'test/1',
      accept: 'a/b',
    });
    expect(put?.headers['content-length']).toBe('300000');
    expect(put?.headers['transfer-encoding']).toBeUndefined();
    expect(
      createHash('sha256')
        .update(put?.body ?? '')
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(post?.headers['content-length']).toBe('0');
  });

  it('keeps connections', async () => {
    const target = await server([{ method: 'GET', path: '/', reply: { status: 200, body: 'x' } }]);
    const http = client();
    for (let i = 0; i < 3; i++)
      await buffer((await http.send({ method: 'GET', url: new URL(target.origin) })).body);
    expect(target.connections()).toBe(1);
  });

  it('gives HEAD and 204 answers without waiting for anybody to read them', async () => {
    const target = await server([
      { method: 'HEAD', path: '/', reply: { status: 200, headers: { 'content-length': '5' } } },
      { method: 'DELETE', path: '/', reply: { status: 204 } },
    ]);
    const http = client();
    const head = await http.send({ method: 'HEAD', url: new URL(target.origin) });
    expect(head.headers['content-length']).toBe('5');
    expect(await buffer(head.body)).toHaveLength(0);
    expect((await http.send({ method: 'DELETE', url: new URL(target.origin) })).status).toBe(204);
    expect(target.connections()).toBe(1);
  });

  it('fails a body that is shorter than its Content-Length, with what came', async () => {
    const target = await server([
      {
        method: 'GET',
        path: '/',
        raw: (response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('0123456789', () => response.destroy());
        },
      },
    ]);
    const response = await client().send({ method: 'GET', url: new URL(target.origin) });
    const error = await failure(buffer(response.body));
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', facts: { phase: 'body', transient: true } });
    expect(error.message).toContain('10 of 100 bytes');
  });

  it('fails a chunked body that is cut', async () => {
    const target = await server([
      {
        method: 'GET',
        path: '/',
        raw: (response) => void response.writeHead(200).write('abc', () => response.destroy()),
      },
    ]);
    const response = await client().send({ method: 'GET', url: new URL(target.origin) });
    expect(await failure(buffer(response.body))).toMatchObject({
      code: 'CONNECTION_FAILED',
      facts: { transient: true },
    });
  });

  it('sends again once when a kept connection was closed by the server in between', async () => {
    const target = await server([
      {
        method: 'GET',
        path: '/',
        times: 1,
        raw: (response) => void response.writeHead(200, { 'content-length': '1' }).end('a'),
      },
      {
        method: 'GET',
        path: '/',
        times: 1,
        raw: (_response, _request, message) => void message.socket.resetAndDestroy(),
      },
      { method: 'GET', path: '/', times: 1, reply: { status: 200, body: 'b' } },
    ]);
    const http = client();
    await buffer((await http.send({ method: 'GET', url: new URL(target.origin) })).body);
    const second = await http.send({ method: 'GET', url: new URL(target.origin) });
    expect((await buffer(second.body)).toString()).toBe('b');
    expect(target.requests).toHaveLength(3);
  });

  it('does not send a streamed body again, nor a request that failed on a fresh connection', async () => {
    const reset: ScriptRow['raw'] = (_response, _request, message) => void message.socket.resetAndDestroy();
    const target = await server([
      { method: 'GET', path: '/fresh', times: 1, raw: reset },
      { method: 'GET', path: '/ok', reply: { status: 200 } },
      { method: 'PUT', path: '/stream', times: 1, raw: reset },
    ]);
    const http = client();
    expect(await failure(http.send({ method: 'GET', url: new URL(`${target.origin}/fresh`) }))).toMatchObject(
      { code: 'CONNECTION_FAILED', facts: { reason: 'ECONNRESET', transient: true } },
    );
    await buffer((await http.send({ method: 'GET', url: new URL(`${target.origin}/ok`) })).body);
    const body = { stream: Readable.from([Buffer.from('abc')]), length: 3 };
    expect(
      await failure(http.send({ method: 'PUT', url: new URL(`${target.origin}/stream`), body })),
    ).toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it.each([
    { name: 'less', chunks: ['ab'], length: 3 },
    { name: 'more', chunks: ['ab', 'cd'], length: 3 },
  ])('refuses to send $name than was announced', async ({ chunks, length }) => {
    const target = await server([{ method: 'PUT', path: '/', reply: { status: 201 } }]);
    const body = { stream: Readable.from(chunks.map((text) => Buffer.from(text))), length };
    expect(await failure(client().send({ method: 'PUT', url: new URL(target.origin), body }))).toMatchObject({
      code: 'SIZE_MISMATCH',
    });
  });

  it('gives the chunks of an upload back once they are sent, and all of them', async () => {
    const received: Buffer[] = [];
    const target = await server(
      [
        {
          method: 'PUT',
          path: '/',
          raw: (response, _seen, request) => {
            // Late, so that chunks wait for the connection.
            setTimeout(() => {
              request.on('data', (chunk: Buffer) => received.push(chunk));
              request.on('end', () => response.writeHead(201).end());
            }, 50);
          },
        },
      ],
      { readBody: false },
    );
    const size = 1_000_000;
    const chunks: readonly Buffer[] = Array.from({ length: 16 }, (_, index) => Buffer.alloc(size, index + 1));
    const waiting: Buffer[] = [...chunks];
    const returned: Buffer[] = [];
    const stream = new Reusing({
      read() {
        this.push(waiting.shift() ?? null);
      },
      takeBack: (chunk) => {
        returned.push(chunk);
        chunk.fill(0);
      },
    });
    const body = { stream, length: chunks.length * size };
    const response = await client().send({ method: 'PUT', url: new URL(target.origin), body });
    expect(response.status).toBe(201);
    response.body.resume();
    expect(returned.map((chunk) => chunks.indexOf(chunk))).toEqual(chunks.map((_, index) => index));
    const all = Buffer.concat(received);
    for (let index = 0; index < chunks.length; index++)
      expect(all.subarray(index * size, (index + 1) * size).equals(Buffer.alloc(size, index + 1))).toBe(true);
  });

  it('passes the error of the source of an upload on', async () => {
    const target = await server([{ method: 'PUT', path: '/', reply: { status: 201 } }]);
    const stream = new Readable({
      read() {
        this.destroy(new SallyportError('DIGEST_MISMATCH', 'wrong'));
      },
    });
    expect(
      await failure(
        client().send({ method: 'PUT', url: new URL(target.origin), body: { stream, length: 9 } }),
      ),
    ).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('takes an answer that comes before the upload has ended, and stops sending', async () => {
    const target = await server(
      [
        {
          method: 'PUT',
          path: '/',
          raw: (response) => void response.writeHead(413, { 'content-length': '3' }).end('big'),
        },
      ],
      { readBody: false },
    );
    let sent = 0;
    const stream = new Readable({
      read() {
        sent += 65_536;
        setImmediate(() => this.push(Buffer.alloc(65_536)));
      },
    });
    const response = await client().send({
      method: 'PUT',
      url: new URL(target.origin),
      body: { stream, length: 1e12 },
    });
    expect(response.status).toBe(413);
    expect((await buffer(response.body)).toString()).toBe('big');
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
    expect(sent).toBeLessThan(1e9);
  });

  it('holds back the server while nobody reads', async () => {
    let written = 0;
    const target = await server([
      {
        method: 'GET',
        path: '/',
        raw: (response) => {
          const more = (): void => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
            written += 65_536;
            response.once('drain', more);
          };
          more();
        },
      },
    ]);
    const response = await client().send({ method: 'GET', url: new URL(target.origin) });
    response.body.once('data', () => response.body.pause());
    let last = -1;
    while (last !== written) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(32 * 1024 * 1024);
    response.body.destroy();
  });

  it.each([
    { name: 'headers', raw: () => {}, phase: 'headers', timeouts: { header: 20 } },
    {
      name: 'the rest of a body',
      raw: ((response) => void response.writeHead(200).write('a')) as NonNullable<ScriptRow['raw']>,
      phase: 'body',
      timeouts: { progress: 20 },
    },
  ])('gives up waiting for $name', async ({ raw, phase, timeouts }) => {
    const target = await server([{ method: 'GET', path: '/', raw }]);
    const error = await failure(
      client({ timeouts })
        .send({ method: 'GET', url: new URL(target.origin) })
        .then(({ body }) => buffer(body)),
    );
    expect(error).toMatchObject({ code: 'TIMEOUT', facts: { phase, transient: true } });
  });

  it('gives up on a server that takes no more of an upload', async () => {
    const target = await server([{ method: 'PUT', path: '/', raw: () => {} }], { readBody: false });
    const stream = Readable.from(
      (function* () {
        for (let i = 0; i < 1000; i++) yield Buffer.alloc(65_536);
      })(),
    );
    const body = { stream, length: 1000 * 65_536 };
    const error = await failure(
      client({ timeouts: { progress: 50 } }).send({ method: 'PUT', url: new URL(target.origin), body }),
    );
    expect(error).toMatchObject({ code: 'TIMEOUT', facts: { phase: 'send', transient: true } });
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.destroyed).toBe(true);
  });

  it('does not blame the server for a slow source of an upload', async () => {
    const target = await server([{ method: 'PUT', path: '/', reply: { status: 201 } }]);
    const slow = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('a');
      await new Promise((resolve) => setTimeout(resolve, 80));
      yield Buffer.from('b');
    };
    const body = { stream: Readable.from(slow()), length: 2 };
    const http = client({ timeouts: { progress: 20 } });
    expect((await http.send({ method: 'PUT', url: new URL(target.origin), body })).status).toBe(201);
  });

  it('does not count the time in which the reader is slow', async () => {
    const target = await server([
      { method: 'GET', path: '/', reply: { status: 200, body: Buffer.alloc(2_000_000) } },
    ]);
    const { body } = await client({ timeouts: { progress: 30 } }).send({
      method: 'GET',
      url: new URL(target.origin),
    });
    body.once('data', () => body.pause());
    await new Promise((resolve) => setTimeout(resolve, 120));
    let rest = 0;
    body.on('data', (chunk: Buffer) => {
      rest += chunk.length;
    });
    body.resume();
    await new Promise((resolve, reject) => body.once('end', resolve).once('error', reject));
    expect(rest).toBeGreaterThan(1_000_000);
  });

  it('gives up on a server that falls silent after the reader was slow', async () => {
    const target = await server([
      {
        method: 'GET',
        path: '/',
        raw: (response) =>
          void response.writeHead(200, { 'content-length': '3000000' }).write(Buffer.alloc(2_000_000)),
      },
    ]);
    const { body } = await client({ timeouts: { progress: 50 } }).send({
      method: 'GET',
      url: new URL(target.origin),
    });
    body.once('data', () => body.pause());
    await new Promise((resolve) => setTimeout(resolve, 120));
    body.resume();
    const error = await failure(new Promise((_, reject) => body.once('error', reject)));
    expect(error).toMatchObject({ code: 'TIMEOUT', facts: { phase: 'body', transient: true } });
  });

  it('does not wait for ever for a server that lets bytes drip', async () => {
    const drips: NodeJS.Timeout[] = [];
    cleanups.push(() => drips.forEach(clearInterval));
    const target = await server([
      {
        method: 'GET',
        path: '/',
        raw: (response) => {
          response.writeHead(200, { 'content-length': '100000' });
          drips.push(setInterval(() => response.write('a'), 10));
        },
      },
    ]);
    const { body } = await client({ timeouts: { progress: 100 } }).send({
      method: 'GET',
      url: new URL(target.origin),
    });
    const error = await failure(buffer(body));
    expect(error).toMatchObject({ code: 'TIMEOUT', facts: { phase: 'body', transient: true } });
    expect(error.message).toMatch(/only \d+ bytes of the answer came \(\d+ in all\) within 0\.1 s/);
  });

  it('lets go of the source of an upload that never began', async () => {
    const [stopped, refused] = [Readable.from(['a']), Readable.from(['a'])];
    const url = new URL('https://registry.example/');
    const signal = AbortSignal.abort();
    await failure(client().send({ method: 'PUT', url, body: { stream: stopped, length: 1 }, signal }));
    const env = { HTTPS_PROXY: 'socks5://p' };
    await failure(client({ env }).send({ method: 'PUT', url, body: { stream: refused, length: 1 } }));
    expect([stopped.destroyed, refused.destroyed]).toEqual([true, true]);
  });

  it('stops on request: before, while waiting, in the body', async () => {
    const target = await server([
      { method: 'GET', path: '/wait', raw: () => {} },
      { method: 'GET', path: '/body', raw: (response) => void response.writeHead(200).write('a') },
    ]);
    const http = client();
    expect(
      await failure(http.send({ method: 'GET', url: new URL(target.origin), signal: AbortSignal.abort() })),
    ).toMatchObject({ code: 'ABORTED' });
    const waiting = new AbortController();
    const promise = failure(
      http.send({ method: 'GET', url: new URL(`${target.origin}/wait`), signal: waiting.signal }),
    );
    setTimeout(() => waiting.abort(), 20);
    expect(await promise).toMatchObject({ code: 'ABORTED' });
    const reading = new AbortController();
    const { body } = await http.send({
      method: 'GET',
      url: new URL(`${target.origin}/body`),
      signal: reading.signal,
    });
    setTimeout(() => reading.abort(), 20);
    expect(await failure(buffer(body))).toMatchObject({ code: 'ABORTED' });
  });

  it('keeps the error of a body for the one who reads it later', async () => {
    const target = await server([
      { method: 'GET', path: '/', raw: (response) => void response.writeHead(200).write('a') },
    ]);
    const stop = new AbortController();
    const { body } = await client().send({ method: 'GET', url: new URL(target.origin), signal: stop.signal });
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await failure(buffer(body))).toMatchObject({ code: 'ABORTED' });
  });

  it('tells what is wrong when nothing listens, and when the answer is not HTTP', async () => {
    const closed = await startScriptServer([]);
    await closed.close();
    expect(await failure(client().send({ method: 'GET', url: new URL(closed.origin) }))).toMatchObject({
      code: 'CONNECTION_FAILED',
      subject: closed.host,
      facts: { reason: 'ECONNREFUSED' },
    });
    const ssh = createServer(
      (socket) =>
        void socket
          .on('error', () => {})
          .resume()
          .end('SSH-2.0-OpenSSH\r\n'),
    );
    await new Promise<void>((resolve) => ssh.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => void ssh.close(() => resolve())));
    const address = ssh.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await failure(client().send({ method: 'GET', url: new URL(`http://127.0.0.1:${port}/`) }));
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', facts: { transient: false } });
    expect(error.message).toContain('not HTTP');
  });

  it('does not talk to this machine when a server sent us, even over a name', async () => {
    const target = await server([{ method: 'GET', path: '/', reply: { status: 200 } }]);
    const http = client();
    const url = new URL(target.origin);
    expect((await http.send({ method: 'GET', url })).peerIsLocal).toBe(true);
    const error = await failure(http.send({ method: 'GET', url, refuseLocalPeer: true }));
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED', subject: target.host });
    expect(target.requests).toHaveLength(1);
  });

  it('reports each request without secrets', async () => {
    const events: SallyportEvent[] = [];
    const target = await server([{ method: 'GET', path: '/x?sig=abc', reply: { status: 404 } }]);
    await client({ emit: (event) => void events.push(event) }).send({
      method: 'GET',
      url: new URL(`${target.origin}/x?sig=abc`),
    });
    expect(events).toMatchObject([
      {
        type: 'request',
        host: target.host,
        method: 'GET',
        status: 404,
        url: `${target.origin}/x?sig=REDACTED`,
      },
    ]);
  });

  it('does not mistake many requests of one signal for a leak', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    cleanups.push(() => void process.off('warning', listen));
    const target = await server([{ method: 'GET', path: '/', reply: { status: 200 } }]);
    const http = client();
    const { signal } = new AbortController();
    await Promise.all(
      Array.from({ length: 30 }, async () =>
        buffer((await http.send({ method: 'GET', url: new URL(target.origin), signal })).body),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});
