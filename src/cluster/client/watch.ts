import type { Readable } from 'node:stream';
import { type Clock, SallyportError } from '../../base/index.ts';
import { identityOf, nameOf } from '../names.ts';
import type { KubeObject, WatchEvent } from '../types.ts';
import { type Status, statusOf } from './status.ts';

/** Shorter than the transport's limit on silence (60 s), so that a quiet watch ends by itself and is resumed. */
export const WATCH_SECONDS = 45;

export interface WatchSource {
  /** Every object now, and the place from which to watch. */
  list(): Promise<{ readonly items: readonly KubeObject[]; readonly resourceVersion: string }>;
  /** The body of a watch from a place on. Throws for a refusal. */
  open(resourceVersion: string): Promise<Readable>;
  /** The error for a Status that came within a watch. */
  failure(status: Status): SallyportError;
}

/** Milliseconds before a watch is taken up again after a cut. */
const RESUME_MS = 500;

/** A watch that goes on for ever: resumed where it was cut, listed again where the server forgot the place. */
export async function* watchForever(
  source: WatchSource,
  clock: Clock,
  signal?: AbortSignal | undefined,
): AsyncGenerator<WatchEvent> {
  const known = new Map<string, KubeObject>();
  let place: string | undefined;
  for (;;) {
    if (place === undefined) {
      const { items, resourceVersion } = await source.list();
      const now = new Set(items.map((item) => identityOf(nameOf(item))));
      for (const [identity, object] of [...known]) {
        if (now.has(identity)) continue;
        known.delete(identity);
        yield { type: 'DELETED', object };
      }
      for (const object of items) {
        const identity = identityOf(nameOf(object));
        const before = known.get(identity);
        known.set(identity, object);
        if (before === undefined) yield { type: 'ADDED', object };
        else if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
          yield { type: 'MODIFIED', object };
      }
      place = resourceVersion;
    }
    try {
      for await (const line of jsonLines(await source.open(place))) {
        const { type, object } = line;
        if (type === 'ERROR') {
          const status = statusOf(object);
          if (status.code !== 410) throw source.failure(status);
          place = undefined;
          break;
        }
        const item = object as unknown as KubeObject;
        place = item.metadata.resourceVersion ?? place;
        if (type === 'BOOKMARK') continue;
        const identity = identityOf(nameOf(item));
        if (type === 'DELETED') known.delete(identity);
        else known.set(identity, item);
        yield { type: type as WatchEvent['type'], object: item };
      }
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      if (error.facts['status'] === 410) place = undefined;
      else if (error.facts['transient'] !== true) throw error;
      await clock.sleep(RESUME_MS, signal);
    }
  }
}

interface WatchLine {
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** One JSON value a line, however the bytes are cut. */
export async function* jsonLines(body: AsyncIterable<Buffer>): AsyncGenerator<WatchLine> {
  let pieces: Buffer[] = [];
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, end));
      const line = Buffer.concat(pieces).toString('utf8').trim();
      pieces = [];
      from = end + 1;
      if (line !== '') yield JSON.parse(line) as WatchLine;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
}
