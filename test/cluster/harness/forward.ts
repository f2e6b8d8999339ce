import { connect, createServer, type Socket } from 'node:net';

/** Takes connections of a loopback port of this machine to a unix socket; the other half is `inside/relay.ts`. */
export async function forward(port: number, socket: string): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ path: socket, allowHalfOpen: true });
    for (const end of [from, to]) {
      open.add(end);
      end.on('close', () => open.delete(end));
    }
    from.on('error', () => to.destroy()).pipe(to);
    to.on('error', () => from.destroy()).pipe(from);
  });
  await new Promise<void>((ready, fail) => server.once('error', fail).listen(port, '127.0.0.1', ready));
  return {
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const end of open) end.destroy();
      await closed;
    },
  };
}
