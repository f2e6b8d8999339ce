/** Character codes of YAML's indicators. The text is a latin1 view, so that a character is a byte. */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const DOUBLE_QUOTE = 34;
export const HASH = 35;
export const SINGLE_QUOTE = 39;
export const COMMA = 44;
export const DASH = 45;
export const COLON = 58;
export const QUESTION = 63;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const PIPE = 124;
export const CLOSE_BRACE = 125;
const GREATER = 62;

/** White space, a line break or the end of the text (`charCodeAt` gives NaN there). */
export function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === LF || code === CR || code === TAB || Number.isNaN(code);
}

export function isSpaceOrTab(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** `,[]{}`: what ends a plain scalar inside a flow collection. */
export function isFlowIndicator(code: number): boolean {
  return (
    code === COMMA ||
    code === OPEN_BRACKET ||
    code === CLOSE_BRACKET ||
    code === OPEN_BRACE ||
    code === CLOSE_BRACE
  );
}

export function isBlockHeader(code: number): boolean {
  return code === PIPE || code === GREATER;
}

const NO_PLAIN_START: ReadonlySet<number> = new Set([...'&*!|>%@`,[]{}#"\''].map((c) => c.charCodeAt(0)));

/** True when a plain scalar may begin with `code`, `next` being what follows (YAML 1.2.2, ns-plain-first, outside of flow). */
export function mayStartPlain(code: number, next: number): boolean {
  if (code === DASH || code === QUESTION || code === COLON) return !isBlankOrEnd(next);
  return !NO_PLAIN_START.has(code);
}

/** Index after the line break at or behind `from`, or `end`. */
export function nextLine(text: string, from: number, end: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 || at >= end ? end : at + 1;
}

/** True when a line break (LF or CRLF) stands at `at`. */
export function isBreak(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === LF || (code === CR && text.charCodeAt(at + 1) === LF);
}
