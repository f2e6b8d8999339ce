import { standBefore } from './relay.ts';

/**
 * Stands before a server and gives each connection so many bytes a second, as far servers and busy stores do. A process of its own.
 * Usage: node limit-proxy.mjs BYTES_PER_SECOND HOST:PORT; prints its `HOST:PORT`, then runs until it is ended.
 */
const [rate = '', server = ''] = process.argv.slice(2);
const bytesPerMs = Number(rate) / 1000;

await standBefore(server, (client, upstream) => {
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
});
