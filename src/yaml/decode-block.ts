import { CR, isSpaceOrTab, LF, nextLine, SPACE } from './chars.ts';
import { Pieces } from './pieces.ts';
import { blockHeader } from './scan-block-scalar.ts';

interface Line {
  /** Behind the indentation. */
  readonly start: number;
  /** Before the line break. */
  readonly end: number;
  /** Nothing but indentation. */
  readonly empty: boolean;
}

/**
 * Decodes the literal or folded scalar in [start, end), header included, whose lines are indented by `indent` columns
 * (YAML 1.2.2 sections 8.1.1 to 8.1.3).
 */
export function decodeBlock(text: string, start: number, end: number, indent: number): Pieces {
  const header = blockHeader(text, start);
  const body = header?.body ?? end;
  const pieces = new Pieces(text, Math.min(body, end));
  const lines = linesOf(text, body, end, indent);
  const lastFull = lines.findLastIndex((line) => !line.empty);
  if (header === undefined) return pieces;
  let before: Line | undefined; // the last line that is not empty
  let gap = 0;
  let from = body;
  for (const line of lines.slice(0, lastFull + 1)) {
    if (line.empty) {
      gap++;
      continue;
    }
    pieces.atom(separator(text, header.folded, before, line, gap), from, line.start);
    pieces.raw(line.start, line.end);
    before = line;
    from = line.end;
    gap = 0;
  }
  if (header.chomp === '+') {
    // a last line of blanks without a line break counts for nothing
    const breaks = text.slice(from, end).split('\n').length - 1;
    const atLeast = end > body ? 1 : 0;
    pieces.atom('\n'.repeat(Math.max(breaks, atLeast)), from, end);
  } else if (header.chomp === '' && lastFull !== -1) {
    pieces.atom('\n', from, nextLine(text, from, end));
  }
  return pieces;
}

function linesOf(text: string, body: number, end: number, indent: number): Line[] {
  const lines: Line[] = [];
  for (let at = body; at < end; ) {
    const next = nextLine(text, at, end);
    let stop = text.charCodeAt(next - 1) === LF ? next - 1 : next;
    if (stop > at && stop < next && text.charCodeAt(stop - 1) === CR) stop--;
    let from = at;
    while (from < stop && from - at < indent && text.charCodeAt(from) === SPACE) from++;
    lines.push({ start: from, end: stop, empty: from === stop });
    at = next;
  }
  return lines;
}

/** The breaks between two lines that are not empty, `gap` empty ones lying between them. */
function separator(text: string, folded: boolean, before: Line | undefined, line: Line, gap: number): string {
  if (before === undefined) return '\n'.repeat(gap);
  const kept =
    !folded || isSpaceOrTab(text.charCodeAt(before.start)) || isSpaceOrTab(text.charCodeAt(line.start));
  if (kept) return '\n'.repeat(gap + 1);
  return gap === 0 ? ' ' : '\n'.repeat(gap);
}
