/** What a Range header asks of `size` bytes: positions of the first and last byte, `invalid` for 416, undefined for the whole. */
export type AskedRange = { readonly start: number; readonly end: number } | 'invalid' | undefined;

/**
 * Reads one byte range (RFC 9110 section 14.2). Several ranges and other units are answered with the whole, which the RFC allows.
 * A range that ends before it begins gets 416: the RFC would have it ignored, the conformance suite does not ("range 500-0").
 */
export function readRange(header: string | undefined, size: number): AskedRange {
  const match = header === undefined ? null : /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header);
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'invalid' : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end || start >= size ? 'invalid' : { start, end };
}

/** `Content-Range` of an upload chunk: `START-END` as the distribution-spec writes it, or `bytes START-END/SIZE` as HTTP does. */
export function readChunkRange(header: string): { readonly start: number; readonly end: number } | undefined {
  const match = /^\s*(?:bytes\s+)?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?\s*$/.exec(header);
  if (match === null) return undefined;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return end < start ? undefined : { start, end };
}
