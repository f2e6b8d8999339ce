import { request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '../../../test/support/properties.ts';
import { createHttpClient } from '../index.ts';
import { createChunkedReader } from './chunked.ts';
import { readHead } from './head.ts';

/** Answers word by word. */
const ANSWERS: readonly { readonly name: string; readonly text: string; readonly method?: 'HEAD' | 'GET' }[] =
  [
    { name: 'a length', text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' },
    { name: 'no length but the end', text: 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nhello' },
    {
      name: 'chunks',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
    },
    {
      name: 'chunks with extensions and trailers',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
    },
    { name: 'no reason', text: 'HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n' },
    { name: 'an empty body', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
    {
      name: 'the largest length that there is',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 9007199254740991\r\n\r\n',
      method: 'HEAD',
    },
    { name: 'HEAD with a length', text: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', method: 'HEAD' },
    {
      name: 'an early hint',
      text: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    },
    { name: 'HTTP/1.0', text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok' },
    {
      name: 'connection: close',
      text: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
    },
    {
      name: 'headers twice',
      text: 'HTTP/1.1 401 no\r\nWWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: Bearer realm="b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nLocation: /1\r\nLocation: /2\r\nContent-Length: 0\r\n\r\n',
    },
    { name: 'spaces around a value', text: 'HTTP/1.1 200 OK\r\nX:  \t a b \t \r\nContent-Length: 0\r\n\r\n' },
    { name: 'letters beyond ASCII', text: 'HTTP/1.1 200 OK\r\nX: \u00fc\r\nContent-Length: 0\r\n\r\n' },
    { name: 'two lengths', text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok' },
    {
      name: 'length and chunks',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
    { name: 'a length that is no number', text: 'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok' },
    { name: 'a negative length', text: 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok' },
    { name: 'a chunk without a size', text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n' },
    {
      name: 'a chunk longer than it says',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n',
    },
    {
      name: 'the greatest length, cut short',
      text: `HTTP/1.1 200 OK\r\nContent-Length: ${Number.MAX_SAFE_INTEGER}\r\n\r\nhello`,
    },
    { name: 'a body cut short', text: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello' },
    { name: 'chunks cut short', text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel' },
    { name: 'headers cut short', text: 'HTTP/1.1 200 OK\r\nContent-' },
    { name: 'no HTTP', text: 'SSH-2.0-OpenSSH_9.2\r\n\r\n' },
    { name: 'a header without a name', text: 'HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n' },
    {
      name: 'a header with a space in its name',
      text: 'HTTP/1.1 200 OK\r\nA b: x\r\nContent-Length: 0\r\n\r\n',
    },
    { name: 'a control character', text: 'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n' },
    { name: 'a status that is none', text: 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n' },
    { name: 'nothing', text: '' },
  ];

interface Understood {
  readonly status: number;
  readonly headers: unknown;
  readonly body: string;
}

let server: Server;
let origin: string;
/** Sent in answer to `GET /<number>/<size of the pieces>`, then the connection is closed. */
beforeAll(async () => {
  server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', async (asked) => {
      const [, number = '0', size = '1'] = /\/(\d+)\/(\d+)/.exec(asked.toString('latin1')) ?? [];
      const bytes = Buffer.from(ANSWERS[Number(number)]?.text ?? '', 'latin1');
      for (let at = 0; at < bytes.length; at += Number(size)) {
        socket.write(bytes.subarray(at, at + Number(size)));
        await new Promise((next) => setImmediate(next));
      }
      socket.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((done) => void server.close(() => done())));

/** How Node understands it, which is the measure. */
function byNode(path: string, method: string): Promise<Understood | 'refused'> {
  return new Promise((resolve) => {
    const asked = request(`${origin}${path}`, { method, agent: false }, (answer) => {
      buffer(answer).then(
        (body) =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: body.toString('latin1') }),
        () => resolve('refused'),
      );
    });
    asked.on('error', () => resolve('refused'));
    asked.end();
  });
}

async function byUs(path: string, method: 'GET' | 'HEAD'): Promise<Understood | 'refused'> {
  const http = createHttpClient({ userAgent: 'test/1' });
  try {
    const answer = await http.send({ method, url: new URL(`${origin}${path}`) });
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await buffer(answer.body)).toString('latin1'),
    };
  } catch {
    return 'refused';
  } finally {
    http.close();
  }
}

describe('answers', () => {
  for (const [number, { name, method = 'GET' }] of ANSWERS.entries())
    for (const size of [1, 7, 100_000])
      it(`understands ${name} as Node does, in pieces of ${size}`, async () => {
        const path = `/${number}/${size}`;
        expect(await byUs(path, method)).toEqual(await byNode(path, method));
      });

  it('takes lengths that no body will ever have', () => {
    const text = `HTTP/1.1 500 no\r\nContent-Length: ${Number.MAX_SAFE_INTEGER}`;
    expect(readHead(text, 'GET').framing).toEqual({ kind: 'length', length: Number.MAX_SAFE_INTEGER });
  });

  it('refuses headers without an end', () => {
    expect(() => readHead('HTTP/1.1 200 OK\r\nfolded: a\r\n b', 'GET')).toThrow();
  });
});

describe('a chunked body', () => {
  it('is the same however it is cut into pieces', () => {
    const part = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (parts, cuts) => {
          const content = Buffer.concat(parts);
          const coded = Buffer.concat([
            ...parts.flatMap((bytes) => [
              Buffer.from(`${bytes.length.toString(16)}\r\n`),
              bytes,
              Buffer.from('\r\n'),
            ]),
            Buffer.from('0\r\n\r\nREST'),
          ]);
          const reader = createChunkedReader();
          const got: Buffer[] = [];
          let rest: Buffer | undefined;
          let at = 0;
          for (let turn = 0; at < coded.length && rest === undefined; turn++) {
            const length = cuts[turn % Math.max(1, cuts.length)] ?? coded.length;
            rest = reader.read(coded.subarray(at, at + length), (bytes) => void got.push(bytes));
            at += length;
          }
          expect(Buffer.concat(got).equals(content)).toBe(true);
          expect(rest).toBeDefined();
          expect('REST'.startsWith(rest?.toString() ?? 'x')).toBe(true);
        },
      ),
    );
  });
});

describe('a connection that waits for work', () => {
  it('is given up when the server says something that nobody asked for', async () => {
    let connections = 0;
    let givenUp: Promise<unknown> = Promise.resolve();
    const chatty = createServer((socket) => {
      connections++;
      socket.on('error', () => {});
      givenUp = new Promise((resolve) => socket.once('close', resolve));
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong'), 20);
      });
    });
    await new Promise<void>((ready) => chatty.listen(0, '127.0.0.1', ready));
    const url = new URL(`http://127.0.0.1:${(chatty.address() as AddressInfo).port}/`);
    const http = createHttpClient({ userAgent: 'test/1' });
    try {
      for (let turn = 0; turn < 2; turn++) {
        expect((await buffer((await http.send({ method: 'GET', url })).body)).toString()).toBe('ok');
        await givenUp;
      }
      expect(connections).toBe(2);
    } finally {
      http.close();
      await new Promise<void>((done) => void chatty.close(() => done()));
    }
  });
});
