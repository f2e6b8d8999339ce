import { Readable } from 'node:stream';
import { isAbort, SallyportError } from '../base/index.ts';

export interface SpreadOptions {
  /** Bytes `from` to `to` (the one after the last) of the blob, as one request. */
  readonly openRange: (from: number, to: number) => Promise<Readable>;
  readonly size: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Whether several connections brought more than one, learned from this blob. */
  readonly decided: (pays: boolean) => void;
  /** Asks for places at the server for several connections; gives how to give them back, or undefined when others need them. */
  readonly enter: () => (() => void) | undefined;
}

export interface SpreadStart {
  /** The byte at which `body` begins. */
  readonly at: number;
  readonly body: Readable;
  /** Where `body` ends, and how to give the places back, when several connections are known to bring more. Else it ends with the blob, and is tried. */
  readonly piece?: { readonly until: number; readonly leave: () => void };
}

/** Less than this is over before a second connection has come up to speed. */
export const SPREAD_FROM = 256 * 1024 * 1024;
/** What one request brings. All but the first wait in memory for their turn. */
export const PIECE = 4 * 1024 * 1024;
export const CONNECTIONS = 4;
/** Milliseconds for which one, then several connections are watched. */
const TRIAL_MS = 2000;
/** Bytes per millisecond of one connection that several cannot better much: 200 MB/s. */
const FAST = 200_000;
/** Several have to bring so much more: they cost requests and memory. */
const WORTH_IT = 1.25;

/**
 * The rest of a very large blob, read over several connections where that is faster: a far server, or one that limits each connection, gives one
 * connection less than the line carries. It is watched for a while, then several are, and what brought more goes on. The bytes come in order; what
 * fails in one piece fails here, and is read again from where it stood by whoever resumes.
 */
export function spreadBody(start: SpreadStart, options: SpreadOptions): Readable {
  const reading = createReading(start);
  const stream = Readable.from(read(start, options, reading), { objectMode: false });
  // The generator may wait for a connection that gives nothing.
  stream.once('close', reading.close);
  return stream;
}

/** What is open for one blob. */
interface Reading {
  /** To be closed with it; at once when it is closed already. */
  add(body: Readable): void;
  leave: () => void;
  close(): void;
}

function createReading({ body, piece }: SpreadStart): Reading {
  const bodies = new Set<Readable>([body]);
  let closed = false;
  const reading: Reading = {
    leave: piece?.leave ?? (() => {}),
    add: (added) => {
      bodies.add(added);
      added.once('close', () => bodies.delete(added));
      if (closed) added.destroy();
    },
    close: () => {
      closed = true;
      reading.leave();
      for (const one of bodies) one.destroy();
    },
  };
  return reading;
}

async function* read(
  { at, body, piece: known }: SpreadStart,
  options: SpreadOptions,
  reading: Reading,
): AsyncGenerator<Buffer> {
  const { size, now } = options;
  let position = at;
  let end = known?.until;
  let pieces: Pieces | undefined;
  let alone: number | undefined;
  let trying = true;
  const began = now();
  if (end !== undefined) pieces = createPieces(options, reading, end);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const wanted = end === undefined ? chunk : chunk.subarray(0, end - position);
    position += wanted.length;
    yield wanted;
    if (position === end) break;
    if (!trying || end !== undefined || now() - began < TRIAL_MS) continue;
    const rate = (position - at) / (now() - began);
    trying = rate < FAST && size - position >= SPREAD_FROM;
    if (!trying) continue;
    const leave = options.enter();
    if (leave === undefined) continue;
    reading.leave = leave;
    alone = rate;
    end = position + PIECE;
    pieces = createPieces(options, reading, end);
  }
  if (end === undefined || pieces === undefined) return;
  if (position < end) throw short(position, end);

  const from = { position, time: now() };
  let judged = alone === undefined;
  for (let piece = pieces.next(); piece !== undefined; piece = pieces.next()) {
    for await (const chunk of piece) {
      position += chunk.length;
      yield chunk;
    }
    const elapsed = now() - from.time;
    if (judged || elapsed < TRIAL_MS) continue;
    judged = true;
    const pays = (position - from.position) / elapsed >= (alone ?? 0) * WORTH_IT;
    options.decided(pays);
    if (!pays) pieces.stop();
  }
  if (position === size) return;
  reading.leave();
  const rest = await options.openRange(position, size);
  reading.add(rest);
  yield* rest as AsyncIterable<Buffer>;
}

interface Pieces {
  /** The next in order, under way already; undefined behind the last. */
  next(): AsyncIterable<Buffer> | undefined;
  /** Begins no more. */
  stop(): void;
}

function createPieces(options: SpreadOptions, reading: Reading, from: number): Pieces {
  const queue: AsyncIterable<Buffer>[] = [];
  let begun = from;
  let stopped = false;
  const fill = (): void => {
    while (!stopped && queue.length < CONNECTIONS && begun < options.size) {
      const to = Math.min(begun + PIECE, options.size);
      queue.push(fetchPiece(options, reading, begun, to));
      begun = to;
    }
  };
  fill();
  return {
    next: () => {
      const piece = queue.shift();
      fill();
      return piece;
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** Begins to read at once and keeps what comes until it is asked for. */
function fetchPiece(
  { openRange, decided }: SpreadOptions,
  reading: Reading,
  from: number,
  to: number,
): AsyncIterable<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  let ended = false;
  let failure: unknown;
  let wake = (): void => {};
  const finish = (error?: unknown): void => {
    ended = true;
    failure = error;
    wake();
  };
  openRange(from, to).then(
    (body) => {
      reading.add(body);
      body.on('data', (chunk: Buffer) => {
        received += chunk.length;
        chunks.push(chunk);
        wake();
      });
      body.once('error', finish);
      body.once('close', () => {
        if (!ended) finish(received === to - from ? undefined : short(from + received, to));
      });
    },
    (error: unknown) => {
      // Too many connections, or a server that gives no parts: one it is. A run that is stopped says nothing of that.
      if (!isAbort(error)) decided(false);
      finish(error);
    },
  );
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk;
        if (failure !== undefined) throw failure;
        if (ended) return;
        await new Promise<void>((more) => {
          wake = more;
        });
      }
    },
  };
}

function short(position: number, end: number): SallyportError {
  return new SallyportError('CONNECTION_FAILED', `a part ended at byte ${position}, it should at ${end}`, {
    facts: { transient: true, reason: 'SHORT_BODY' },
  });
}
