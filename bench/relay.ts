import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands before a server (`HOST:PORT`) on a port of its own and prints its `HOST:PORT`. `carry` says how bytes go from one side to the other;
 * a side that ends ends the other.
 */
export async function standBefore(
  server: string,
  carry: (client: Socket, upstream: Socket) => void,
): Promise<void> {
  const [host = '', port = ''] = server.split(':');
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
    carry(client, upstream);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  console.log(`127.0.0.1:${address.port}`);
}
