import { SallyportError } from '../base/index.ts';
import { isTag } from '../oci/index.ts';
import { MAX_PAGES, nextPage } from './links.ts';
import type { RepositoryParts } from './repository-parts.ts';

/** ECR refuses more than 1000 (go-containerregistry #1091). */
const PAGE = 1000;
const PAGE_LIMIT = 8 * 1024 * 1024;

/**
 * The tags of a repository in the registry's order, `limit` at the most; undefined when the registry does not know the repository.
 * Distribution-spec v1.1 "Listing Tags".
 */
export async function listTags(
  { session, base, pull, label }: RepositoryParts,
  options: { readonly signal?: AbortSignal; readonly limit?: number },
): Promise<string[] | undefined> {
  const { limit = Number.POSITIVE_INFINITY, signal } = options;
  const tags = new Set<string>();
  const seen = new Set<string>();
  let url: string | URL | undefined = `${base}tags/list?n=${Math.min(PAGE, limit)}`;
  for (let page = 0; url !== undefined && tags.size < limit; page++) {
    if (page === MAX_PAGES || seen.has(String(url))) throw endless(label);
    seen.add(String(url));
    const response = await session.send({
      method: 'GET',
      url,
      scopes: pull,
      expect: [200, 404],
      what: `listing the tags of ${label}`,
      ...(signal === undefined ? {} : { signal }),
    });
    const bytes = await session.readAll(response, PAGE_LIMIT);
    if (response.status === 404) return page === 0 ? undefined : [...tags];
    for (const tag of tagsOf(bytes, label)) tags.add(tag);
    url = nextPage(response);
  }
  return [...tags].slice(0, limit === Number.POSITIVE_INFINITY ? undefined : limit);
}

/** `{"tags": [...]}`; null where a repository has none. What is no tag is left out: it could not be asked for. */
function tagsOf(bytes: Buffer, label: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SallyportError('REGISTRY_PROTOCOL', 'answered to a question for tags with something else', {
      subject: label,
      cause,
    });
  }
  const list: unknown = typeof json === 'object' && json !== null && 'tags' in json ? json.tags : undefined;
  return Array.isArray(list) ? list.filter((tag) => typeof tag === 'string' && isTag(tag)) : [];
}

function endless(label: string): SallyportError {
  return new SallyportError('REGISTRY_PROTOCOL', 'has a list of tags that does not end', { subject: label });
}
