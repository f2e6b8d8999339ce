import { Transform, type TransformCallback } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import { type Descriptor, hashFor } from '../oci/index.ts';

/**
 * Passes bytes through and fails instead of ending when they are not what the descriptor says: `SIZE_MISMATCH`, `DIGEST_MISMATCH`.
 * It fails as soon as too much has come, so that a lying source cannot fill a disk.
 */
export function verifying(descriptor: Descriptor, subject: string): Transform {
  const hash = hashFor(descriptor.digest);
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      size += chunk.length;
      if (size > descriptor.size)
        return done(sizeMismatch(descriptor, subject, `more than ${descriptor.size}`));
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback) {
      if (size !== descriptor.size) return done(sizeMismatch(descriptor, subject, String(size)));
      const found = hash.digest('hex');
      done(descriptor.digest.endsWith(`:${found}`) ? null : digestMismatch(descriptor, subject, found));
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

export function digestMismatch(descriptor: Descriptor, subject: string, found: string): SallyportError {
  return new SallyportError(
    'DIGEST_MISMATCH',
    `${descriptor.digest} has other content, with the hash ${found}`,
    { subject },
  );
}
