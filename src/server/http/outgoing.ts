import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiResponse } from '../types.ts';

/** Sends an answer and resolves when it has gone. Rejects when the connection breaks or the storage fails on the way. */
export async function sendResponse(
  method: string,
  response: ApiResponse,
  to: ServerResponse,
  options: {
    /** Told of each piece of the body that goes out. */
    readonly sent: (bytes: number) => void;
    readonly breakAfter: number | undefined;
  },
): Promise<void> {
  const { body, status } = response;
  const length = body === undefined ? undefined : Buffer.isBuffer(body) ? body.length : body.length;
  to.statusCode = status;
  for (const [name, value] of Object.entries(response.headers)) to.setHeader(name, value);
  if (length !== undefined && status !== 304) to.setHeader('content-length', length);
  else if (body === undefined && !to.hasHeader('content-length') && status !== 204 && status !== 304)
    to.setHeader('content-length', 0);
  if (method === 'HEAD' || body === undefined) {
    await finished(to);
    return;
  }
  if (Buffer.isBuffer(body) && options.breakAfter === undefined) {
    options.sent(body.length);
    await finished(to, body);
    return;
  }
  const source = Buffer.isBuffer(body) ? [body] : await body.open();
  // Kept here: the response lets go of its socket when that closes.
  const { socket } = to;
  const before = socket?.bytesWritten ?? 0;
  try {
    await pipeline(source, counting(to, options.sent, options.breakAfter), to);
  } catch (cause) {
    // A client that closes as soon as it has the last byte, before we have noticed that it went out, has got everything.
    if ((socket?.bytesWritten ?? 0) - before < body.length) throw cause;
  } finally {
    // `pipeline` leaves its source open when the client was gone before it began, and with it the file.
    if (!Array.isArray(source)) source.destroy();
  }
}

function finished(to: ServerResponse, body?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.once('finish', resolve);
    to.once('close', () => (to.writableFinished ? resolve() : reject(new Error('the client hung up'))));
    to.end(body);
  });
}

function counting(
  to: ServerResponse,
  sent: (bytes: number) => void,
  breakAfter: number | undefined,
): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const room = breakAfter === undefined ? chunk.length : Math.max(0, breakAfter - seen);
      const part = room < chunk.length ? chunk.subarray(0, room) : chunk;
      seen += part.length;
      sent(part.length);
      if (room >= chunk.length) return done(null, part);
      // What was promised goes out first, then the connection ends without the rest.
      to.write(part, () => to.destroy());
      done();
    },
  });
}
