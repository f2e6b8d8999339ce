import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** Methods are upper case; a TLS record begins with 0x16. */
const FIRST_OF_METHOD = /^[A-Z]/;

const WORDS = 'this port speaks TLS: use https\n';
/** HTTP/1.0 and the status are what Go's net/http answers here, so that clients that know its servers know ours. */
const ANSWER = [
  'HTTP/1.0 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${WORDS.length}`,
  'Connection: close',
  '',
  WORDS,
].join('\r\n');

/** A client that goes on sending after the answer is cut; closing at once could take the answer from it. */
const LINGER_MS = 2000;

/**
 * Looks at the first byte of each connection before the handshake: plain http gets an answer in words where OpenSSL would cut it. What is
 * anything else is handed to the handshake whole. A connection that says nothing for `silentMs` is closed.
 */
export function tellPlainHttp(server: Server, silentMs: number): void {
  // The server's own, which begins the handshake; it takes what was put back into the connection.
  const handshakes = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // A connection that breaks before it spoke is nobody's failure.
    const cut = (): void => void socket.destroy();
    socket.on('error', cut).setTimeout(silentMs, cut);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return cut();
      socket.setTimeout(0, cut);
      if (FIRST_OF_METHOD.test(first.toString('latin1', 0, 1))) return answer(socket);
      socket.off('error', cut);
      socket.unshift(first);
      for (const handshake of handshakes) Reflect.apply(handshake, server, [socket]);
    });
  });
}

function answer(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(ANSWER, 'latin1');
  socket.resume();
}
