import { printable } from '../base/index.ts';
import { paint, type Style } from './style.ts';

/** Part of a narrow terminal that the first column takes at the most; longer names push the rest of their own row aside. */
const FIRST_COLUMN = 0.6;

/**
 * A table with a header. On a terminal that is too narrow rows are cut with `…`, but never in their first column: it names what the row is
 * about, and is what people copy. In a pipe nothing is cut. East Asian wide characters count double, so that Chinese text keeps its columns.
 */
export function table(header: readonly string[], of: readonly (readonly string[])[], style: Style): string {
  const rows = of.map((row) => row.map((cell) => oneLine(cell, Number.POSITIVE_INFINITY)));
  const natural = header.map((title, column) =>
    Math.max(cells(title), ...rows.map((row) => cells(row[column] ?? ''))),
  );
  const whole = natural.reduce((sum, width) => sum + width + 2, -2);
  const [first = 0, ...others] = natural;
  const widths =
    whole <= style.width ? natural : [Math.min(first, Math.floor(style.width * FIRST_COLUMN)), ...others];
  const { bold } = paint(style);
  const line = (row: readonly string[]) =>
    fit(
      row
        .map((cell, column) =>
          column === row.length - 1
            ? cell
            : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cells(cell))),
        )
        .join('  '),
      Math.max(style.width, cells(row[0] ?? '') + 2),
    );
  return [bold(line(header)), ...rows.map(line)].map((text) => `${text.trimEnd()}\n`).join('');
}

/** Text from elsewhere on one line: names of files may hold line breaks and escape codes, which would end a row or paint the terminal. */
export function oneLine(text: string, maxLength?: number): string {
  return printable(text, maxLength).replace(/[\n\t]/g, '\u00b7');
}

/** Columns that a text takes on a terminal. */
export function cells(text: string): number {
  let count = 0;
  for (const character of text) count += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return count;
}

/** Unicode East Asian Width W and F, the ranges that occur in text (UAX #11). */
function isWide(code: number): boolean {
  return (
    code >= 0x1100 &&
    (code <= 0x115f ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd))
  );
}

/** The text cut to `width` columns, the cut shown by `…`. */
export function fit(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    const step = cells(character);
    if (used + step > width - 1) break;
    out += character;
    used += step;
  }
  return `${out}…`;
}

/** Prose broken at spaces into lines of `width` columns, all but the first with `indent` spaces before them; words are never cut. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || cells(longer) <= width - indent) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
