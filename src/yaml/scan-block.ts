import {
  COLON,
  CR,
  DASH,
  DOUBLE_QUOTE,
  HASH,
  isBlankOrEnd,
  isBlockHeader,
  isSpaceOrTab,
  LF,
  mayStartPlain,
  nextLine,
  OPEN_BRACE,
  OPEN_BRACKET,
  SINGLE_QUOTE,
  SPACE,
  TAB,
} from './chars.ts';
import { scanBlockScalar } from './scan-block-scalar.ts';
import { DEPTH_LIMIT, isMergeKey, scanFlow } from './scan-flow.ts';
import { quotedEnd } from './scan-quoted.ts';
import { Declined, decline, type ScanSink } from './scan-sink.ts';
import type { ScalarStyle } from './types.ts';

/** Implicit keys end here (YAML 1.2.2 section 7.4.2). */
const KEY_LIMIT = 1024;

/**
 * Reads the document in [start, end) of `text` in one pass and reports it to `sink`. False when it holds something that this
 * scanner does not read or that is wrong; the sink has then seen what stands before that place.
 */
export function scanBlock(text: string, start: number, end: number, sink: ScanSink): boolean {
  try {
    new BlockScanner(text, end, sink).document(start);
    return true;
  } catch (error) {
    if (error instanceof Declined) return false;
    throw error;
  }
}

/**
 * Recursive descent over block YAML. Between calls `pos` is at the first character of a node and `column` is its column;
 * at the end of the document `column` is -1.
 */
class BlockScanner {
  private pos = 0;
  private column = -1;
  private depth = 0;
  private readonly text: string;
  private readonly end: number;
  private readonly sink: ScanSink;

  constructor(text: string, end: number, sink: ScanSink) {
    this.text = text;
    this.end = end;
    this.sink = sink;
  }

  document(start: number): void {
    let at = start;
    if (this.text.startsWith('---', at) && isBlankOrEnd(this.text.charCodeAt(at + 3)))
      at = this.restOfLine(at + 3);
    this.toContent(at);
    if (this.column === -1) return;
    this.node(-1);
    if (this.column !== -1) decline();
  }

  /** A node that begins a line or follows a dash, in a collection at column `parent`. */
  private node(parent: number): void {
    if (++this.depth > DEPTH_LIMIT) decline();
    if (this.isDash()) this.sequence(this.column);
    else {
      const colon = this.keyColon();
      if (colon !== -1) this.map(this.column, colon);
      else this.value(parent);
    }
    this.depth--;
  }

  private map(column: number, firstColon: number): void {
    const { text, sink } = this;
    sink.enterMap();
    for (let colon = firstColon; ; ) {
      this.key(colon);
      let at = colon + 1;
      while (text.charCodeAt(at) === SPACE) at++;
      const code = text.charCodeAt(at);
      if (code === TAB) decline();
      if (at >= this.end || code === LF || code === CR || (code === HASH && at > colon + 1)) {
        this.toContent(this.restOfLine(at));
        if (this.column > column) this.freshNode(column);
        // the items of a sequence may stand under the very column of its key
        else if (this.column === column && this.isDash()) this.sequence(column);
      } else {
        this.pos = at;
        this.value(column);
      }
      if (this.column < column) break;
      if (this.column > column || this.isDash()) decline();
      colon = this.keyColon();
      if (colon === -1) decline();
    }
    sink.leave();
  }

  private sequence(column: number): void {
    const { text, sink } = this;
    sink.enterSeq();
    for (;;) {
      sink.item();
      let at = this.pos + 1;
      while (text.charCodeAt(at) === SPACE) at++;
      const code = text.charCodeAt(at);
      if (code === TAB) decline();
      if (at >= this.end || code === LF || code === CR || code === HASH) {
        this.toContent(this.restOfLine(at));
        if (this.column > column) this.freshNode(column);
      } else {
        this.column = column + at - this.pos;
        this.pos = at;
        this.node(column);
      }
      if (this.column < column) break;
      if (this.column > column) decline();
      if (!this.isDash()) break;
    }
    sink.leave();
  }

  /** A node on a line of its own; a block scalar's header there is legal but so odd that the library shall judge. */
  private freshNode(parent: number): void {
    if (isBlockHeader(this.text.charCodeAt(this.pos))) decline();
    this.node(parent);
  }

  private key(colon: number): void {
    const { text, pos } = this;
    const code = text.charCodeAt(pos);
    let keyEnd = colon;
    while (text.charCodeAt(keyEnd - 1) === SPACE) keyEnd--;
    const style: ScalarStyle = code === DOUBLE_QUOTE ? 'double' : code === SINGLE_QUOTE ? 'single' : 'plain';
    if (text.charCodeAt(keyEnd - 1) === TAB || keyEnd - pos > KEY_LIMIT) decline();
    if (
      style === 'plain' &&
      (!mayStartPlain(code, text.charCodeAt(pos + 1)) || isMergeKey(text, pos, keyEnd))
    )
      decline();
    if (!this.sink.key(pos, keyEnd, style)) decline();
  }

  /** Index of the colon behind the simple key at `pos`, or -1 when none begins there. */
  private keyColon(): number {
    const { text, pos, end } = this;
    const code = text.charCodeAt(pos);
    if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) return this.quotedKeyColon();
    if (code === OPEN_BRACE || code === OPEN_BRACKET) return -1;
    for (let i = pos; i < end; i++) {
      const at = text.charCodeAt(i);
      if (at === LF) return -1;
      if (at === COLON && isBlankOrEnd(text.charCodeAt(i + 1))) return i === pos ? decline() : i;
      if (at === HASH && isSpaceOrTab(text.charCodeAt(i - 1))) return -1;
    }
    return -1;
  }

  private quotedKeyColon(): number {
    const { text, pos } = this;
    const close = quotedEnd(text, pos, this.end, -1);
    let at = close;
    while (text.charCodeAt(at) === SPACE) at++;
    if (text.charCodeAt(at) !== COLON) return -1;
    const simple = isBlankOrEnd(text.charCodeAt(at + 1)) && !text.slice(pos, close).includes('\n');
    return simple ? at : decline();
  }

  /** A scalar or flow collection at `pos`; behind it the next node's place is looked for. */
  private value(parent: number): void {
    const { text, end, pos } = this;
    const code = text.charCodeAt(pos);
    if (isBlockHeader(code)) {
      const block = scanBlockScalar(text, pos, end, parent);
      this.sink.scalar(pos, block.end, text.charAt(pos) === '|' ? 'literal' : 'folded', block.indent);
      this.toContent(block.next);
    } else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
      const close = quotedEnd(text, pos, end, parent);
      this.sink.scalar(pos, close, code === DOUBLE_QUOTE ? 'double' : 'single', 0);
      this.toContent(this.restOfLine(close));
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.toContent(this.restOfLine(scanFlow({ text, end, sink: this.sink, parent }, pos)));
    } else {
      if (!mayStartPlain(code, text.charCodeAt(pos + 1))) decline();
      this.plain(parent);
    }
  }

  /** A plain scalar with the lines that continue it: those indented more than `parent`, up to a comment. */
  private plain(parent: number): void {
    const { text, end } = this;
    const start = this.pos;
    let line = this.plainLine(start);
    let last = line.last;
    let next = line.next;
    while (!line.comment) {
      const at = this.skipBlankLines(next);
      const code = text.charCodeAt(at.content);
      if (at.content >= end || at.column <= parent || code === HASH) break;
      if (code === TAB || (at.column === 0 && text.startsWith('...', at.content))) decline();
      line = this.plainLine(at.content);
      last = line.last;
      next = line.next;
    }
    this.sink.scalar(start, last, 'plain', 0);
    this.toContent(next);
  }

  private plainLine(from: number): {
    readonly last: number;
    readonly next: number;
    readonly comment: boolean;
  } {
    const { text, end } = this;
    let last = from;
    let i = from;
    for (; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code === LF) break;
      if (code === SPACE || code === TAB || code === CR) continue;
      if (code === HASH && isSpaceOrTab(text.charCodeAt(i - 1))) {
        return { last, next: nextLine(text, i, end), comment: true };
      }
      // a colon that would make a key of what stands before it is an error here
      if (code === COLON && isBlankOrEnd(text.charCodeAt(i + 1))) decline();
      last = i + 1;
    }
    return { last, next: Math.min(i + 1, end), comment: false };
  }

  private skipBlankLines(from: number): { readonly content: number; readonly column: number } {
    const { text, end } = this;
    for (let line = from; ; ) {
      let i = line;
      while (text.charCodeAt(i) === SPACE) i++;
      const code = text.charCodeAt(i);
      const blank = code === LF || (code === CR && text.charCodeAt(i + 1) === LF);
      if (i >= end || !blank) return { content: i, column: i - line };
      line = nextLine(text, i, end);
    }
  }

  /** Nothing but blanks and a comment may follow on the line; returns where the next one begins. */
  private restOfLine(from: number): number {
    const { text, end } = this;
    let i = from;
    while (text.charCodeAt(i) === SPACE) i++;
    const code = text.charCodeAt(i);
    if (i >= end || code === LF || (code === CR && text.charCodeAt(i + 1) === LF))
      return nextLine(text, i, end);
    return code === HASH && (i > from || text.charCodeAt(i - 1) === SPACE)
      ? nextLine(text, i, end)
      : decline();
  }

  /** Goes to the first node at or behind `from`, which is the start of a line. */
  private toContent(from: number): void {
    const { text, end } = this;
    for (let line = from; line < end; ) {
      let i = line;
      while (text.charCodeAt(i) === SPACE) i++;
      const code = text.charCodeAt(i);
      if (i >= end) break;
      if (code === TAB) decline();
      if (i === line && text.startsWith('...', i) && isBlankOrEnd(text.charCodeAt(i + 3))) {
        // the end: the cut leaves nothing behind this line
        this.restOfLine(i + 3);
        break;
      }
      if (code !== LF && code !== HASH && !(code === CR && text.charCodeAt(i + 1) === LF)) {
        this.pos = i;
        this.column = i - line;
        return;
      }
      line = nextLine(text, i, end);
    }
    this.pos = end;
    this.column = -1;
  }

  private isDash(): boolean {
    return this.text.charCodeAt(this.pos) === DASH && isBlankOrEnd(this.text.charCodeAt(this.pos + 1));
  }
}
