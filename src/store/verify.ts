import { Transform, type TransformCallback } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import { type Descriptor, hashFor } from '../oci/index.ts';

/** Compares bytes that pass by with a descriptor. */
export interface ContentCheck {
  /**
   * What is wrong, or undefined: `SIZE_MISMATCH` as soon as there is too much, so that a lying source cannot fill a disk, and `DIGEST_MISMATCH` with
   * the last bytes, so that whoever waits for those never gets all of something wrong.
   */
  take(chunk: Buffer): SallyportError | undefined;
  /** What is missing at the end, or undefined. */
  end(): SallyportError | undefined;
}

/** `subject` is what is read; `hint` takes the place of the general one when it is wrong. */
export function checkContent(descriptor: Descriptor, subject: string, hint?: string): ContentCheck {
  const hash = hashFor(descriptor.digest);
  let size = 0;
  const compare = (): SallyportError | undefined => {
    const found = hash.digest('hex');
    return descriptor.digest.endsWith(`:${found}`)
      ? undefined
      : digestMismatch(descriptor, subject, found, hint);
  };
  return {
    take: (chunk) => {
      if (chunk.length === 0) return undefined;
      size += chunk.length;
      if (size > descriptor.size) return sizeMismatch(descriptor, subject, `more than ${descriptor.size}`);
      hash.update(chunk);
      return size === descriptor.size ? compare() : undefined;
    },
    end: () => {
      if (size !== descriptor.size) return sizeMismatch(descriptor, subject, String(size));
      return size === 0 ? compare() : undefined;
    },
  };
}

/** Passes bytes through and fails instead of ending when they are not what the descriptor says. */
export function verifying(descriptor: Descriptor, subject: string): Transform {
  const check = checkContent(descriptor, subject);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      const wrong = check.take(chunk);
      if (wrong === undefined) done(null, chunk);
      else done(wrong);
    },
    flush(done: TransformCallback) {
      done(check.end() ?? null);
    },
  });
}

export function sizeMismatch(descriptor: Descriptor, subject: string, found: string): SallyportError {
  return new SallyportError(
    'SIZE_MISMATCH',
    `${descriptor.digest} should be ${descriptor.size} bytes long, it is ${found}`,
    {
      subject,
    },
  );
}

export function digestMismatch(
  descriptor: Descriptor,
  subject: string,
  found: string,
  hint?: string,
): SallyportError {
  return new SallyportError(
    'DIGEST_MISMATCH',
    `${descriptor.digest} has other content, with the hash ${found}`,
    { subject, ...(hint === undefined ? {} : { hint }) },
  );
}
