import { isDigest } from '../../oci/index.ts';
import { problem } from '../problem.ts';
import { etagOf, notModified } from './conditions.ts';
import type { Handler, WriteHandler } from './context.ts';
import type { Target } from './match.ts';
import { readRange } from './range.ts';

type BlobTarget = Extract<Target, { route: 'blob' }>;

/** `GET` and `HEAD /v2/<name>/blobs/<digest>`, whole or one range. */
export const getBlob: Handler<BlobTarget> = async ({ request, context }, { name, digest }) => {
  if (!isDigest(digest))
    return problem('DIGEST_INVALID', 'this is not a sha256 or sha512 digest', { detail: { digest } });
  const repository = context.storage.repository(name);
  const size = await repository.blobSize(digest);
  if (size === undefined)
    return problem('BLOB_UNKNOWN', 'the repository has no such blob', { detail: { digest } });
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: etagOf(digest),
    // Content under a digest never changes.
    'cache-control': 'max-age=31536000, immutable',
  };
  const unchanged = notModified(request.headers['if-none-match'], headers);
  if (unchanged !== undefined) return unchanged;
  const ifRange = request.headers['if-range'];
  const range =
    ifRange === undefined || ifRange === headers.etag ? readRange(request.headers['range'], size) : undefined;
  if (range === 'invalid')
    return problem('SIZE_INVALID', 'the blob has no such range', {
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    });
  if (range === undefined)
    return { status: 200, headers, body: { length: size, open: () => repository.openBlob(digest) } };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${size}` },
    body: { length: range.end - range.start + 1, open: () => repository.openBlob(digest, range) },
  };
};

/** `DELETE /v2/<name>/blobs/<digest>`: the repository gives it up; its bytes stay while others may share them. */
export const deleteBlob: WriteHandler<BlobTarget> = async ({ context }, { name, digest }) => {
  if (!isDigest(digest))
    return problem('DIGEST_INVALID', 'this is not a sha256 or sha512 digest', { detail: { digest } });
  const repository = context.storage.repository(name);
  return (await repository.exclusively(() => repository.deleteBlob(digest)))
    ? { status: 202, headers: { 'docker-content-digest': digest } }
    : problem('BLOB_UNKNOWN', 'the repository has no such blob', { detail: { digest } });
};
