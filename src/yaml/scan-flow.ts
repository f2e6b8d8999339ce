import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  CR,
  DASH,
  DOUBLE_QUOTE,
  HASH,
  isBlankOrEnd,
  isFlowIndicator,
  isSpaceOrTab,
  LF,
  mayStartPlain,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUESTION,
  SINGLE_QUOTE,
  SPACE,
  TAB,
} from './chars.ts';
import { quotedEnd } from './scan-quoted.ts';
import { decline, type ScanSink } from './scan-sink.ts';
import type { ScalarStyle } from './types.ts';

/** Deeper than any manifest; keeps hostile input from exhausting the stack. */
export const DEPTH_LIMIT = 256;

/** `<<`, which means what the library makes of it. */
export function isMergeKey(text: string, start: number, end: number): boolean {
  return end === start + 2 && text.startsWith('<<', start);
}

export interface FlowContext {
  readonly text: string;
  readonly end: number;
  readonly sink: ScanSink;
  /** Column of the block collection around it, -1 at the top of a document. */
  readonly parent: number;
}

/** Reads the flow collection (all of JSON is one) at `at`; returns the index behind its closing bracket. */
export function scanFlow(context: FlowContext, at: number, depth = 1): number {
  if (depth > DEPTH_LIMIT) decline();
  const map = context.text.charCodeAt(at) === OPEN_BRACE;
  const close = map ? CLOSE_BRACE : CLOSE_BRACKET;
  if (map) context.sink.enterMap();
  else context.sink.enterSeq();
  let i = skipBlank(context, at + 1, depth);
  while (context.text.charCodeAt(i) !== close) {
    if (map) i = entry(context, i, depth);
    else {
      context.sink.item();
      i = value(context, i, depth);
    }
    i = skipBlank(context, i, depth);
    const code = context.text.charCodeAt(i);
    if (code === COMMA) i = skipBlank(context, i + 1, depth);
    else if (code !== close) decline();
  }
  context.sink.leave();
  return i + 1;
}

function entry(context: FlowContext, at: number, depth: number): number {
  const { text, sink } = context;
  const { end, style } = scalarAt(context, at);
  if (isMergeKey(text, at, end) || text.slice(at, end).includes('\n') || !sink.key(at, end, style)) decline();
  let i = end;
  while (isSpaceOrTab(text.charCodeAt(i))) i++;
  const code = text.charCodeAt(i);
  if (code !== COLON) return code === COMMA || code === CLOSE_BRACE ? i : decline();
  // behind a quoted key the value may follow at once, as in JSON
  const next = text.charCodeAt(i + 1);
  if (style === 'plain' && !isBlankOrEnd(next) && !isFlowIndicator(next)) decline();
  i = skipBlank(context, i + 1, depth);
  const first = text.charCodeAt(i);
  return first === COMMA || first === CLOSE_BRACE ? i : value(context, i, depth);
}

function value(context: FlowContext, at: number, depth: number): number {
  const code = context.text.charCodeAt(at);
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return scanFlow(context, at, depth + 1);
  const { end, style } = scalarAt(context, at);
  context.sink.scalar(at, end, style, 0);
  return end;
}

function scalarAt(context: FlowContext, at: number): { readonly end: number; readonly style: ScalarStyle } {
  const { text, end, parent } = context;
  const code = text.charCodeAt(at);
  if (at >= end) decline();
  if (code === DOUBLE_QUOTE) return { end: quotedEnd(text, at, end, parent), style: 'double' };
  if (code === SINGLE_QUOTE) return { end: quotedEnd(text, at, end, parent), style: 'single' };
  return { end: plainEnd(text, at, end), style: 'plain' };
}

/** End of a plain scalar of one line; one that goes on in the next line is declined by what is expected behind it. */
function plainEnd(text: string, at: number, end: number): number {
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  if (!mayStartPlain(first, second) || first === COLON || first === QUESTION) decline();
  if (first === DASH && isFlowIndicator(second)) decline();
  let last = at;
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === LF || isFlowIndicator(code)) break;
    if (code === COLON) {
      const next = text.charCodeAt(i + 1);
      if (isBlankOrEnd(next) || isFlowIndicator(next)) break;
    }
    if (code === HASH && isSpaceOrTab(text.charCodeAt(i - 1))) decline();
    if (code !== SPACE && code !== TAB && code !== CR) last = i;
  }
  return last + 1;
}

/** Skips white space and line breaks. Each new line must be indented more than the block around the collection. */
function skipBlank({ text, end, parent }: FlowContext, at: number, depth: number): number {
  let i = at;
  let lineStart = -1;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === LF) lineStart = i + 1;
    // indentation by tabs is for JSON; inside of block YAML it counts as an error
    else if (code === TAB && parent !== -1) decline();
    else if (code !== SPACE && code !== CR && code !== TAB) break;
  }
  if (i >= end) decline();
  if (lineStart !== -1 && i - lineStart <= parent) {
    // the outermost closing bracket may stand under the key, as every parser lets it
    const code = text.charCodeAt(i);
    const closes = code === CLOSE_BRACE || code === CLOSE_BRACKET;
    if (!closes || depth !== 1 || i - lineStart !== parent) decline();
  }
  return i;
}
