import type { Socket } from 'node:net';
import { standBefore } from './relay.ts';

/**
 * Stands before servers and holds back whatever clients send by so many milliseconds, so that every request takes that much longer while the
 * bandwidth stays. A process of its own, so that it shares no event loop with what is measured.
 * Usage: node delay-proxy.mjs MILLISECONDS HOST:PORT … prints one `HOST:PORT` a line per server, then runs until it is ended.
 */
const [delay = '', ...servers] = process.argv.slice(2);
const ms = Number(delay);

function hold(from: Socket, to: Socket): void {
  const waiting: { readonly at: number; readonly chunk: Buffer | undefined }[] = [];
  let asleep = false;
  const sleep = (time: number): void => {
    asleep = true;
    setTimeout(pass, Math.max(1, Math.ceil(time)));
  };
  const pass = (): void => {
    asleep = false;
    const now = performance.now();
    for (let first = waiting[0]; first !== undefined && first.at <= now; first = waiting[0]) {
      waiting.shift();
      if (first.chunk === undefined) to.end();
      else if (!to.write(first.chunk)) from.pause();
    }
    if (waiting[0] !== undefined) sleep(waiting[0].at - now);
  };
  const add = (chunk: Buffer | undefined): void => {
    waiting.push({ at: performance.now() + ms, chunk });
    if (!asleep) sleep(ms);
  };
  from.on('data', add);
  from.once('end', () => add(undefined));
  to.on('drain', () => from.resume());
}

for (const server of servers)
  await standBefore(server, (client, upstream) => {
    hold(client, upstream);
    upstream.pipe(client);
  });
