import { BACKSLASH, CR, isBreak, isSpaceOrTab, LF, SINGLE_QUOTE } from './chars.ts';
import { Pieces } from './pieces.ts';

/**
 * Decodes a plain, single- or double-quoted scalar whose content (without quotes) is [start, end): escapes, and line breaks
 * folded (YAML 1.2.2 sections 6.5, 7.3).
 */
export function decodeFlow(
  text: string,
  start: number,
  end: number,
  style: 'plain' | 'single' | 'double',
): Pieces {
  const pieces = new Pieces(text, start);
  let run = start;
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    if ((code === LF || code === CR) && isBreak(text, i)) {
      let trimmed = i;
      while (trimmed > run && isSpaceOrTab(text.charCodeAt(trimmed - 1))) trimmed--;
      pieces.raw(run, trimmed);
      const fold = breaksAt(text, i, end);
      pieces.atom(fold.count === 1 ? ' ' : '\n'.repeat(fold.count - 1), trimmed, fold.next);
      i = run = fold.next;
    } else if (code === SINGLE_QUOTE && style === 'single') {
      pieces.raw(run, i);
      pieces.atom("'", i, i + 2);
      i = run = i + 2;
    } else if (code === BACKSLASH && style === 'double') {
      pieces.raw(run, i);
      const found = escapeAt(text, i, end);
      pieces.atom(found.text, i, found.next);
      i = run = found.next;
    } else i++;
  }
  pieces.raw(run, end);
  return pieces;
}

/** Line breaks from `at` on, with the blanks between and behind them. */
function breaksAt(text: string, at: number, end: number): { readonly count: number; readonly next: number } {
  let count = 0;
  let i = at;
  for (;;) {
    if (i < end && isBreak(text, i)) {
      count++;
      i += text.charCodeAt(i) === CR ? 2 : 1;
    }
    while (i < end && isSpaceOrTab(text.charCodeAt(i))) i++;
    if (i >= end || !isBreak(text, i)) return { count, next: i };
  }
}

/** YAML 1.2.2 section 5.7; JSON's are among them. */
const SIMPLE: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function escapeAt(text: string, at: number, end: number): { readonly text: string; readonly next: number } {
  if (isBreak(text, at + 1)) {
    // the break is taken away; blank lines behind it stand for one break each
    const { count, next } = breaksAt(text, at + 1, end);
    return { text: '\n'.repeat(count - 1), next };
  }
  const letter = text.charAt(at + 1);
  const digits = HEX_DIGITS[letter];
  if (digits === undefined) return { text: SIMPLE[letter] ?? letter, next: at + 2 };
  const next = at + 2 + digits;
  const code = Number.parseInt(text.slice(at + 2, next), 16);
  // JSON writes characters beyond the first plane as two escapes
  const low = /^\\u(d[c-f][0-9a-f]{2})/i.exec(text.slice(next, next + 6));
  if (code >= 0xd800 && code <= 0xdbff && low?.[1] !== undefined && next + 6 <= end) {
    return { text: String.fromCharCode(code, Number.parseInt(low[1], 16)), next: next + 6 };
  }
  return { text: String.fromCodePoint(code), next };
}
