import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands before servers and holds back whatever clients send by so many milliseconds, so that every request takes that much longer while the
 * bandwidth stays. A process of its own, so that it shares no event loop with what is measured.
 * Usage: node delay-proxy.mjs MILLISECONDS HOST:PORT … prints one `HOST:PORT` a line per server, then runs until it is ended.
 */
const [delay = '', ...servers] = process.argv.slice(2);
const ms = Number(delay);

function hold(from: Socket, to: Socket): void {
  const waiting: { readonly at: number; readonly chunk: Buffer | undefined }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    timer = undefined;
    while (waiting[0] !== undefined && waiting[0].at <= performance.now()) {
      const chunk = waiting.shift()?.chunk;
      if (chunk === undefined) to.end();
      else if (!to.write(chunk)) from.pause();
    }
    if (waiting[0] !== undefined)
      timer = setTimeout(next, Math.max(1, Math.ceil(waiting[0].at - performance.now())));
  };
  const add = (chunk: Buffer | undefined): void => {
    waiting.push({ at: performance.now() + ms, chunk });
    timer ??= setTimeout(next, ms);
  };
  from.on('data', add);
  from.once('end', () => add(undefined));
  to.on('drain', () => from.resume());
}

for (const server of servers) {
  const [host = '', port = ''] = server.split(':');
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
    hold(client, upstream);
    upstream.pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  console.log(`127.0.0.1:${address.port}`);
}
