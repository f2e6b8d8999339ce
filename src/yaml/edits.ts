import { SallyportError } from '../base/index.ts';
import type { Edit } from './types.ts';

/**
 * The bytes with each range replaced, everything else as it was. The edits may come in any order; the same edit twice counts
 * once. Without edits the very buffer is returned. Throws `INTERNAL` for edits that overlap or lie outside of the file.
 */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const sorted = [...edits].sort((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
  const pieces: Buffer[] = [];
  let copied = 0;
  let last: Edit | undefined;
  for (const edit of sorted) {
    const [start, end] = edit.range;
    if (last !== undefined && last.range[0] === start && last.range[1] === end && last.text === edit.text)
      continue;
    if (!(start <= end && end <= bytes.length)) throw conflict('an edit lies outside of the file', edit);
    // two insertions at one place have no order that could be relied on
    if (start < copied || (last !== undefined && last.range[0] === start))
      throw conflict('two edits overlap', edit);
    pieces.push(bytes.subarray(copied, start), Buffer.from(edit.text, 'utf8'));
    copied = end;
    last = edit;
  }
  pieces.push(bytes.subarray(copied));
  return Buffer.concat(pieces);
}

function conflict(reason: string, edit: Edit): SallyportError {
  return new SallyportError('INTERNAL', `${reason}, at bytes ${edit.range[0]} to ${edit.range[1]}`);
}
