import { HASH, LF, nextLine, SPACE, TAB } from './chars.ts';
import { decline } from './scan-sink.ts';

export interface BlockScalar {
  /** Behind the last line that belongs to the value. */
  readonly end: number;
  /** Behind all blank lines that follow too. */
  readonly next: number;
  /** Columns that are not part of the value. */
  readonly indent: number;
}

const HEADER = /[|>](?:([+-])?([1-9])?|([1-9])([+-]))(?:[ \t]+#[^\n]*|[ \t]*)\r?(?:\n|$(?![\s\S]))/my;

export interface BlockHeader {
  readonly folded: boolean;
  readonly chomp: '+' | '-' | '';
  /** 0 when the indentation is to be seen from the first line. */
  readonly indicator: number;
  /** The first byte of the first line. */
  readonly body: number;
}

/** The header (`|`, `>-`, `|2+`, with a comment perhaps) at `at`; undefined when it is none. */
export function blockHeader(text: string, at: number): BlockHeader | undefined {
  HEADER.lastIndex = at;
  const match = HEADER.exec(text);
  if (match === null) return undefined;
  const chomp = match[1] ?? match[4] ?? '';
  return {
    folded: text.charAt(at) === '>',
    chomp: chomp === '+' || chomp === '-' ? chomp : '',
    indicator: Number(match[2] ?? match[3] ?? 0),
    body: at + match[0].length,
  };
}

/** The extent of the block scalar whose header stands at `at`, inside of a collection at column `parent` (YAML 1.2.2 section 8.1). */
export function scanBlockScalar(text: string, at: number, end: number, parent: number): BlockScalar {
  const header = blockHeader(text, at);
  if (header === undefined || header.body > end || parent < 0) return decline();
  let indent = header.indicator === 0 ? 0 : parent + header.indicator;
  let widestBlank = 0;
  let contentEnd = -1;
  let hasText = false;
  let line = header.body;
  while (line < end) {
    let i = line;
    while (text.charCodeAt(i) === SPACE) i++;
    const code = text.charCodeAt(i);
    const column = i - line;
    const following = nextLine(text, i, end);
    if (i >= end || code === LF || text.startsWith('\r\n', i)) {
      // blank; with more spaces than the indentation it is content
      if (indent === 0) widestBlank = Math.max(widestBlank, column);
      else if (column > indent) {
        // with an indentation indicator parsers differ over such lines
        if (header.indicator !== 0) decline();
        contentEnd = following;
      }
    } else {
      if (indent === 0) {
        if (column <= parent || widestBlank > column) decline();
        indent = column;
      }
      if (column < indent) {
        // a tab may be meant as indentation, and a line between the two columns is an error unless it is a comment
        if (code === TAB || (column > parent && code !== HASH)) decline();
        break;
      }
      contentEnd = following;
      hasText = true;
    }
    line = following;
  }
  // parsers differ over scalars of nothing but white space
  if (!hasText) decline();
  return { end: header.chomp === '+' ? line : contentEnd, next: line, indent };
}
