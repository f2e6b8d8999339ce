import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { sendResponse } from './outgoing.ts';

it('closes what it opened for a client that hung up meanwhile', async () => {
  const body = Readable.from([Buffer.alloc(10)]);
  const server = createServer();
  const sent = new Promise<unknown>((done) => {
    server.on('request', (_, response) => {
      const open = async () => {
        request.destroy();
        await once(response, 'close');
        return body;
      };
      const options = { sent: () => undefined, breakAfter: undefined };
      done(sendResponse('GET', { status: 200, headers: {}, body: { length: 10, open } }, response, options));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  request.on('error', () => undefined);
  try {
    await expect(sent).rejects.toThrow();
    expect(body.destroyed).toBe(true);
  } finally {
    server.close();
  }
});
