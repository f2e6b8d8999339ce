import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { CredentialSource } from '../kubeconfig/types.ts';
import { type ApiRequest, createApiTransport } from './transport.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(code, headers).end('{}');
const cut: Answer = (request) => request.socket.destroy();

/** A server that gives these answers in turn, and what it was asked. */
async function serve(answers: Answer[], credentials?: CredentialSource, scheme = 'http') {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.headers.authorization ?? '-'}`);
    (answers.shift() ?? status(500))(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const slept: number[] = [];
  const transport = createApiTransport({
    access: {
      context: 'test',
      server: new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`),
      namespace: 'default',
      insecureSkipVerify: false,
      credentials: credentials ?? {
        get: () => Promise.resolve({ headers: { authorization: 'Bearer a' }, origin: 'user u' }),
        renew: () => false,
      },
    },
    userAgent: 'test',
    env: {},
    clock: {
      ...systemClock,
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    },
  });
  closers.push(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  return { transport, asked, slept };
}

const get: ApiRequest = { method: 'GET', path: '/x', repeatable: true };
const post: ApiRequest = { method: 'POST', path: '/x', repeatable: false, body: Buffer.from('{}') };

describe('requests to an API server', () => {
  it('wait as long as the server asks when it is too busy, whatever they do', async () => {
    const { transport, slept } = await serve([status(429, { 'retry-after': '3' }), status(201)]);
    expect((await transport.send(post)).status).toBe(201);
    expect(slept).toEqual([3000]);
  });

  it.each<[string, ApiRequest, Answer, number]>([
    ['a repeatable one after 503', get, status(503), 200],
    ['one that is not, after 503', post, status(503), 503],
    ['a repeatable one after a cut', { ...get, method: 'PATCH', body: Buffer.from('{}') }, cut, 200],
    ['a refusal', get, status(403), 403],
  ])('are sent again only where that is safe: %s', async (_, request, first, expected) => {
    const { transport } = await serve([first, status(200)]);
    expect((await transport.send(request)).status).toBe(expected);
  });

  it('do not repeat what may have been done', async () => {
    const { transport, asked } = await serve([cut, status(201)]);
    await expect(transport.send(post)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      subject: expect.stringContaining('context test'),
    });
    expect(asked).toHaveLength(1);
  });

  it('ask for credentials again once when they were refused, and name where they come from', async () => {
    let token = 'old';
    const credentials: CredentialSource = {
      get: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` }, origin: 'user u (file)' }),
      renew: () => {
        token = 'new';
        return true;
      },
    };
    const { transport, asked } = await serve(
      [status(401), status(200), status(401), status(401)],
      credentials,
    );
    expect((await transport.send(get)).status).toBe(200);
    expect(asked).toEqual(['GET Bearer old', 'GET Bearer new']);
    await expect(transport.send(get)).rejects.toMatchObject({
      code: 'CLUSTER_UNAUTHORIZED',
      message: expect.stringContaining('user u (file)'),
    });
    expect(asked).toHaveLength(4);
  });

  it('are not tried again when closing cut them off', async () => {
    const { transport, asked, slept } = await serve([() => undefined]);
    const sent = transport.send(get);
    await expect.poll(() => asked).toHaveLength(1);
    transport.close();
    await expect(sent).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(slept).toEqual([]);
  });

  it('say that certificates are chosen in the kubeconfig', async () => {
    const { transport } = await serve([], undefined, 'https');
    await expect(transport.send(get)).rejects.toMatchObject({
      code: 'TLS_FAILED',
      subject: expect.stringContaining('context test'),
      hint: expect.stringContaining('certificate-authority'),
    });
  });

  it('give up after some tries, saying which cluster is away', async () => {
    const { transport, asked } = await serve([cut, cut, cut, cut, cut, cut]);
    await expect(transport.send(get)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('the API server cannot be reached'),
    });
    expect(asked).toHaveLength(5);
  });
});
