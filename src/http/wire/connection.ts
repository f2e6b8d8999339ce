import type { Socket } from 'node:net';
import { isLocalAddress } from '../addresses.ts';
import { type ChunkedReader, createChunkedReader } from './chunked.ts';
import { type Head, readHead, WireError } from './head.ts';

/** What one exchange hears, in this order; `fail` at any moment before `end`, and then nothing more. */
export interface Listener {
  /** With `bytes` of the body still to come, when that is known. */
  head(head: Head): void;
  data(chunk: Buffer): void;
  /** The answer is complete. */
  end(): void;
  fail(error: Error): void;
}

/** A connection to a server, used by one exchange after another. */
export interface Connection {
  readonly socket: Socket;
  /** The other side is this machine or its link. */
  readonly peerIsLocal: boolean;
  /** Exchanges that were begun. */
  exchanges(): number;
  /** From now on what comes is the answer to a request of this method. */
  begin(method: string, listener: Listener): void;
  /** What was sent is not complete, or nobody wants the rest of the answer: the connection ends with this exchange. */
  spend(): void;
}

/** As much as Node's parser takes by default, four times. */
const MAX_HEAD = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const BEGINNING = Buffer.from('HTTP/1.');

/** `freed` is called when the connection can take the next exchange, `gone` when it never will. Each exchange ends with one of both. */
export function createConnection(
  socket: Socket,
  { freed, gone }: { readonly freed: () => void; readonly gone: () => void },
): Connection {
  let listener: Listener | undefined;
  let method = '';
  let exchanges = 0;
  let spent = false;
  let pending: Buffer | undefined;
  let head: Head | undefined;
  /** Bytes of the body that are still to come. */
  let left = 0;
  let chunked: ChunkedReader | undefined;

  const fail = (error: Error): void => {
    const failing = listener;
    listener = undefined;
    socket.destroy();
    failing?.fail(error);
  };

  const end = (rest: Buffer | undefined): void => {
    const ending = listener;
    // Bytes that nobody asked for are the beginning of an answer to somebody else.
    const usable =
      head?.keepAlive === true &&
      !spent &&
      (rest === undefined || rest.length === 0) &&
      socket.writableLength === 0 &&
      !socket.destroyed;
    listener = undefined;
    head = undefined;
    chunked = undefined;
    if (usable) {
      // A stream that flows would look after itself once more all the same, for each exchange.
      if (socket.isPaused()) socket.resume();
      freed();
    } else socket.destroy();
    ending?.end();
  };

  const readBody = (bytes: Buffer, framed: Head): void => {
    if (framed.framing.kind === 'close') {
      if (bytes.length > 0) listener?.data(bytes);
      return;
    }
    if (chunked !== undefined) {
      const rest = chunked.read(bytes, (content) => listener?.data(content));
      if (rest !== undefined && listener !== undefined) end(rest);
      return;
    }
    const own = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= own.length;
    if (own.length > 0) listener?.data(own);
    if (left === 0 && listener !== undefined) end(bytes.subarray(own.length));
  };

  const readStart = (chunk: Buffer): void => {
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    pending = undefined;
    const at = bytes.indexOf(HEAD_END);
    const beginning = bytes.subarray(0, BEGINNING.length);
    if (!BEGINNING.subarray(0, beginning.length).equals(beginning))
      throw new WireError('HPE_INVALID_CONSTANT', 'does not begin like an answer');
    if (at > MAX_HEAD || (at < 0 && bytes.length > MAX_HEAD))
      throw new WireError('HPE_HEADER_OVERFLOW', 'has no end of its headers');
    if (at < 0) {
      pending = bytes;
      return;
    }
    const read = readHead(bytes.toString('latin1', 0, at), method);
    const rest = bytes.subarray(at + HEAD_END.length);
    if (read.status === 101)
      throw new WireError('HPE_INVALID_UPGRADE', 'changes to a protocol that nobody asked for');
    if (read.status < 200) {
      // Not the answer yet (RFC 9110 section 15.2).
      if (rest.length > 0) readStart(rest);
      return;
    }
    head = read;
    left = read.framing.kind === 'length' ? read.framing.length : 0;
    chunked = read.framing.kind === 'chunked' ? createChunkedReader() : undefined;
    listener?.head(read);
    if (listener !== undefined && (rest.length > 0 || (read.framing.kind === 'length' && left === 0)))
      readBody(rest, read);
  };

  const hungUp = (): void => {
    if (listener === undefined) socket.destroy();
    else if (head?.framing.kind === 'close') end(undefined);
    else fail(Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' }));
  };

  socket.on('data', (chunk: Buffer) => {
    if (listener === undefined) {
      socket.destroy();
      return;
    }
    try {
      if (head === undefined) readStart(chunk);
      else readBody(chunk, head);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      fail(error);
    }
  });
  socket.on('error', fail);
  socket.on('end', hungUp);
  socket.once('close', () => {
    hungUp();
    gone();
  });
  socket.resume();

  return {
    socket,
    peerIsLocal: isLocalAddress(socket.remoteAddress),
    exchanges: () => exchanges,
    begin: (asked, heard) => {
      exchanges++;
      method = asked;
      spent = false;
      listener = heard;
    },
    spend: () => {
      spent = true;
    },
  };
}
