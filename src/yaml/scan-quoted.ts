import { BACKSLASH, CR, DOUBLE_QUOTE, isBreak, LF, SINGLE_QUOTE, SPACE, TAB } from './chars.ts';
import { decline } from './scan-sink.ts';

/** The index behind the closing quote. Each further line must be indented more than `parent` columns. */
export function quotedEnd(text: string, at: number, end: number, parent: number): number {
  const quote = text.charCodeAt(at);
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === LF) checkIndent(text, i + 1, end, parent);
    else if (code === BACKSLASH && quote === DOUBLE_QUOTE) i += escapeLength(text, i);
    else if (code === quote) {
      if (quote !== SINGLE_QUOTE || text.charCodeAt(i + 1) !== SINGLE_QUOTE) return i + 1;
      i++;
    }
  }
  return decline();
}

function checkIndent(text: string, lineStart: number, end: number, parent: number): void {
  let i = lineStart;
  while (text.charCodeAt(i) === SPACE) i++;
  const code = text.charCodeAt(i);
  if (i >= end || code === TAB) decline();
  if (code !== LF && code !== CR && i - lineStart <= parent) decline();
}

const SIMPLE_ESCAPES: ReadonlySet<number> = new Set([...'0abefnrtvN_LP "/\\\t'].map((c) => c.charCodeAt(0)));
const HEX_ESCAPES: ReadonlyMap<string, RegExp> = new Map([
  ['x', /[0-9a-fA-F]{2}/y],
  ['u', /[0-9a-fA-F]{4}/y],
  ['U', /00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}/y],
]);

/** Characters behind the backslash at `at` that belong to the escape (YAML 1.2.2 section 5.7). */
function escapeLength(text: string, at: number): number {
  if (SIMPLE_ESCAPES.has(text.charCodeAt(at + 1))) return 1;
  // an escaped line break: the break itself is looked at by the caller, for the next line's indentation
  if (isBreak(text, at + 1)) return 0;
  const hex = HEX_ESCAPES.get(text.charAt(at + 1));
  if (hex === undefined) return decline();
  hex.lastIndex = at + 2;
  return hex.test(text) ? hex.lastIndex - at - 1 : decline();
}
