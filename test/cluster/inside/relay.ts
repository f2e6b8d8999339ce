import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/**
 * Runs inside the node's namespaces: `relay.ts SOCKET=PORT…` takes connections of a unix socket to a port of loopback there. A unix
 * socket has a path and no network, so that the tests' process outside can meet it.
 */
for (const pair of process.argv.slice(2)) {
  const [socket = '', port = ''] = pair.split('=');
  rmSync(socket, { force: true });
  createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
    from.on('error', () => to.destroy()).pipe(to);
    to.on('error', () => from.destroy()).pipe(from);
  }).listen(socket);
}
