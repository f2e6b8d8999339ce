import type { YamlSource } from './types.ts';

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in bytes; a byte-order mark is not counted. */
  readonly column: number;
}

/** The first byte of each line, made when a position of the file is first asked for. */
const LINES = new WeakMap<YamlSource, readonly number[]>();

/** Line and column of a byte of the file; one behind the end is allowed. Cheap to call often. */
export function positionOf(source: YamlSource, offset: number): Position {
  const starts = linesOf(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
}

function linesOf(source: YamlSource): readonly number[] {
  const known = LINES.get(source);
  if (known !== undefined) return known;
  const starts = [source.start];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  LINES.set(source, starts);
  return starts;
}
