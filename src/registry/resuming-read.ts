import { Readable } from 'node:stream';
import { isAbort, SallyportError, toSallyportError } from '../base/index.ts';
import { type Descriptor, digestAlgorithm, hashFor } from '../oci/index.ts';
import { createBudget, finalFailure } from './budget.ts';
import type { RepositoryParts } from './repository-parts.ts';

/** An opened answer: its body begins at or before the wanted byte; `skip` bytes of it are not wanted. */
export interface Opened {
  readonly body: Readable;
  readonly skip: number;
}

export interface ResumingReadOptions {
  readonly blob: Descriptor;
  readonly offset: number;
  readonly open: (offset: number) => Promise<Opened>;
  readonly signal: AbortSignal | undefined;
  /** Compare the digest; only of a whole read. */
  readonly check: boolean;
}

/** One piece: what waits here is read again after a kill. */
const HIGH_WATER_MARK = 64 * 1024;

/**
 * A blob as one stream over as many answers as it takes. The hash runs over what is handed on, so that a whole read is checked whichever
 * way it was pieced together. Fails with `DIGEST_MISMATCH`, `SIZE_MISMATCH`, and what `open` throws.
 */
export async function resumingRead(
  parts: RepositoryParts,
  { blob, offset, open, signal, check }: ResumingReadOptions,
): Promise<Readable> {
  const { emit, clock, session, label } = parts;
  const subject = `${label}@${blob.digest}`;
  const hash = check ? hashFor(blob.digest) : undefined;
  const budget = createBudget({ session, what: `reading ${subject}`, clock, emit, signal });
  let position = offset;
  let current = await open(offset);
  let skip = 0;

  const stream = new Readable({
    highWaterMark: HIGH_WATER_MARK,
    read: () => void current.body.resume(),
    destroy: (error, done) => {
      current.body.destroy();
      done(error);
    },
  });

  /** Undefined: right, or not ours to say. */
  const wrongContent = (): SallyportError | undefined => {
    const found = hash?.digest('hex');
    return found === undefined || blob.digest.endsWith(`:${found}`)
      ? undefined
      : new SallyportError(
          'DIGEST_MISMATCH',
          `came with the digest ${digestAlgorithm(blob.digest)}:${found}`,
          {
            subject,
            facts: { transient: false },
          },
        );
  };

  const finish = (): void => {
    const wrong = blob.size === 0 ? wrongContent() : undefined;
    if (wrong !== undefined) stream.destroy(wrong);
    else stream.push(null);
  };

  const resume = async (thrown: unknown): Promise<void> => {
    try {
      if (stream.destroyed) return;
      if (isAbort(thrown)) throw thrown;
      await budget.spend(thrown, position);
      const next = await open(position);
      if (stream.destroyed) next.body.destroy();
      else attach(next);
    } catch (error) {
      stream.destroy(finalFailure(toSallyportError(error)));
    }
  };

  const attach = (opened: Opened): void => {
    current = opened;
    skip = opened.skip;
    const { body } = opened;
    body.on('data', (chunk: Buffer) => {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        return;
      }
      const bytes = skip === 0 ? chunk : chunk.subarray(skip);
      skip = 0;
      position += bytes.length;
      if (position > blob.size) {
        stream.destroy(tooLong(blob, subject));
        return;
      }
      hash?.update(bytes);
      // The last piece is held back until all is known to be right: a server that trusts us must not get all of something wrong.
      const wrong = position === blob.size ? wrongContent() : undefined;
      if (wrong !== undefined) stream.destroy(wrong);
      else if (!stream.push(bytes)) body.pause();
    });
    body.once('end', () => {
      if (position === blob.size) finish();
      else void resume(cut(position, blob, subject));
    });
    body.once('error', (error) => void resume(error));
  };

  attach(current);
  return stream;
}

function cut(position: number, blob: Descriptor, subject: string): SallyportError {
  return new SallyportError('CONNECTION_FAILED', `ended after ${position} of ${blob.size} bytes`, {
    subject,
    facts: { transient: true, reason: 'SHORT_BODY' },
  });
}

function tooLong(blob: Descriptor, subject: string): SallyportError {
  return new SallyportError(
    'SIZE_MISMATCH',
    `has more than the ${blob.size} bytes that its descriptor says`,
    {
      subject,
      facts: { transient: false },
    },
  );
}
