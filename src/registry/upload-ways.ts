import type { Readable } from 'node:stream';
import { SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import { weightOf } from './blobs.ts';
import { type RepositoryParts, shown } from './repository-parts.ts';
import { createSlices } from './slices.ts';
import type { Capabilities, RegistryRequest, RegistryResponse } from './types.ts';
import { keptBytes, nextUpload, type Upload, withDigest } from './upload-session.ts';

/** One blob on its way into a repository. `upload` follows the registry's answers, so that a failure can be taken up where it happened. */
export interface Sending {
  readonly parts: RepositoryParts;
  readonly blob: Descriptor;
  readonly open: (offset: number) => Promise<Readable>;
  readonly signal: AbortSignal | undefined;
  /** Set through `moveTo` only. */
  upload: Upload;
  /** Takes note of each new address, so that another process can go on. */
  readonly note?: (location: URL) => Promise<void>;
}

/** Goes on with another upload, or with the same one at the address that the registry gave last. */
export async function moveTo(sending: Sending, upload: Upload): Promise<void> {
  const moved = upload.location.href !== sending.upload.location.href;
  sending.upload = upload;
  if (moved) await sending.note?.(upload.location);
}

/** How a whole blob is sent to an open upload. All registries take one of these (registry-client notes 46 to 48). */
export type Way = 'monolithic' | 'stream' | 'chunked';

/** What a refusal of a way means: which statuses say "not like this", and what is then tried. */
const OTHER_WAYS: readonly {
  readonly way: Way;
  readonly statuses: readonly number[];
  readonly next: Way;
  readonly reason: string;
}[] = [
  {
    way: 'monolithic',
    statuses: [413],
    next: 'chunked',
    reason: 'bodies are limited, e.g. to 100 MB by Cloudflare and 1 MB by nginx',
  },
  { way: 'stream', statuses: [413], next: 'chunked', reason: 'the same' },
  {
    way: 'monolithic',
    statuses: [405, 411, 415, 501],
    next: 'stream',
    reason: 'Artifactory is reported to want PATCH (containerd #3533)',
  },
  {
    way: 'stream',
    statuses: [405, 411, 415, 501],
    next: 'monolithic',
    reason: 'tart #159: not all registries take PATCH',
  },
];

/** The way to try after `error`, or undefined when the refusal is not about the way. */
export function otherWay(way: Way, error: SallyportError): Way | undefined {
  const status = error.facts['status'];
  return OTHER_WAYS.find((row) => row.way === way && row.statuses.some((known) => known === status))?.next;
}

/** The way that is known to work with a registry; one PUT where nothing is known. */
export function knownWay(capabilities: Capabilities, size: number): Way {
  const largest = capabilities.get('maxBody');
  if (largest !== undefined && size > largest) return 'chunked';
  return capabilities.get('monolithicUpload') === false ? 'stream' : 'monolithic';
}

/** Below Cloudflare's 100 MB, then for stricter proxies, then below nginx' default of 1 MiB. */
const CHUNKS = [64 * 1024 * 1024, 8 * 1024 * 1024, 900 * 1024] as const;

export async function sendMonolithic(sending: Sending): Promise<void> {
  const { blob, open, upload } = sending;
  const body = blob.size === 0 ? Buffer.alloc(0) : { open: () => open(0), length: blob.size };
  const response = await send(sending, {
    method: 'PUT',
    url: withDigest(upload, blob.digest),
    body,
    expect: [201, 204, 200],
  });
  response.body.resume();
}

/** The rest from `offset` on in one PATCH, then the PUT that closes. A Content-Range stands only where something came before. */
export async function sendStream(sending: Sending, offset: number): Promise<void> {
  const { blob, open } = sending;
  if (offset < blob.size) {
    await patch(sending, offset, { open: () => open(offset), length: blob.size - offset }, offset > 0);
  }
  await commit(sending);
}

/** In chunks, each as large as the registry takes. */
export async function sendChunks(sending: Sending, from: number): Promise<void> {
  const { blob, open, parts } = sending;
  const { capabilities } = parts.session;
  const slices = createSlices(open);
  try {
    let offset = from;
    while (offset < blob.size) {
      const length = Math.min(chunkSize(capabilities, sending.upload), blob.size - offset);
      const at = offset;
      try {
        const kept = await patch(sending, at, { open: () => slices.take(at, length), length }, true);
        offset = kept !== undefined && kept > at && kept <= at + length ? kept : at + length;
      } catch (error) {
        if (!smallerChunks(error, capabilities, length)) throw error;
      }
    }
  } finally {
    slices.close();
  }
  await commit(sending);
  capabilities.set('chunkedUpload', true);
}

function chunkSize(capabilities: Capabilities, { chunkMinimum }: Upload): number {
  const largest = capabilities.get('maxBody') ?? CHUNKS[0];
  return Math.max(chunkMinimum, Math.min(CHUNKS[0], largest));
}

/** After 413: notes the next smaller chunk; false when there is none. */
function smallerChunks(error: unknown, capabilities: Capabilities, length: number): boolean {
  if (!(error instanceof SallyportError) || error.facts['status'] !== 413) return false;
  const next = CHUNKS.find((size) => size < length);
  if (next !== undefined) capabilities.set('maxBody', next);
  return next !== undefined;
}

/** What to believe of the largest body after one of `size` bytes was refused for its length. */
export function noteTooLarge(capabilities: Capabilities, size: number): void {
  capabilities.set(
    'maxBody',
    Math.min(CHUNKS.find((chunk) => chunk < size) ?? CHUNKS[2], capabilities.get('maxBody') ?? CHUNKS[0]),
  );
}

/** Gives the number of bytes that the registry says it has, when it says so. */
async function patch(
  sending: Sending,
  offset: number,
  body: { readonly open: () => Promise<Readable>; readonly length: number },
  ranged: boolean,
): Promise<number | undefined> {
  const response = await send(sending, {
    method: 'PATCH',
    url: sending.upload.location,
    body,
    // ECR answers 201 to a PATCH (regclient).
    expect: [202, 201, 204, 200],
    ...(ranged ? { headers: { 'content-range': `${offset}-${offset + body.length - 1}` } } : {}),
  });
  response.body.resume();
  await moveTo(sending, nextUpload(sending.parts, response, sending.upload));
  return keptBytes(response);
}

async function commit(sending: Sending): Promise<void> {
  const response = await send(sending, {
    method: 'PUT',
    url: withDigest(sending.upload, sending.blob.digest),
    body: Buffer.alloc(0),
    expect: [201, 204, 200],
    // Nothing is lost by asking for this twice.
    headerTimeoutMs: COMMIT_MS,
  });
  response.body.resume();
}

/** Object stores put the parts together before they answer. */
const COMMIT_MS = 300_000;

function send(
  { parts, blob, signal }: Sending,
  request: Pick<RegistryRequest, 'method' | 'url' | 'expect'> & Partial<RegistryRequest>,
): Promise<RegistryResponse> {
  return parts.session.send({
    scopes: parts.push,
    what: `writing ${parts.label}@${shown(blob.digest)}`,
    // What to do after a failure depends on how much has arrived; see uploads.ts.
    retry: false,
    weight: weightOf(blob),
    ...request,
    headers: { 'content-type': 'application/octet-stream', ...request.headers },
    ...(signal === undefined ? {} : { signal }),
  });
}
