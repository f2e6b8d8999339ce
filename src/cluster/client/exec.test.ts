import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createClusterClient } from './client.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** One unmasked frame of a server. */
function frame(channel: number, text: string, { final = true, opcode = 2 } = {}): Buffer {
  const payload =
    opcode === 0 ? Buffer.from(text) : Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
  const header =
    payload.length < 126
      ? Buffer.from([(final ? 0x80 : 0) | opcode, payload.length])
      : Buffer.from([(final ? 0x80 : 0) | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, payload]);
}

const EXIT_3 = JSON.stringify({
  status: 'Failure',
  message: 'command terminated with exit code 3',
  details: { causes: [{ reason: 'ExitCode', message: '3' }] },
});

async function serve(answer: (socket: Duplex, request: IncomingMessage) => void) {
  const server = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', code: 404, reason: 'NotFound', message: 'pods "p" not found' }),
    );
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.on('error', () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: v5.channel.k8s.io\r\n\r\n`,
    );
    answer(socket, request);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = createClusterClient({
    access: {
      context: 'test',
      server: new URL(`http://127.0.0.1:${port}`),
      namespace: 'default',
      insecureSkipVerify: false,
      credentials: {
        get: () => Promise.resolve({ headers: { authorization: 'Bearer t' }, origin: 'test' }),
        renew: () => false,
      },
    },
    userAgent: 'test',
  });
  closers.push(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

describe('exec', () => {
  it('collects both streams and the exit status, over fragments, pings and long frames', async () => {
    const asked: string[] = [];
    const client = await serve((socket, request) => {
      asked.push(request.url ?? '', request.headers.authorization ?? '');
      socket.write(frame(1, 'hel', { final: false }));
      socket.write(Buffer.from([0x89, 0])); // ping
      socket.write(frame(1, 'lo', { opcode: 0 }));
      socket.write(frame(2, 'x'.repeat(300)));
      const last = frame(3, EXIT_3);
      socket.write(last.subarray(0, 5));
      setTimeout(() => socket.write(last.subarray(5)), 5);
    });
    const result = await client.exec({ name: 'p' }, 'c', ['sh', '-c', 'a b']);
    expect(result).toEqual({ stdout: 'hello', stderr: 'x'.repeat(300), exitCode: 3 });
    expect(asked[0]).toBe(
      '/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command=a+b&container=c&stdout=true&stderr=true',
    );
    expect(asked[1]).toBe('Bearer t');
  });

  it('sends standard input and its end, masked', async () => {
    const received: Buffer[] = [];
    const client = await serve((socket) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        if (Buffer.concat(received).length < 2 + 4 + 3 + 2 + 4 + 2) return;
        socket.write(frame(3, '{"status":"Success"}'));
      });
    });
    expect((await client.exec({ name: 'p' }, 'c', ['cat'], { stdin: Buffer.from('hi') })).exitCode).toBe(0);
    const bytes = Buffer.concat(received);
    const unmasked = [0, 1, 2].map((at) => (bytes[6 + at] ?? 0) ^ (bytes[2 + (at % 4)] ?? 0));
    expect(bytes[1]).toBe(0x80 | 3);
    expect(unmasked).toEqual([0, 104, 105]);
  });

  it('fails when the connection ends before the command', async () => {
    const client = await serve((socket) => socket.end(frame(1, 'half')));
    await expect(client.exec({ name: 'p' }, 'c', ['x'])).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
