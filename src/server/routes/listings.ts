import { isDigest, MEDIA_TYPES } from '../../oci/index.ts';
import { json, problem } from '../problem.ts';
import type { Handler } from './context.ts';
import type { Target } from './match.ts';
import { pageOf } from './paging.ts';

/** `GET /v2/<name>/tags/list`, with `n` and `last`. */
export const getTags: Handler<Extract<Target, { route: 'tags' }>> = async (
  { request, context },
  { name },
) => {
  const repository = context.storage.repository(name);
  if (!(await repository.exists()))
    return problem('NAME_UNKNOWN', 'there is no such repository', { detail: { name } });
  const page = pageOf(
    await repository.tags(),
    request.query,
    `/v2/${name}/tags/list`,
    context.pageSize,
    (tag) => tag,
  );
  if (page === undefined) return problem('UNSUPPORTED', 'n is no number of entries', { status: 400 });
  return json(200, { name, tags: page.items }, page.link === undefined ? {} : { link: page.link });
};

/** `GET /v2/<name>/referrers/<digest>`, with `artifactType`; an empty list when nothing is known, never 404. */
export const getReferrers: Handler<Extract<Target, { route: 'referrers' }>> = async (
  { request, context },
  { name, digest },
) => {
  if (!isDigest(digest))
    return problem('DIGEST_INVALID', 'this is not a sha256 or sha512 digest', { detail: { digest } });
  const { query } = request;
  const wanted = query.get('artifactType');
  const all = await context.storage.repository(name).referrers(digest);
  const chosen = wanted === null ? all : all.filter((one) => one.artifactType === wanted);
  const page = pageOf(
    chosen,
    query,
    `/v2/${name}/referrers/${digest}`,
    context.pageSize,
    (one) => one.digest,
  );
  if (page === undefined) return problem('UNSUPPORTED', 'n is no number of entries', { status: 400 });
  return json(
    200,
    { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: page.items },
    {
      ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(page.link === undefined ? {} : { link: page.link }),
    },
    MEDIA_TYPES.ociIndex,
  );
};
