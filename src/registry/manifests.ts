import { isAbort, SallyportError, toSallyportError } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  MANIFEST_ACCEPT,
  MANIFEST_LIMITS,
  readManifest as parseManifest,
  type RawManifest,
} from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { nearestTags } from './nearby.ts';
import { contentTypeOf, type RepositoryParts, shown } from './repository-parts.ts';
import { listTags } from './tags.ts';
import type { RegistryRequest, RegistryResponse } from './types.ts';

/** HEAD refused as a method; the same question is then asked by GET. */
const NO_HEAD: ReadonlySet<number> = new Set([405, 501]);

/** What a tag or digest is, by HEAD; by GET where the registry does not say enough. Undefined when it is not there. */
export async function resolveManifest(
  parts: RepositoryParts,
  selector: string,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  const asked = question(parts, selector, options);
  const response = await parts.session.send({ ...asked, method: 'HEAD', expect: [200, 404, ...NO_HEAD] });
  return describedBy(parts, response, selector, options);
}

/**
 * Like `resolveManifest`, where the registry names manifests by their digest in ETags too: told what was there before (RFC 9110, 13.1.2), it
 * may answer 304, which docker-registry does without reading the manifest, for a sixth less of its time.
 */
export async function resolveAgain(
  parts: RepositoryParts,
  selector: string,
  last: Digest,
  options: CallOptions,
): Promise<Descriptor | Pick<Descriptor, 'digest'> | undefined> {
  if (parts.session.capabilities.get('digestEtag') !== true) return resolveManifest(parts, selector, options);
  const asked = question(parts, selector, options);
  const response = await parts.session.send({
    ...asked,
    headers: { ...asked.headers, 'if-none-match': `"${last}"` },
    method: 'HEAD',
    expect: [200, 304, 404, ...NO_HEAD],
  });
  return response.status === 304 ? { digest: last } : describedBy(parts, response, selector, options);
}

async function describedBy(
  parts: RepositoryParts,
  response: RegistryResponse,
  selector: string,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  if (response.status === 404) return undefined;
  const told = response.status === 200 ? descriptorOf(response, selector) : undefined;
  if (response.status === 200) {
    const { capabilities } = parts.session;
    capabilities.set('headDigest', told !== undefined);
    capabilities.set('digestEtag', told !== undefined && response.headers.etag === `"${told.digest}"`);
  }
  return told ?? (await fetchManifest(parts, selector, options))?.descriptor;
}

/** The exact bytes, checked. Throws `MANIFEST_NOT_FOUND` with the tags that are there, when the registry tells. */
export async function readManifest(
  parts: RepositoryParts,
  selector: string,
  options: CallOptions,
): Promise<RawManifest> {
  return (
    (await fetchManifest(parts, selector, options)) ??
    Promise.reject(await notFound(parts, selector, options))
  );
}

/** Like `readManifest`, but undefined for what is not there. */
export async function fetchManifest(
  parts: RepositoryParts,
  selector: string,
  options: CallOptions,
): Promise<RawManifest | undefined> {
  const subject = `${parts.label}${isDigest(selector) ? '@' : ':'}${selector}`;
  for (let tries = 1; ; tries++) {
    const { response, bytes } = await parts.session.read(
      { ...question(parts, selector, options), method: 'GET', isPull: true, expect: [200, 404] },
      MANIFEST_LIMITS.bytes,
    );
    if (response.status === 404) return undefined;
    const digest = digestOf(bytes, isDigest(selector) ? digestAlgorithm(selector) : 'sha256');
    if (!isDigest(selector) || digest === selector) {
      warnOfWrongHeader(parts, response, bytes, subject);
      const contentType = contentTypeOf(response.headers['content-type']);
      return parseManifest(bytes, { digest, subject, ...(contentType === undefined ? {} : { contentType }) });
    }
    // Once more for a byte that flipped on the way; a server that is wrong twice means it.
    if (tries === 2) {
      throw new SallyportError('DIGEST_MISMATCH', `came as ${digest}`, { subject });
    }
  }
}

/** Registries are often wrong about the digest of a tag (go-containerregistry fetcher.go), so our own hash counts; but it is told. */
function warnOfWrongHeader(
  parts: RepositoryParts,
  response: Pick<RegistryResponse, 'headers'>,
  bytes: Buffer,
  subject: string,
): void {
  const told = digestHeader(response);
  if (told === undefined || digestOf(bytes, digestAlgorithm(told)) === told) return;
  parts.emit({
    type: 'note',
    level: 'warning',
    subject,
    message: `the registry says its digest is ${told}, its content has another; the content counts`,
  });
}

function question(
  { base, pull, label, session: _ }: RepositoryParts,
  selector: string,
  { signal }: CallOptions,
): Omit<RegistryRequest, 'method' | 'expect'> {
  return {
    url: `${base}manifests/${selector}`,
    scopes: pull,
    headers: { accept: MANIFEST_ACCEPT },
    what: `reading ${label}${isDigest(selector) ? '@' : ':'}${shown(selector)}`,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** What HEAD said, when it said all of it. */
function descriptorOf(response: RegistryResponse, selector: string): Descriptor | undefined {
  const digest = digestHeader(response);
  const mediaType = contentTypeOf(response.headers['content-type']);
  const length = response.headers['content-length'];
  if (digest === undefined || mediaType === undefined || length === undefined || !/^\d+$/.test(length))
    return undefined;
  // A server that answers a digest with another one has to show the bytes.
  if (isDigest(selector) && digest !== selector) return undefined;
  return { mediaType, digest, size: Number(length) };
}

export function digestHeader({ headers }: Pick<RegistryResponse, 'headers'>): Digest | undefined {
  const header = headers['docker-content-digest'];
  return typeof header === 'string' && isDigest(header) ? header : undefined;
}

const NEARBY_FROM = 1000;

async function notFound(
  parts: RepositoryParts,
  selector: string,
  options: CallOptions,
): Promise<SallyportError> {
  const subject = `${parts.label}${isDigest(selector) ? '@' : ':'}${selector}`;
  if (isDigest(selector))
    return new SallyportError('MANIFEST_NOT_FOUND', 'is not in the registry', { subject });
  const tags = await listTags(parts, { ...options, limit: NEARBY_FROM }).catch((thrown: unknown) => {
    if (isAbort(thrown)) throw thrown;
    return toSallyportError(thrown); // a courtesy: that it failed is said below
  });
  if (tags instanceof SallyportError)
    return new SallyportError('MANIFEST_NOT_FOUND', 'does not exist (its registry does not list tags)', {
      subject,
    });
  if (tags === undefined)
    return new SallyportError(
      'MANIFEST_NOT_FOUND',
      'does not exist; the registry does not know the repository',
      { subject },
    );
  const nearby = nearestTags(selector, tags);
  return new SallyportError(
    'MANIFEST_NOT_FOUND',
    nearby.length === 0
      ? 'does not exist; the repository has no tags'
      : `does not exist; nearest of ${tags.length === NEARBY_FROM ? `the first ${NEARBY_FROM}` : tags.length} tags: ${nearby.join(', ')}`,
    { subject, facts: { nearby: nearby.join(',') } },
  );
}
