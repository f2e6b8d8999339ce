import { SallyportError } from '../base/index.ts';
import type { RegistryResponse } from './types.ts';

/** A list that goes on after this many pages is taken for an endless one (oras-go 30c6307b). */
export const MAX_PAGES = 1000;

/**
 * The address of the next page, from `Link: <…>; rel="next"` (RFC 8288; some servers leave the brackets out).
 * Throws `REDIRECT_REFUSED` for another origin: a page of a list has no business elsewhere (GHSA-h7vf-4x9w-h99v).
 */
export function nextPage({ headers, url }: Pick<RegistryResponse, 'headers' | 'url'>): URL | undefined {
  const header = headers['link'];
  const text = Array.isArray(header) ? header.join(',') : header;
  if (text === undefined) return undefined;
  const match = /(?:^|,)\s*<?([^<>,;\s]+)>?\s*;[^,]*\brel\s*=\s*"?next"?/i.exec(text);
  const target = match?.[1];
  if (target === undefined || !URL.canParse(target, url.href)) return undefined;
  const next = new URL(target, url);
  if (next.origin !== url.origin) {
    throw new SallyportError('REDIRECT_REFUSED', `continues a list at another server, ${next.origin}`, {
      subject: url.origin,
    });
  }
  return next;
}
