import { connect, createServer, type Socket } from 'node:net';
import { listening } from './listening.ts';

/** Stands before a server and counts what crosses, whatever the server is and however connections end. */
export interface CountingRelay {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Bytes towards the server, heads included. */
  received(): number;
  /** Bytes from the server. */
  sent(): number;
  close(): Promise<void>;
}

/**
 * A relay on loopback. `rate`: bytes per second from the server at the most, over all connections, so that it is the network that limits and
 * not the machine; `receiveRate`: the same towards the server. A side that breaks breaks the other, as it would without a relay.
 */
export async function startCountingRelay(
  to: string,
  {
    rate = Number.POSITIVE_INFINITY,
    receiveRate = Number.POSITIVE_INFINITY,
  }: { readonly rate?: number; readonly receiveRate?: number } = {},
): Promise<CountingRelay> {
  const [hostname = '', port = ''] = to.split(':');
  let received = 0;
  let sent = 0;
  const pauseFor = pacer(rate);
  const pauseToServer = pacer(receiveRate);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    client.setNoDelay(true);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        // What it sent still arrives; what it does not take any more is not asked of the other.
        other.end(() => other.destroy());
      });
    }
    forward(client, upstream, (length) => {
      received += length;
      return pauseToServer(length);
    });
    forward(upstream, client, (length) => {
      sent += length;
      return pauseFor(length);
    });
  });
  const host = `127.0.0.1:${await listening(server)}`;
  return {
    host,
    received: () => received,
    sent: () => sent,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** How many milliseconds to wait behind a piece of that length, all pieces together at this rate. */
function pacer(rate: number): (length: number) => number {
  let freeAt = 0;
  return (length) => {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + (length / rate) * 1000;
    return freeAt - now;
  };
}

/** Hands on piece by piece; `pause` gives how many milliseconds to wait after a piece of that length. */
function forward(from: Socket, to: Socket, pause: (length: number) => number): void {
  from.on('data', (chunk) => {
    const waitMs = pause(chunk.length);
    const goOn = (): void => {
      if (waitMs > 1) setTimeout(() => from.resume(), waitMs);
      else from.resume();
    };
    if (to.destroyed) return;
    const room = to.write(chunk);
    if (room && waitMs <= 1) return;
    from.pause();
    if (room) goOn();
    else to.once('drain', goOn);
  });
  from.on('end', () => to.end());
}
