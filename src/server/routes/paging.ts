/**
 * Half of what the specification lets clients refuse (4 MiB): referrers carry annotations of any length,
 * and a list that is too long has to be cut into pages (distribution-spec v1.1 "Listing Referrers").
 */
const PAGE_BYTES = 2 * 1024 * 1024;

/** One page of a sorted list of names, and the query of the next (distribution-spec v1.1 "Listing Tags"). */
export interface Page<T> {
  readonly items: readonly T[];
  /** Value of the `Link` header when there is more. */
  readonly link: string | undefined;
}

/**
 * Cuts the page that `n` and `last` of the query ask for; `limit` is the most we give at once.
 * `keyOf` gives what `last` compares with, in byte order. Undefined when `n` is not a number.
 */
export function pageOf<T>(
  items: readonly T[],
  query: URLSearchParams,
  path: string,
  limit: number,
  keyOf: (item: T) => string,
): Page<T> | undefined {
  const asked = query.get('n');
  if (asked !== null && !/^\d{1,9}$/.test(asked)) return undefined;
  const size = Math.min(asked === null ? limit : Number(asked), limit);
  const last = query.get('last');
  const rest = last === null ? items : items.filter((item) => keyOf(item) > last);
  const page = fitting(rest.slice(0, size));
  const end = page.at(-1);
  // `n=0` asks for nothing and gets no link: a next page would be the same question again.
  if (end === undefined || page.length === rest.length) return { items: page, link: undefined };
  const next = new URLSearchParams(query);
  next.set('n', String(size));
  next.set('last', keyOf(end));
  return { items: page, link: `<${path}?${next.toString()}>; rel="next"` };
}

/** The first items that fit into one answer; at least one. */
function fitting<T>(items: readonly T[]): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return bytes > PAGE_BYTES;
  });
  return end === -1 ? items : items.slice(0, Math.max(1, end));
}
