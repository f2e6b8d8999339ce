import { stripVTControlCharacters } from 'node:util';
import { cells } from './table.ts';

/** Text at the end of a terminal's output that is drawn over. */
export interface LiveText {
  /** Takes the place of what was drawn before; lines with `\n` between, and behind the last when the cursor is to stand below. */
  draw(text: string): void;
  /** Removes what was drawn, so that other text can be written. */
  clear(): void;
  /** Whether something is drawn now. */
  isDrawn(): boolean;
}

export interface LiveTextOptions {
  readonly write: (text: string) => void;
  /** Columns of the terminal now. */
  readonly columns: () => number;
}

export function createLiveText({ write, columns }: LiveTextOptions): LiveText {
  let drawn = '';
  const draw = (text: string): void => {
    if (drawn !== '' || text !== '') write(`${erasing(drawn, columns())}${text}`);
    drawn = text;
  };
  return { draw, clear: () => draw(''), isDrawn: () => drawn !== '' };
}

/**
 * What takes the cursor from the end of a text to its begin and removes it. A window that became narrower has broken its lines meanwhile, as nearly
 * all terminals do (xterm cuts them off instead, and loses lines above).
 */
function erasing(drawn: string, columns: number): string {
  if (drawn === '') return '';
  const rows = drawn
    .split('\n')
    .map((line) => Math.max(1, Math.ceil(cells(stripVTControlCharacters(line)) / columns)));
  const above = rows.reduce((sum, count) => sum + count, -1);
  return above === 0 ? '\r\u001b[2K' : `\u001b[${above}A\r\u001b[J`;
}
