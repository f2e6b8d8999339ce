import {
  blobsOf,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isTag,
  type RawManifest,
} from '../../oci/index.ts';
import { problem, problems } from '../problem.ts';
import { readStored } from '../storage/stored-manifest.ts';
import type { ReadableRepository } from '../storage/types.ts';
import type { ApiResponse } from '../types.ts';
import { readBody } from './body.ts';
import { etagOf, matchesEtag, notModified } from './conditions.ts';
import type { Handler, Sparse, WriteHandler } from './context.ts';
import type { Target } from './match.ts';

type ManifestTarget = Extract<Target, { route: 'manifest' }>;

/** `GET` and `HEAD /v2/<name>/manifests/<reference>`: the exact bytes that were pushed, whatever the client says it accepts. */
export const getManifest: Handler<ManifestTarget> = async ({ request, context }, { name, reference }) => {
  const wrong = checkReference(reference);
  if (wrong !== undefined) return wrong;
  const repository = context.storage.repository(name);
  const found = await repository.findManifest(reference);
  if (found === undefined) return await unknownManifest(repository, reference);
  const headers = {
    'content-type': found.mediaType,
    'docker-content-digest': found.digest,
    etag: etagOf(found.digest),
  };
  const unchanged = notModified(request.headers['if-none-match'], headers);
  if (unchanged !== undefined) return unchanged;
  if (request.method === 'HEAD')
    return { status: 200, headers: { ...headers, 'content-length': String(found.size) } };
  return { status: 200, headers, body: await repository.readManifest(found.digest) };
};

/** `PUT /v2/<name>/manifests/<reference>`, with `?tag=` when the reference is a digest (distribution-spec after 1.1, pull request 600). */
export const putManifest: WriteHandler<ManifestTarget> = async (
  { request, context },
  { name, reference },
) => {
  const wrong = checkReference(reference);
  if (wrong !== undefined) return wrong;
  const tags = isDigest(reference) ? [...new Set(request.query.getAll('tag'))] : [reference];
  const badTag = tags.find((tag) => !isTag(tag));
  if (badTag !== undefined)
    return problem('MANIFEST_INVALID', 'this is not a tag', { detail: { tag: badTag } });
  const bytes = await readBody(request, context.maxManifestBytes);
  if (bytes === undefined)
    return problem('SIZE_INVALID', `a manifest may have ${context.maxManifestBytes} bytes here`, {
      status: 413,
    });
  const digest = digestOf(bytes, isDigest(reference) ? digestAlgorithm(reference) : 'sha256');
  if (isDigest(reference) && digest !== reference)
    return problem('DIGEST_INVALID', `the content has the digest ${digest}`, {
      detail: { digest: reference },
    });
  const manifest = readStored(bytes, digest, request.headers['content-type']);
  const repository = context.storage.repository(name);
  return await repository.exclusively(async () => {
    const conflict = await checkConditions(repository, reference, request.headers);
    if (conflict !== undefined) return conflict;
    const missing = await missingContent(repository, manifest, context.sparse);
    if (missing.length > 0)
      return problems(
        'MANIFEST_BLOB_UNKNOWN',
        missing.map((one) => ({
          message: 'the repository lacks what the manifest refers to',
          detail: { digest: one },
        })),
      );
    await repository.writeManifest(manifest, tags);
    const subject = manifest.view.subject?.digest;
    return {
      status: 201,
      headers: {
        location: `/v2/${name}/manifests/${isDigest(reference) ? digest : reference}`,
        'docker-content-digest': digest,
        ...(subject === undefined ? {} : { 'oci-subject': subject }),
        ...(isDigest(reference) && tags.length > 0 ? { 'oci-tag': tags } : {}),
      },
    };
  });
};

/** `DELETE /v2/<name>/manifests/<reference>`: a tag alone, or a manifest with every tag that points to it. */
export const deleteManifest: WriteHandler<ManifestTarget> = async ({ context }, { name, reference }) => {
  const wrong = checkReference(reference);
  if (wrong !== undefined) return wrong;
  const repository = context.storage.repository(name);
  const removed = await repository.exclusively(() =>
    isDigest(reference) ? repository.deleteManifest(reference) : repository.deleteTag(reference),
  );
  return removed ? { status: 202, headers: {} } : await unknownManifest(repository, reference);
};

function checkReference(reference: string): ApiResponse | undefined {
  if (isDigest(reference) || isTag(reference)) return undefined;
  return reference.includes(':')
    ? problem('DIGEST_INVALID', 'this is not a sha256 or sha512 digest', { detail: { digest: reference } })
    : problem('MANIFEST_INVALID', 'this is neither a tag nor a digest', { detail: { reference } });
}

async function unknownManifest(repository: ReadableRepository, reference: string): Promise<ApiResponse> {
  return (await repository.exists())
    ? problem('MANIFEST_UNKNOWN', 'the repository has no such manifest', { detail: { reference } })
    : problem('NAME_UNKNOWN', 'there is no such repository', { detail: { name: repository.name } });
}

/** `If-Match` and `If-None-Match` on a push let two clients that change one tag notice each other (RFC 9110 section 13). */
async function checkConditions(
  repository: ReadableRepository,
  reference: string,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<ApiResponse | undefined> {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const found = await repository.findManifest(reference);
  const etag = found === undefined ? undefined : etagOf(found.digest);
  const holds =
    (ifMatch === undefined || (etag !== undefined && matchesEtag(ifMatch, etag))) &&
    (ifNoneMatch === undefined || etag === undefined || !matchesEtag(ifNoneMatch, etag));
  return holds
    ? undefined
    : problem('DENIED', 'it has changed meanwhile', {
        status: 412,
        headers: etag === undefined ? {} : { etag },
      });
}

/** What the manifest refers to and the repository does not hold. A subject may be missing by the specification. */
async function missingContent(
  repository: ReadableRepository,
  manifest: RawManifest,
  sparse: Sparse,
): Promise<Digest[]> {
  if (sparse === 'all') return [];
  const { view } = manifest;
  const missing: Digest[] = [];
  for (const blob of blobsOf(view)) {
    if ((await repository.blobSize(blob.digest)) === undefined) missing.push(blob.digest);
  }
  if (view.kind === 'index' && sparse === 'none') {
    for (const child of view.manifests) {
      if ((await repository.findManifest(child.digest)) === undefined) missing.push(child.digest);
    }
  }
  return missing;
}
