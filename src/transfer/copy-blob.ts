import { SallyportError, toSallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import { type ContentStore, checksContent } from '../store/index.ts';
import { createFeed } from './feed.ts';

/** What became of one writer of a copy; `fromSource`: it was the reading that failed. */
export type Outcome =
  | { readonly error?: undefined }
  | { readonly error: SallyportError; readonly fromSource: boolean };

export interface CopyBlobOptions {
  readonly blob: Descriptor;
  /** Tried in turn. */
  readonly from: readonly ContentStore[];
  readonly to: readonly ContentStore[];
  readonly signal: AbortSignal;
  readonly onProgress: (count: number) => void;
  /** A writer goes on at a byte other than the first. */
  readonly onResume: (to: ContentStore) => void;
  /** How long writers wait for each other before they read on their own; default: the feed's. */
  readonly graceMs?: number;
  /** A writer has everything, out of `from`; others may still be at work. `kept`: bytes that an earlier run had left there. */
  readonly onWritten?: (to: ContentStore, kept: number, from: ContentStore) => void;
}

/** Content that was wrong is asked for once more: a byte may have flipped on the way (registry-client note 40). */
const WRONG_CONTENT: ReadonlySet<string> = new Set(['DIGEST_MISMATCH', 'SIZE_MISMATCH']);

/** Reads a blob from the first source that has it, once, and writes it to all targets. Gives an outcome per target and never throws. */
export async function copyBlob(options: CopyBlobOptions): Promise<readonly Outcome[]> {
  const outcomes = new Map<ContentStore, Outcome>();
  const kept = new Map<ContentStore, number>();
  const sources = [...options.from];
  let waiting = options.to;
  let repeated = false;
  for (let source = sources.shift(); source !== undefined && waiting.length > 0; source = sources.shift()) {
    const round = await copyOnce(options, source, waiting, kept);
    waiting.forEach((store, index) => {
      outcomes.set(store, round[index] ?? {});
    });
    waiting = waiting.filter((_, index) => isSourceFailure(round[index]));
    if (!repeated && round.some(isWrongContent)) {
      repeated = true;
      sources.unshift(source);
    }
    if (options.signal.aborted) break;
  }
  return options.to.map((store) => outcomes.get(store) ?? {});
}

function isSourceFailure(outcome: Outcome | undefined): boolean {
  return outcome?.error !== undefined && outcome.fromSource;
}

function isWrongContent(outcome: Outcome): boolean {
  return outcome.error !== undefined && outcome.fromSource && WRONG_CONTENT.has(outcome.error.code);
}

async function copyOnce(
  { blob, signal, onProgress, onResume, onWritten, graceMs }: CopyBlobOptions,
  source: ContentStore,
  to: readonly ContentStore[],
  /** Where each writer began. */
  kept: Map<ContentStore, number>,
): Promise<readonly Outcome[]> {
  // Hashed once: on the way in where all do that themselves.
  const unchecked = to.every(checksContent);
  const feed = createFeed({
    writers: to.length,
    open: (offset) => source.readBlob(blob, { signal, offset, unchecked }),
    onProgress: (_, count) => onProgress(count),
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const write = async (store: ContentStore, index: number): Promise<Outcome> => {
    const open = feed.opener(index);
    try {
      await store.writeBlob(
        blob,
        (offset) => {
          if (!kept.has(store)) kept.set(store, offset);
          if (offset > 0) onResume(store);
          return open(offset);
        },
        { signal },
      );
      onWritten?.(store, kept.get(store) ?? 0, source);
      return {};
    } catch (thrown) {
      if (feed.sourceErrors.some((error) => comesFrom(thrown, error)))
        return { error: toSallyportError(thrown), fromSource: true };
      const error = toSallyportError(thrown);
      return unchecked && WRONG_CONTENT.has(error.code)
        ? { error: blame(source, error), fromSource: true }
        : { error, fromSource: false };
    } finally {
      feed.leave(index);
    }
  };
  return Promise.all(to.map(write));
}

/** What a writer found wrong, told of where it was read. */
function blame(source: ContentStore, error: SallyportError): SallyportError {
  return new SallyportError(error.code, error.message, {
    subject: source.name,
    cause: error,
    facts: { ...error.facts, transient: false },
  });
}

function comesFrom(thrown: unknown, origin: unknown): boolean {
  let error = thrown;
  for (let depth = 0; depth < 5 && error !== undefined; depth++) {
    if (error === origin) return true;
    error = error instanceof Error ? error.cause : undefined;
  }
  return false;
}
