import { Readable } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import type { CallOptions, ReadBlobOptions } from '../store/index.ts';
import { type RepositoryParts, shown } from './repository-parts.ts';
import { type Opened, resumingRead } from './resuming-read.ts';
import type { RegistryRequest, RegistryResponse } from './types.ts';

/** Below this a blob is no more than a manifest, and waits with those. */
const SMALL_BLOB = 256 * 1024;

export function weightOf(blob: Descriptor): 'small' | 'blob' {
  return blob.size <= SMALL_BLOB ? 'small' : 'blob';
}

/** HEAD. A length that is not the descriptor's is as good as absent: writing it again will tell. */
export async function hasBlob(
  parts: RepositoryParts,
  blob: Descriptor,
  { signal }: CallOptions,
): Promise<boolean> {
  const response = await parts.session.send({
    method: 'HEAD',
    url: `${parts.base}blobs/${blob.digest}`,
    scopes: parts.pull,
    expect: [200, 404],
    what: `looking for ${parts.label}@${shown(blob.digest)}`,
    ...(signal === undefined ? {} : { signal }),
  });
  const length = response.headers['content-length'];
  return response.status === 200 && (length === undefined || Number(length) === blob.size);
}

/** GET, checked on the way and continued over dropped connections (registry-client notes 40 and 41). Throws `BLOB_NOT_FOUND`, `SIZE_MISMATCH`. */
export async function readBlob(
  parts: RepositoryParts,
  blob: Descriptor,
  { signal, offset = 0, unchecked = false }: ReadBlobOptions,
): Promise<Readable> {
  if (blob.size - offset === 0 && offset > 0) return Readable.from([]);
  const open = createOpener(parts, blob, signal);
  return resumingRead(parts, { blob, offset, open, signal, check: offset === 0 && !unchecked });
}

/** Opens a blob at an offset: by Range while the server has not shown that it cannot, else from the start with the first bytes unwanted. */
function createOpener(
  { session, base, pull, label }: RepositoryParts,
  blob: Descriptor,
  signal: AbortSignal | undefined,
): (offset: number) => Promise<Opened> {
  const subject = `${label}@${blob.digest}`;
  const request: Omit<RegistryRequest, 'expect'> = {
    method: 'GET',
    // Always the registry's own address: what it redirects to is signed and expires.
    url: `${base}blobs/${blob.digest}`,
    scopes: pull,
    what: `reading ${label}@${shown(blob.digest)}`,
    weight: weightOf(blob),
    ...(signal === undefined ? {} : { signal }),
  };
  const whole = (response: RegistryResponse, skip: number): Opened => {
    const length = response.headers['content-length'];
    if (length !== undefined && Number(length) !== blob.size) {
      response.body.destroy();
      throw new SallyportError('SIZE_MISMATCH', `has ${length} bytes; its descriptor says ${blob.size}`, {
        subject,
        facts: { transient: false },
      });
    }
    return { body: response.body, skip };
  };
  let ranges = true;
  return async (offset) => {
    if (offset > 0 && ranges) {
      const headers = { range: `bytes=${offset}-` };
      const response = await session.send({ ...request, headers, expect: [206, 200, 404, 416] });
      if (response.status === 206 && beginsAt(response, offset, blob.size)) {
        session.capabilities.set('rangeGet', true);
        return { body: response.body, skip: 0 };
      }
      ranges = false;
      session.capabilities.set('rangeGet', false);
      if (response.status === 200) return whole(response, offset);
      response.body.destroy();
    }
    const response = await session.send({ ...request, expect: [200, 404] });
    if (response.status === 404) {
      response.body.resume();
      throw new SallyportError('BLOB_NOT_FOUND', 'is not in the registry', { subject });
    }
    return whole(response, offset);
  };
}

/** RFC 9110 section 14.4: exactly the part that was asked for, of exactly the blob that is meant. */
function beginsAt({ headers }: RegistryResponse, offset: number, size: number): boolean {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '');
  return (
    match !== null && Number(match[1]) === offset && Number(match[2]) < size && Number(match[3]) === size
  );
}
