import { Readable } from 'node:stream';
import { isAbort, SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import type { CallOptions, ReadBlobOptions } from '../store/index.ts';
import { type RepositoryParts, shown } from './repository-parts.ts';
import { type Opened, resumingRead } from './resuming-read.ts';
import { PIECE, SPREAD_FROM, type SpreadOptions, spreadBody } from './spread-read.ts';
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
  { session, base, pull, label, clock }: RepositoryParts,
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
  const openRest = async (offset: number): Promise<Opened & { readonly takesRanges: boolean }> => {
    if (offset > 0 && ranges) {
      const headers = { range: `bytes=${offset}-` };
      const response = await session.send({ ...request, headers, expect: [206, 200, 404, 416] });
      if (response.status === 206 && isPart(response, offset, blob.size)) {
        session.capabilities.set('rangeGet', true);
        return { body: response.body, skip: 0, takesRanges: true };
      }
      ranges = false;
      session.capabilities.set('rangeGet', false);
      if (response.status === 200) return { ...whole(response, offset), takesRanges: false };
      response.body.destroy();
    }
    const response = await session.send({ ...request, expect: [200, 404] });
    if (response.status === 404) {
      response.body.resume();
      throw new SallyportError('BLOB_NOT_FOUND', 'is not in the registry', { subject });
    }
    return {
      ...whole(response, offset),
      takesRanges: ranges && offset === 0 && response.headers['accept-ranges'] === 'bytes',
    };
  };
  const spread: SpreadOptions = {
    size: blob.size,
    now: () => clock.now(),
    decided: (pays) => session.capabilities.set('spreadReads', pays),
    enter: () => session.spread(),
    openRange: async (from, to) => {
      const headers = { range: `bytes=${from}-${to - 1}` };
      const response = await session.send({ ...request, headers, expect: [206, 200] });
      if (response.status === 206 && isPart(response, from, blob.size, to)) return response.body;
      response.body.destroy();
      throw new SallyportError('REGISTRY_PROTOCOL', 'was asked for a part and sent another', {
        subject,
        facts: { transient: true, reason: 'NO_RANGE' },
      });
    },
  };
  return async (offset) => {
    const known = session.capabilities.get('spreadReads');
    const large = blob.size - offset >= SPREAD_FROM && known !== false;
    if (large && ranges && known === true) {
      const leave = spread.enter();
      if (leave !== undefined) {
        const until = offset + PIECE;
        try {
          const body = await spread.openRange(offset, until);
          return { body: spreadBody({ at: offset, body, piece: { until, leave } }, spread), skip: 0 };
        } catch (thrown) {
          leave();
          if (isAbort(thrown)) throw thrown;
          spread.decided(false);
        }
      }
    }
    const { takesRanges, ...opened } = await openRest(offset);
    return large && takesRanges
      ? { body: spreadBody({ at: offset, body: opened.body }, spread), skip: 0 }
      : opened;
  };
}

/** RFC 9110 section 14.4: exactly the part that was asked for, of exactly the blob that is meant. */
function isPart({ headers }: RegistryResponse, from: number, size: number, to?: number): boolean {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '');
  if (match === null) return false;
  const [first, last, all] = match.slice(1).map(Number);
  return (
    first === from && all === size && last !== undefined && (to === undefined ? last < size : last === to - 1)
  );
}
