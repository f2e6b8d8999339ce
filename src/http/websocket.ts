import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import { aborted, transportFailure } from './failures.ts';
import type { WebSocketConnection } from './types.ts';

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One message in memory; what a container prints comes in pieces far smaller than this. */
const MESSAGE_LIMIT = 16 * 1024 * 1024;

export interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Cuts the first whole frame of `bytes` off (RFC 6455 section 5.2); undefined when it is not all there. Throws `CONNECTION_FAILED` for what no server may send. */
export function readFrame(
  bytes: Buffer,
  host: string,
): { readonly frame: Frame; readonly rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0) throw notWebSocket(host);
  const short = second & 0x7f;
  const offset = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < offset) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (length > MESSAGE_LIMIT) throw notWebSocket(host);
  if (bytes.length < offset + length) return undefined;
  return {
    frame: {
      final: (first & 0x80) !== 0,
      opcode: first & 0x0f,
      payload: bytes.subarray(offset, offset + length),
    },
    rest: bytes.subarray(offset + length),
  };
}

/** A frame as a client sends it: whole, masked with four random bytes. */
export function writeFrame(opcode: number, payload: Buffer, mask: Buffer = randomBytes(4)): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header.writeUInt8(0x80 | opcode, 0);
  if (length < 126) header.writeUInt8(0x80 | length, 1);
  else if (length < 65_536) {
    header.writeUInt8(0x80 | 126, 1);
    header.writeUInt16BE(length, 2);
  } else {
    header.writeUInt8(0x80 | 127, 1);
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  const masked = Buffer.from(payload);
  for (let at = 0; at < length; at++) masked[at] = (masked[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([header, mask, masked]);
}

/** A WebSocket over a connection that was just upgraded. `head`: bytes that came with the answer already. */
export function createWebSocket(
  socket: Duplex,
  head: Buffer,
  { protocol, host, signal }: { protocol: string; host: string; signal?: AbortSignal | undefined },
): WebSocketConnection {
  const onAbort = (): void => void socket.destroy(aborted(signal?.reason));
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', onAbort));
  socket.on('error', () => {}); // told to whoever reads
  if (signal?.aborted === true) onAbort();
  const send = (opcode: number, payload: Buffer): void => {
    if (socket.writable) socket.write(writeFrame(opcode, payload));
  };
  return {
    protocol,
    send: (message) => send(OPCODE.binary, message),
    close: () => {
      send(OPCODE.close, Buffer.from([0x03, 0xe8])); // 1000: normal closure
      socket.end();
    },
    messages: async function* () {
      let buffered = head;
      let message: Buffer[] = [];
      let size = 0;
      try {
        for (;;) {
          for (let read = readFrame(buffered, host); read !== undefined; read = readFrame(buffered, host)) {
            const { frame } = read;
            buffered = read.rest;
            if (frame.opcode === OPCODE.close) {
              send(OPCODE.close, Buffer.from(frame.payload.subarray(0, 2)));
              return;
            }
            if (frame.opcode === OPCODE.ping) send(OPCODE.pong, frame.payload);
            if (frame.opcode > OPCODE.binary) continue;
            size += frame.payload.length;
            if (size > MESSAGE_LIMIT) throw notWebSocket(host);
            message.push(frame.payload);
            if (!frame.final) continue;
            yield Buffer.concat(message);
            message = [];
            size = 0;
          }
          const chunk = await nextChunk(socket);
          if (chunk === undefined)
            throw new SallyportError('CONNECTION_FAILED', 'the connection was cut in the middle', {
              subject: host,
              facts: { phase: 'body', reason: 'ECONNRESET', transient: true },
            });
          buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
        }
      } catch (error) {
        throw transportFailure(error, host, 'body', signal);
      } finally {
        socket.destroy();
      }
    },
  };
}

/** The next bytes of a stream; undefined at its end. */
function nextChunk(socket: Duplex): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (run: () => void): void => {
      socket.off('readable', look).off('end', ended).off('error', failed).off('close', ended);
      run();
    };
    const ended = (): void =>
      settle(() => {
        if (socket.errored) reject(socket.errored);
        else resolve(undefined);
      });
    const failed = (error: Error): void => settle(() => reject(error));
    const look = (): void => {
      const chunk: unknown = socket.read();
      if (Buffer.isBuffer(chunk)) settle(() => resolve(chunk));
    };
    if (socket.destroyed) {
      ended();
      return;
    }
    socket.on('readable', look).on('end', ended).on('error', failed).on('close', ended);
    look();
  });
}

function notWebSocket(host: string): SallyportError {
  return new SallyportError('CONNECTION_FAILED', 'what it sent is not the WebSocket protocol', {
    subject: host,
    facts: { phase: 'body', reason: 'WEBSOCKET', transient: false },
  });
}
