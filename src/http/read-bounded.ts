import type { Readable } from 'node:stream';
import { SallyportError } from '../base/index.ts';

/**
 * The whole of a body, at most `limit` bytes. Throws `REGISTRY_PROTOCOL` when there is more (the rest is not read), and whatever the
 * body fails with. `subject` is named in the error.
 */
export async function readBounded(body: Readable, limit: number, subject?: string): Promise<Buffer> {
  const { bytes, more } = await readUpTo(body, limit);
  if (!more) return bytes;
  throw new SallyportError(
    'REGISTRY_PROTOCOL',
    `the answer is longer than the ${limit} bytes that are accepted here`,
    {
      ...(subject === undefined ? {} : { subject }),
      facts: { limit },
    },
  );
}

/** The first `limit` bytes of a body and whether there was more; the rest is not read. */
export async function readUpTo(
  body: Readable,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly more: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break; // leaving the loop destroys the stream
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), more: length > limit };
}
