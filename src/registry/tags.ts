import { isAbort, SallyportError } from '../base/index.ts';
import { isTag } from '../oci/index.ts';
import { MAX_PAGES, nextPage } from './links.ts';
import type { RepositoryParts } from './repository-parts.ts';

/** ECR refuses more than 1000 (go-containerregistry #1091). */
const PAGE = 1000;
const PAGE_LIMIT = 8 * 1024 * 1024;

/** A list in place of many questions pays while it is short: an image asks for some ten tags, and Quay gives 100 names a page. */
const FEW_PAGES = 3;

/**
 * The tags of a repository in the registry's order, `limit` at the most; undefined when the registry does not know the repository.
 * Distribution-spec v1.1 "Listing Tags".
 */
export async function listTags(
  parts: RepositoryParts,
  options: { readonly signal?: AbortSignal; readonly limit?: number },
): Promise<string[] | undefined> {
  const { limit = Number.POSITIVE_INFINITY, signal } = options;
  const read = await readPages(parts, { signal, limit, pages: MAX_PAGES });
  if (read === undefined) return undefined;
  if (!read.complete && read.tags.size < limit) throw endless(parts.label);
  return [...read.tags].slice(0, limit === Number.POSITIVE_INFINITY ? undefined : limit);
}

/**
 * All tags, when a few answers tell them; undefined when there are more, or the registry does not list them: a courtesy that saves
 * questions, never a reason to fail.
 */
export async function knownTags(
  parts: RepositoryParts,
  { signal }: { readonly signal?: AbortSignal },
): Promise<ReadonlySet<string> | undefined> {
  try {
    const read = await readPages(parts, {
      signal,
      limit: Number.POSITIVE_INFINITY,
      pages: FEW_PAGES,
      retry: false,
    });
    if (read === undefined) return new Set();
    // Exactly as many as were asked for and no word of more: some registries forget to say that there are.
    return read.complete && read.lastPage !== PAGE ? read.tags : undefined;
  } catch (thrown) {
    if (isAbort(thrown) || !(thrown instanceof SallyportError)) throw thrown;
    return undefined;
  }
}

interface Pages {
  readonly signal: AbortSignal | undefined;
  readonly limit: number;
  readonly pages: number;
  readonly retry?: boolean;
}

/** Reads until the end, the limit or the last page allowed; `complete`: that was the end. `lastPage`: how many names came last. */
async function readPages(
  { session, base, pull, label }: RepositoryParts,
  { signal, limit, pages, retry = true }: Pages,
): Promise<
  { readonly tags: Set<string>; readonly complete: boolean; readonly lastPage: number } | undefined
> {
  const tags = new Set<string>();
  const seen = new Set<string>();
  let lastPage = 0;
  let url: string | URL | undefined = `${base}tags/list?n=${Math.min(PAGE, limit)}`;
  for (let page = 0; url !== undefined && tags.size < limit; page++) {
    if (seen.has(String(url))) throw endless(label);
    if (page === pages) return { tags, complete: false, lastPage };
    seen.add(String(url));
    const { response, bytes } = await session.read(
      {
        method: 'GET',
        url,
        scopes: pull,
        expect: [200, 404],
        retry,
        what: `listing the tags of ${label}`,
        ...(signal === undefined ? {} : { signal }),
      },
      PAGE_LIMIT,
    );
    if (response.status === 404) return page === 0 ? undefined : { tags, complete: true, lastPage };
    const found = tagsOf(bytes, label);
    for (const tag of found) tags.add(tag);
    url = nextPage(response);
    lastPage = found.length;
  }
  return { tags, complete: url === undefined, lastPage };
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
