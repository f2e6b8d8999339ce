import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  isIndexType,
  MANIFEST_LIMITS,
  readManifest as parseManifest,
} from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { fallbackTag, readFallback } from './fallback-tag.ts';
import { MAX_PAGES, nextPage } from './links.ts';
import { contentTypeOf, type RepositoryParts, shown } from './repository-parts.ts';

/** Statuses that in practice mean "no such API" (go-containerregistry takes 400, 404 and 406; proxies and older servers give the others). */
const NO_API = [400, 403, 404, 405, 406, 501];

/**
 * The manifests whose subject is `digest`. Distribution-spec v1.1 "Listing Referrers"; the fallback tag where there is no such API, unless
 * it is not among `tags`, all that the repository has.
 */
export async function listReferrers(
  parts: RepositoryParts,
  digest: Digest,
  options: CallOptions & { readonly tags?: ReadonlySet<string> },
): Promise<readonly Descriptor[]> {
  const { capabilities } = parts.session;
  const listed = await capabilities.findOut('referrersApi', async () =>
    capabilities.get('referrersApi') === false ? undefined : askApi(parts, digest, options),
  );
  if (listed !== undefined) return listed;
  if (options.tags !== undefined && !options.tags.has(fallbackTag(digest))) return [];
  return (await readFallback(parts, digest, options)).entries;
}

/** Undefined: the registry has no such API. */
async function askApi(
  { session, base, pull, label }: RepositoryParts,
  digest: Digest,
  { signal }: CallOptions,
): Promise<readonly Descriptor[] | undefined> {
  const found = new Map<Digest, Descriptor>();
  const seen = new Set<string>();
  let url: string | URL | undefined = `${base}referrers/${digest}`;
  for (let page = 0; url !== undefined; page++) {
    if (page === MAX_PAGES || seen.has(String(url)))
      throw new SallyportError('REGISTRY_PROTOCOL', 'has a list of referrers that does not end', {
        subject: `${label}@${digest}`,
      });
    seen.add(String(url));
    const { response, bytes } = await session.read(
      {
        method: 'GET',
        url,
        scopes: pull,
        headers: { accept: 'application/vnd.oci.image.index.v1+json' },
        expect: [200, ...NO_API],
        what: `listing what refers to ${label}@${shown(digest)}`,
        ...(signal === undefined ? {} : { signal }),
      },
      MANIFEST_LIMITS.bytes,
    );
    const contentType = contentTypeOf(response.headers['content-type']);
    if (response.status !== 200 || contentType === undefined || !isIndexType(contentType)) {
      // A refusal may be about this repository alone; a missing path or a page of a proxy is not.
      if (response.status !== 403 && response.status !== 400) session.capabilities.set('referrersApi', false);
      return undefined;
    }
    session.capabilities.set('referrersApi', true);
    const { view } = parseManifest(bytes, { contentType, subject: `referrers of ${label}@${digest}` });
    if (view.kind === 'index') for (const entry of view.manifests) found.set(entry.digest, entry);
    url = nextPage(response);
  }
  return [...found.values()];
}
