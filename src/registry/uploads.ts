import { Readable } from 'node:stream';
import { isAbort, SallyportError, toSallyportError } from '../base/index.ts';
import { readBounded } from '../http/index.ts';
import type { Descriptor } from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { hasBlob, weightOf } from './blobs.ts';
import { createBudget } from './budget.ts';
import type { RepositoryParts } from './repository-parts.ts';
import type { UploadJournal } from './upload-journal.ts';
import { askOffset, cancelUpload, startUpload, type Upload } from './upload-session.ts';
import {
  knownWay,
  moveTo,
  noteTooLarge,
  otherWay,
  type Sending,
  sendChunks,
  sendMonolithic,
  sendStream,
  type Way,
} from './upload-ways.ts';

/** Below this a blob is begun anew after a kill: remembering it would cost more than it saves. */
const JOURNALED = 1024 * 1024;

/**
 * Writes a blob: one PUT where the registry takes that, other ways where it does not (learned per registry), continued at the byte after a
 * failure when the registry still has the beginning, else begun anew. An upload that is given up is cancelled, unless a journal keeps it for
 * the next run, which continues it. `opened` is an upload that the registry opened already, in place of a mount.
 */
export async function writeBlob(
  parts: RepositoryParts,
  blob: Descriptor,
  open: (offset: number) => Promise<Readable>,
  { signal }: CallOptions,
  opened?: Upload,
): Promise<void> {
  // A small blob's bytes and the upload are asked for at the same time: far away, each question costs more than the blob.
  const early = weightOf(blob) === 'small' ? inMemory(blob, open) : undefined;
  const journal = blob.size >= JOURNALED ? parts.journal : undefined;
  const note = (location: URL): Promise<void> =>
    journal?.note(parts.label, blob, location) ?? Promise.resolve();
  let upload = opened;
  try {
    const found = await leftOpen(parts, blob, journal, signal);
    if (found !== undefined && opened !== undefined) await cancelUpload(parts, opened);
    upload = found?.upload ?? opened ?? (await startUpload(parts, blob, signal));
    await note(upload.location);
    const sending: Sending = { parts, blob, open: (await early?.ready) ?? open, signal, upload, note };
    try {
      await sendAll(sending, found?.offset ?? 0);
    } finally {
      upload = sending.upload;
    }
    await journal?.end(parts.label, blob);
  } catch (thrown) {
    early?.abandon();
    const error = nameBlob(thrown, parts, blob);
    if (journal === undefined || WRONG_CONTENT.has(error.code)) {
      if (upload !== undefined) await cancelUpload(parts, upload);
      await journal?.end(parts.label, blob);
    }
    throw error;
  }
}

/** What has arrived of such a blob is of no use to anybody. */
const WRONG_CONTENT: ReadonlySet<string> = new Set(['DIGEST_MISMATCH', 'SIZE_MISMATCH']);

/** An upload of this blob that an earlier run left, when the registry still has a part of it. The digest of the whole is compared as always. */
async function leftOpen(
  parts: RepositoryParts,
  blob: Descriptor,
  journal: UploadJournal | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly upload: Upload; readonly offset: number } | undefined> {
  const location = await journal?.take(parts.label, blob);
  if (location === undefined) return undefined;
  const upload = { location, chunkMinimum: parts.session.capabilities.get('chunkMinimum') ?? 0 };
  try {
    const found = await askOffset(parts, blob, upload, signal);
    if (found !== undefined) return found;
  } catch (thrown) {
    // Whatever is wrong with that address, a new upload either works or tells better.
    if (isAbort(thrown)) throw thrown;
  }
  await cancelUpload(parts, upload);
  return undefined;
}

interface InMemory {
  readonly ready: Promise<(offset: number) => Promise<Readable>>;
  /** Ends a reading that nobody waits for any more; else it would try on while the program wants to end. */
  abandon(): void;
}

/** A small blob waits in memory: its reading must not hold a place among the small requests while its writing waits for one. */
function inMemory(blob: Descriptor, open: (offset: number) => Promise<Readable>): InMemory {
  let reading: Readable | undefined;
  let abandoned = false;
  const read = async (): Promise<Buffer> => {
    if (blob.size === 0) return Buffer.alloc(0);
    reading = await open(0);
    if (abandoned) reading.destroy();
    return readBounded(reading, blob.size + 1);
  };
  const ready = read().then((bytes) => {
    if (bytes.length !== blob.size) {
      throw new SallyportError(
        'SIZE_MISMATCH',
        `has ${bytes.length} bytes; its descriptor says ${blob.size}`,
        { subject: blob.digest },
      );
    }
    return async (offset: number) => Readable.from([bytes.subarray(offset)], { objectMode: false });
  });
  ready.catch(() => {}); // awaited after the upload is open
  return {
    ready,
    abandon: () => {
      abandoned = true;
      reading?.destroy();
    },
  };
}

async function sendAll(sending: Sending, from: number): Promise<void> {
  const { parts, blob, signal } = sending;
  const { session, emit, clock, label } = parts;
  const budget = createBudget({
    session,
    what: `writing ${label}@${blob.digest}`,
    emit,
    clock,
    signal,
  });
  const tried = new Set<Way>();
  let way = knownWay(session.capabilities, blob.size);
  let offset = from;
  let resumable = true;
  let refusedDigest = false;
  for (;;) {
    try {
      await sendBy(way, sending, offset);
      learn(sending, way, tried);
      return;
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (signal?.aborted === true || isAbort(error)) throw error;
      const next = otherWay(way, error);
      if (next !== undefined && offset > 0) {
        // Takes a whole blob like this, but not the rest of one.
        resumable = false;
      } else if (next !== undefined && !tried.has(next)) {
        if (next === 'chunked') noteTooLarge(session.capabilities, blob.size);
        tried.add(way);
        way = next;
      } else if (isWrongDigest(error) && !refusedDigest) {
        // A byte flipped on the way, or the registry continued at another place than it said. Twice is no accident.
        refusedDigest = true;
        resumable = false;
      } else if (isForgotten(error)) {
        await budget.spend(transient(error), 0);
      } else {
        const found = await recover(sending, isOutOfStep(error) ? transient(error) : error, budget.spend);
        if (found === 'there') return;
        // A registry that names a byte and does not take it either has lost its way.
        if (found === offset && error.facts['status'] === 416) resumable = false;
        if (found !== undefined && resumable) {
          offset = found;
          continue;
        }
      }
      offset = await beginAnew(sending);
    }
  }
}

/** A way that worked after others were refused is taken first from now on. */
function learn({ parts, blob }: Sending, way: Way, tried: ReadonlySet<Way>): void {
  const { capabilities } = parts.session;
  if (way === 'stream' && tried.has('monolithic')) capabilities.set('monolithicUpload', false);
  if (way === 'monolithic' && blob.size > 0) capabilities.set('monolithicUpload', true);
}

function sendBy(way: Way, sending: Sending, offset: number): Promise<void> {
  if (way === 'chunked') return sendChunks(sending, offset);
  return way === 'stream' || offset > 0 ? sendStream(sending, offset) : sendMonolithic(sending);
}

/** After a failure that may pass: waits, and finds out what the registry has. Throws the failure when it is final. */
async function recover(
  sending: Sending,
  error: SallyportError,
  spend: (error: SallyportError, position: number) => Promise<void>,
): Promise<'there' | number | undefined> {
  const { parts, blob, signal } = sending;
  if (error.facts['transient'] !== true) throw error;
  const call = signal === undefined ? {} : { signal };
  const known = await askOffset(parts, blob, sending.upload, signal);
  await spend(error, known?.offset ?? 0);
  // The answer may have been lost behind a blob that is complete.
  if (known === undefined || known.offset === blob.size) {
    if (await hasBlob(parts, blob, call)) return 'there';
  }
  if (known === undefined) return undefined;
  await moveTo(sending, known.upload);
  return known.offset;
}

async function beginAnew(sending: Sending): Promise<number> {
  const { parts, blob, signal } = sending;
  await cancelUpload(parts, sending.upload);
  await moveTo(sending, await startUpload(parts, blob, signal));
  return 0;
}

/** The registry does not know the upload any more: a restart, a load balancer, a time limit. */
function isForgotten({ facts }: SallyportError): boolean {
  return facts['status'] === 404 || /BLOB_UPLOAD_UNKNOWN/.test(String(facts['codes'] ?? ''));
}

/** The registry stands at another byte than we think, or is still busy with the request that was broken off (409). It is asked where it stands. */
function isOutOfStep({ facts }: SallyportError): boolean {
  return (
    facts['status'] === 416 ||
    facts['status'] === 409 ||
    /BLOB_UPLOAD_INVALID/.test(String(facts['codes'] ?? ''))
  );
}

function isWrongDigest({ facts }: SallyportError): boolean {
  return /DIGEST_INVALID/.test(String(facts['codes'] ?? ''));
}

function transient(error: SallyportError): SallyportError {
  return new SallyportError(error.code, error.message, {
    hint: error.hint,
    cause: error,
    facts: { ...error.facts, transient: true },
  });
}

/** The blob as subject, and a refusal of its digest as what it is. */
function nameBlob(thrown: unknown, { label }: RepositoryParts, blob: Descriptor): SallyportError {
  const error = toSallyportError(thrown);
  const wrongDigest = error.code === 'REGISTRY_REFUSED' && isWrongDigest(error);
  if (error.subject !== undefined && !wrongDigest) return error;
  return new SallyportError(wrongDigest ? 'DIGEST_MISMATCH' : error.code, error.message, {
    subject: `${label}@${blob.digest}`,
    cause: error,
    facts: error.facts,
    ...(wrongDigest ? {} : { hint: error.hint }),
  });
}
