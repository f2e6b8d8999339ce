import type { Readable } from 'node:stream';
import { giveBack, Reusing } from '../base/index.ts';

/** One reading of a blob for several writers at once. */
export interface Feed {
  /** What a store's `writeBlob` is given as `open`, for the writer of that number. */
  opener(writer: number): (offset: number) => Promise<Readable>;
  /** The writer needs nothing more (or never came), and nobody waits for it. */
  leave(writer: number): void;
  /** Why readings of the source failed. */
  readonly sourceErrors: readonly unknown[];
}

export interface FeedOptions {
  readonly writers: number;
  readonly open: (offset: number) => Promise<Readable>;
  /** Bytes that a writer took for the first time; what is sent again after a failure does not count. */
  readonly onProgress: (writer: number, count: number) => void;
  /** Writers that have not begun after so many milliseconds get a reading of their own, so that none waits for one that waits for a place. */
  readonly graceMs?: number;
}

/** One piece: what waits here is read again after a kill. */
const HIGH_WATER_MARK = 64 * 1024;
const GRACE_MS = 1000;

/**
 * The source is read at the pace of the slowest writer. A writer that begins again after a failure reads for itself from its offset; one that
 * gives up does not disturb the others.
 */
export function createFeed({ writers, open, onProgress, graceMs = GRACE_MS }: FeedOptions): Feed {
  const reached = new Array<number>(writers).fill(0);
  const sourceErrors: unknown[] = [];
  const absent = new Set<number>();
  let gathering: Gathering | undefined;
  let begun = false;

  const start = (offset: number, sinks: readonly Sink[]): void => {
    relay(
      () => open(offset),
      sinks,
      (sink, position) => {
        const known = reached[sink.writer] ?? 0;
        if (offset + position <= known) return;
        reached[sink.writer] = offset + position;
        onProgress(sink.writer, offset + position - known);
      },
      (error) => void sourceErrors.push(error),
    );
  };

  const join = (writer: number): Readable => {
    const sink = createSink(writer);
    gathering ??= gather(
      graceMs,
      () => writers - absent.size,
      (sinks) => {
        begun = true;
        start(0, sinks);
      },
    );
    gathering.add(sink);
    return sink.stream;
  };

  return {
    sourceErrors,
    leave: (writer) => {
      absent.add(writer);
      gathering?.look();
    },
    opener: (writer) => {
      let opened = false;
      return async (offset) => {
        const shared = offset === 0 && !opened && !begun;
        opened = true;
        if (shared) return join(writer);
        const sink = createSink(writer);
        start(offset, [sink]);
        return sink.stream;
      };
    },
  };
}

interface Sink {
  readonly writer: number;
  readonly stream: Readable;
  /** Called when the writer wants more. */
  wants: () => void;
  /** Called when the writer is done or gives up. */
  left: () => void;
  /** Called when the writer gives a chunk back. */
  back: (chunk: Buffer) => void;
}

function createSink(writer: number): Sink {
  const sink: Sink = {
    writer,
    wants: () => {},
    left: () => {},
    back: () => {},
    stream: new Reusing({
      highWaterMark: HIGH_WATER_MARK,
      read: () => sink.wants(),
      takeBack: (chunk) => sink.back(chunk),
      destroy: (error, done) => {
        sink.left();
        done(error);
      },
    }),
  };
  return sink;
}

interface Gathering {
  add(sink: Sink): void;
  /** Counts again. */
  look(): void;
}

/** Waits until all writers that can still come are there, or long enough. */
function gather(graceMs: number, expected: () => number, begin: (sinks: readonly Sink[]) => void): Gathering {
  const sinks: Sink[] = [];
  let timer: NodeJS.Timeout | undefined;
  let gone = false;
  const go = (): void => {
    clearTimeout(timer);
    if (gone) return;
    gone = true;
    begin(sinks.filter(({ stream }) => !stream.destroyed));
  };
  const look = (): void => {
    if (sinks.length >= expected()) go();
  };
  return {
    look,
    add: (sink) => {
      sinks.push(sink);
      timer ??= setTimeout(go, graceMs);
      look();
    },
  };
}

/** Hands every chunk of one source to all sinks; waits while one of them is full. */
function relay(
  open: () => Promise<Readable>,
  sinks: readonly Sink[],
  onChunk: (sink: Sink, position: number) => void,
  onSourceError: (error: unknown) => void,
): void {
  const taking = new Set(sinks);
  const full = new Set<Sink>();
  let source: Readable | undefined;
  let position = 0;
  const goOn = (): void => {
    if (full.size === 0) source?.resume();
  };
  const fail = (error: unknown): void => {
    onSourceError(error);
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const { stream } of [...taking]) stream.destroy(reason);
  };
  for (const sink of sinks) {
    sink.wants = () => {
      full.delete(sink);
      goOn();
    };
    sink.left = () => {
      full.delete(sink);
      taking.delete(sink);
      if (taking.size === 0) source?.destroy();
      else goOn();
    };
  }
  if (taking.size === 0) return;
  open().then((opened) => {
    source = opened;
    // What several hold, none can give back.
    const [only] = sinks;
    if (only !== undefined && sinks.length === 1) only.back = (chunk) => giveBack(opened, chunk);
    if (taking.size === 0) {
      opened.destroy();
      return;
    }
    opened.on('data', (chunk: Buffer) => {
      position += chunk.length;
      for (const sink of taking) {
        onChunk(sink, position);
        if (!sink.stream.push(chunk)) full.add(sink);
      }
      if (full.size > 0) opened.pause();
    });
    opened.once('error', fail);
    opened.once('end', () => {
      for (const { stream } of taking) stream.push(null);
    });
  }, fail);
}
