import type { ApiResponse } from '../types.ts';

/** Content is its digest, so the digest is the entity tag. */
export function etagOf(digest: string): string {
  return `"${digest}"`;
}

/** Whether a list of entity tags (RFC 9110 section 13.1) names this one; weak tags compare by their value. */
export function matchesEtag(header: string, etag: string): boolean {
  return header.split(',').some((item) => {
    const one = item.trim().replace(/^W\//, '');
    return one === '*' || one === etag;
  });
}

/** The 304 answer when the client says that it has the content already. */
export function notModified(
  ifNoneMatch: string | undefined,
  headers: Readonly<Record<string, string>>,
): ApiResponse | undefined {
  const etag = headers['etag'];
  if (ifNoneMatch === undefined || etag === undefined || !matchesEtag(ifNoneMatch, etag)) return undefined;
  return { status: 304, headers };
}
