import { SallyportError } from '../base/index.ts';
import { digestAlgorithm, digestOf, type RawManifest } from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { digestHeader, resolveManifest } from './manifests.ts';
import { type RepositoryParts, shown } from './repository-parts.ts';
import type { RegistryResponse } from './types.ts';

/** The specification says 201; 200 and 202 are seen (go-containerregistry accepts both). */
const WRITTEN = [201, 200, 202];

/**
 * Pushes the exact bytes, under `tag` or by digest, and compares what the registry made of them. A tag that may not move but has this
 * digest already counts as written. Distribution-spec v1.1 "Pushing Manifests". The answer says whether a subject was understood.
 */
export async function putManifest(
  parts: RepositoryParts,
  manifest: RawManifest,
  options: CallOptions & { readonly tag?: string; readonly ifMatch?: string },
): Promise<{ readonly subjectKnown: boolean }> {
  const { session, base, push, label } = parts;
  const { tag, signal, ifMatch } = options;
  const { digest, mediaType } = manifest.descriptor;
  const selector = tag ?? digest;
  const subject = `${label}${tag === undefined ? '@' : ':'}${selector}`;
  try {
    const response = await session.send({
      method: 'PUT',
      url: `${base}manifests/${selector}`,
      scopes: push,
      headers: { 'content-type': mediaType, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) },
      body: manifest.bytes,
      expect: WRITTEN,
      what: `writing ${label}${tag === undefined ? '@' : ':'}${shown(selector)}`,
      ...(signal === undefined ? {} : { signal }),
    });
    response.body.resume();
    compareDigest(manifest, response, subject);
    if (tag === undefined) session.capabilities.set('putByDigest', true);
    return { subjectKnown: response.headers['oci-subject'] !== undefined };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    if (error.code === 'TAG_IMMUTABLE' && tag !== undefined) {
      session.capabilities.set('immutableTags', true);
      const there = await resolveManifest(parts, tag, options);
      if (there?.digest === digest) return { subjectKnown: true };
      throw new SallyportError(
        error.code,
        `${error.message}; it is ${there?.digest ?? 'not there'}, wanted is ${digest}`,
        {
          subject,
          cause: error,
          facts: error.facts,
        },
      );
    }
    throw new SallyportError(error.code, explain(error, manifest), {
      subject,
      hint: error.hint,
      cause: error.cause,
      facts: error.facts,
    });
  }
}

function explain(error: SallyportError, manifest: RawManifest): string {
  return error.facts['status'] === 413
    ? `${error.message}; the manifest is ${manifest.bytes.length} bytes long, registries should take 4 MiB`
    : error.message;
}

/** A registry computes sha256 for a tag whatever we use; anything else means that it stored other bytes. */
function compareDigest(manifest: RawManifest, response: RegistryResponse, subject: string): void {
  const told = digestHeader(response);
  if (told === undefined || told === manifest.descriptor.digest) return;
  if (digestOf(manifest.bytes, digestAlgorithm(told)) === told) return;
  throw new SallyportError(
    'DIGEST_MISMATCH',
    `was sent as ${manifest.descriptor.digest}; the registry says it stored ${told}`,
    { subject },
  );
}
