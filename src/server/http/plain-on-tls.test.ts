import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Serving } from '../serve.ts';
import { createRegistryServer } from '../server.ts';

let folder: string;
let registry: Serving;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-plain-on-tls-'));
  registry = await createRegistryServer({
    dir: join(folder, 'content'),
    tls: { generateFor: [] },
  });
});

afterEach(async () => {
  await registry.close({ graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

async function said(text: string): Promise<string> {
  const socket = connect(registry.port, '127.0.0.1');
  socket.write(text);
  return (await buffer(socket)).toString();
}

async function statusOverTls(): Promise<number | undefined> {
  const ca = readFileSync(registry.caFile ?? '');
  const sent = request({ port: registry.port, host: '127.0.0.1', path: '/v2/', ca, agent: false }).end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  return answer.statusCode;
}

describe('plain http on a port that speaks TLS', () => {
  it.each([
    ['GET', 'GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HEAD', 'HEAD /v2/a/manifests/1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a request whose body goes on', `PUT /v2/a HTTP/1.1\r\nHost: a\r\n\r\n${'x'.repeat(200_000)}`],
    ['the first byte of a request', 'G'],
  ])('answers %s in words', async (_, text) => {
    const answer = await said(text);
    expect(answer).toMatch(/^HTTP\/1\.0 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\n\r\nthis port speaks TLS: use https\n$/);
  });

  it('leaves what is neither to the handshake', async () => {
    expect(await said('\x00\x01\x02nonsense')).not.toContain('HTTP');
  });

  it('goes on speaking TLS beside it', async () => {
    await said('GET / HTTP/1.1\r\n\r\n');
    expect(await statusOverTls()).toBe(200);
  });

  it('outlives connections that break before they spoke', async () => {
    const silent = connect(registry.port, '127.0.0.1');
    await once(silent, 'connect');
    silent.resetAndDestroy();
    const half = connect(registry.port, '127.0.0.1');
    half.end();
    await buffer(half);
    expect(await statusOverTls()).toBe(200);
  });

  it.each([
    ['says nothing', ''],
    ['has begun a handshake', '\x16\x03\x01'],
  ])('stops although a connection %s', async (_, text) => {
    const socket = connect(registry.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    const gone = once(socket, 'close');
    socket.resume();
    await registry.close({ graceMs: 50 });
    await gone;
  });
});
