import { SallyportError } from '../base/index.ts';
import type { Descriptor, Digest } from '../oci/index.ts';
import { type RepositoryParts, shown } from './repository-parts.ts';
import type { RegistryResponse } from './types.ts';

/** An upload that the registry has opened. The address changes with every answer and is opaque. */
export interface Upload {
  readonly location: URL;
  /** `OCI-Chunk-Min-Length`, bytes; 0 when it is not said. */
  readonly chunkMinimum: number;
}

/** How long we wait for a registry to forget an upload that nobody wants any more. */
const CANCEL_MS = 5000;
/** After Ctrl-C, for the address of an upload that is just being opened. */
export const FINISH_MS = 2000;
const BUSY_PAUSES = [20, 100, 500, 1000];

/** POST. Distribution-spec v1.1 "Pushing blobs". */
export async function startUpload(
  parts: RepositoryParts,
  blob: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  const response = await parts.session.send({
    method: 'POST',
    url: `${parts.base}blobs/uploads/`,
    scopes: parts.push,
    expect: [202],
    what: `beginning to write ${parts.label}@${shown(blob.digest)}`,
    // Without the answer nobody could cancel what the registry has opened.
    finishMs: FINISH_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  response.body.resume();
  return nextUpload(parts, response);
}

/** The upload after an answer to one of its requests. Throws `REGISTRY_PROTOCOL` when the answer has no address. */
export function nextUpload(parts: RepositoryParts, response: RegistryResponse, before?: Upload): Upload {
  const location = response.headers.location;
  const minimum = Number(response.headers['oci-chunk-min-length']);
  const chunkMinimum = Number.isSafeInteger(minimum) && minimum > 0 ? minimum : (before?.chunkMinimum ?? 0);
  if (chunkMinimum > 0) parts.session.capabilities.set('chunkMinimum', chunkMinimum);
  if (location !== undefined && URL.canParse(location, response.url.href)) {
    return { location: sameScheme(new URL(location, response.url), response.url), chunkMinimum };
  }
  if (before !== undefined) return { ...before, chunkMinimum };
  throw new SallyportError('REGISTRY_PROTOCOL', 'opened an upload without saying where', {
    subject: parts.label,
  });
}

/** A registry behind a proxy that ends TLS often believes that it speaks http; the same host is then asked as before, never more weakly. */
function sameScheme(location: URL, asked: URL): URL {
  if (location.protocol === 'http:' && asked.protocol === 'https:' && location.hostname === asked.hostname) {
    const port = location.port === '' || location.port === '80' ? asked.port : location.port;
    location.protocol = 'https:';
    location.port = port;
  }
  return location;
}

/** The address with the digest behind what is there: signed queries must not be written anew. */
export function withDigest({ location }: Upload, digest: Digest): URL {
  const text = location.href;
  return new URL(
    `${text}${location.search === '' ? (text.endsWith('?') ? '' : '?') : '&'}digest=${encodeURIComponent(digest)}`,
  );
}

/** The number of bytes that the registry has kept of an upload; undefined when it does not say or has forgotten the upload. */
export async function askOffset(
  parts: RepositoryParts,
  blob: Descriptor,
  upload: Upload,
  signal: AbortSignal | undefined,
): Promise<{ readonly offset: number; readonly upload: Upload } | undefined> {
  const response = await parts.session.send({
    method: 'GET',
    url: upload.location,
    scopes: parts.push,
    expect: [204, 200, 202, 400, 403, 404, 405, 410, 416],
    what: `asking how much of ${parts.label}@${shown(blob.digest)} has arrived`,
    ...(signal === undefined ? {} : { signal }),
  });
  response.body.resume();
  const offset = response.status >= 400 ? undefined : keptBytes(response);
  return offset === undefined || offset > blob.size
    ? undefined
    : { offset, upload: nextUpload(parts, response, upload) };
}

/** `Range: 0-<end>` (inclusive). `0-0` is what distribution says of an empty upload as well as of one byte; beginning anew is then no loss. */
export function keptBytes({ headers }: Pick<RegistryResponse, 'headers'>): number | undefined {
  const match = /^(?:bytes[= ])?0-(\d+)$/.exec(headers.range ?? '');
  return match === null || match[1] === '0' ? undefined : Number(match[1]) + 1;
}

/**
 * DELETE, so that the registry does not keep what nobody will finish. Whether it worked changes nothing for anybody. 409: the registry has
 * not noticed yet that the request before was broken off.
 */
export async function cancelUpload(parts: RepositoryParts, upload: Upload): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  const cancel = async (): Promise<boolean> => {
    const response = await parts.session.send({
      method: 'DELETE',
      url: upload.location,
      scopes: parts.push,
      expect: [204, 200, 202, 404, 409],
      what: `giving up an upload to ${parts.label}`,
      retry: false,
      signal,
    });
    response.body.resume();
    return response.status !== 409;
  };
  try {
    for (const pause of BUSY_PAUSES) {
      if (await cancel()) return;
      await parts.clock.sleep(pause, signal);
    }
  } catch {
    // The registry's own clean-up takes it (registry-client note 50).
  }
}
