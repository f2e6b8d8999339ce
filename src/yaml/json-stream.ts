import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, DOUBLE_QUOTE, OPEN_BRACE, OPEN_BRACKET } from './chars.ts';

/**
 * Cuts JSON objects that follow one another without a marker (`jq '.items[]'`, several `kubectl get -o json`), which kubectl
 * reads as documents each. `content` is the first byte of content in [start, end). Anything else stays in one piece.
 */
export function cutJsonStream(
  text: string,
  content: number,
  start: number,
  end: number,
): (readonly [number, number])[] {
  if (text.charCodeAt(content) !== OPEN_BRACE) return [[start, end]];
  const pieces: (readonly [number, number])[] = [];
  let from = start;
  let at = content;
  for (;;) {
    const close = closingBracket(text, at, end);
    if (close === -1) break;
    let next = close + 1;
    while (next < end && /\s/.test(text.charAt(next))) next++;
    if (next >= end) break;
    if (text.charCodeAt(next) !== OPEN_BRACE) return [[start, end]];
    pieces.push([from, next]);
    from = next;
    at = next;
  }
  pieces.push([from, end]);
  return pieces;
}

/** Index of the bracket that closes the one at `at`, or -1. */
function closingBracket(text: string, at: number, end: number): number {
  let depth = 0;
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOUBLE_QUOTE) {
      for (i++; i < end && text.charCodeAt(i) !== DOUBLE_QUOTE; i++)
        if (text.charCodeAt(i) === BACKSLASH) i++;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return i;
  }
  return -1;
}
