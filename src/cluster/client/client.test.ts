import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterClient } from '../types.ts';
import { createClusterClient } from './client.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function clientOf(status: number, body: string): Promise<{ client: ClusterClient; host: string }> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClusterClient({
    access: {
      context: 'test',
      server: new URL(`http://${host}`),
      namespace: 'default',
      insecureSkipVerify: false,
      credentials: { get: () => Promise.resolve({ headers: {}, origin: 'user u' }), renew: () => false },
    },
    userAgent: 'test',
  });
  closers.push(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return { client, host };
}

const NAME = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'a' } as const;
const CALLS: readonly [string, (client: ClusterClient) => Promise<unknown>][] = [
  ['version', (client) => client.version()],
  ['get', (client) => client.get(NAME)],
  ['list', (client) => client.list(NAME)],
  ['apply', (client) => client.apply({ ...NAME, metadata: NAME }, { fieldManager: 'test' })],
];

describe('an address where no API server is', () => {
  it.each(CALLS)('is told when a page comes back (%s)', async (_, call) => {
    const { client, host } = await clientOf(200, '\n<html>\u001b[31mLog in</html>');
    await expect(call(client)).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      subject: host,
      message:
        'does not answer as a Kubernetes API server does; what it says is no JSON: “<html>·[31mLog in</html>”',
      hint: expect.stringContaining('Check server and proxy-url'),
    });
  });

  it.each(CALLS)('is told when nothing is there (%s)', async (_, call) => {
    const { client, host } = await clientOf(404, '{"errors":[]}');
    await expect(call(client)).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      subject: host,
      message: expect.stringMatching(
        /^does not answer as a Kubernetes API server does; there is nothing at \/(?:version|api\/v1)$/,
      ),
    });
  });
});
