import { connect, createServer } from 'node:net';

/**
 * Stands before a server and gives each connection so many bytes a second, as far servers and busy stores do. A process of its own.
 * Usage: node limit-proxy.mjs BYTES_PER_SECOND HOST:PORT; prints its `HOST:PORT`, then runs until it is ended.
 */
const [rate = '', server = ''] = process.argv.slice(2);
const [host = '', port = ''] = server.split(':');
const bytesPerMs = Number(rate) / 1000;

const proxy = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host, port: Number(port), noDelay: true });
  let freeAt = 0;
  client.pipe(upstream);
  upstream.on('data', (chunk) => {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + chunk.length / bytesPerMs;
    const full = !client.write(chunk);
    const wait = freeAt - now;
    if (!full && wait < 1) return;
    upstream.pause();
    const goOn = (): void => {
      if (full && client.writableNeedDrain) client.once('drain', () => upstream.resume());
      else upstream.resume();
    };
    if (wait < 1) goOn();
    else setTimeout(goOn, wait);
  });
  upstream.once('end', () => client.end());
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.once('close', () => upstream.destroy());
});
await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
const address = proxy.address();
if (address === null || typeof address === 'string') throw new Error('no port');
console.log(`127.0.0.1:${address.port}`);
