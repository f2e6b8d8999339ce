import { decodeUtf8, isAscii } from './view.ts';

/**
 * A run of a scalar's decoded value. `raw`: the bytes [start, end) are the UTF-8 of `text`; otherwise they stand for it as a
 * whole (an escape, a folded line break with the indentation behind it).
 */
interface Piece {
  /** Index of its first character in the value (UTF-16). */
  readonly from: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly raw: boolean;
}

/** A decoded value with the way back from each of its characters to the bytes of its view. */
export class Pieces {
  private readonly list: Piece[] = [];
  private readonly view: string;
  /** Where an empty value would stand. */
  private readonly origin: number;
  private length = 0;

  constructor(view: string, origin: number) {
    this.view = view;
    this.origin = origin;
  }

  raw(start: number, end: number): void {
    if (end > start) this.add(decodeUtf8(this.view.slice(start, end)), start, end, true);
  }

  /** `text` may be empty: an escaped line break stands for nothing. */
  atom(text: string, start: number, end: number): void {
    if (text !== '') this.add(text, start, end, false);
  }

  get value(): string {
    const [only] = this.list;
    return this.list.length === 1 && only !== undefined
      ? only.text
      : this.list.map((piece) => piece.text).join('');
  }

  /** The bytes of the view that hold the characters [from, to) of the value. */
  rangeOf(from: number, to: number): readonly [start: number, end: number] {
    if (to > from) return [this.locate(from)[0], this.locate(to - 1)[1]];
    if (from < this.length) {
      const [start] = this.locate(from);
      return [start, start];
    }
    const end = this.list.at(-1)?.end ?? this.origin;
    return [end, end];
  }

  private add(text: string, start: number, end: number, raw: boolean): void {
    this.list.push({ from: this.length, text, start, end, raw });
    this.length += text.length;
  }

  /** The bytes of one character. Half of a surrogate pair stands for the whole. */
  private locate(index: number): readonly [number, number] {
    let low = 0;
    let high = this.list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.list[middle]?.from ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const piece = this.list[low];
    if (piece === undefined || index < 0 || index >= this.length) {
      throw new RangeError(`character ${index} is outside of a value of ${this.length}`);
    }
    if (!piece.raw) return [piece.start, piece.end];
    const within = index - piece.from;
    if (piece.end - piece.start === piece.text.length && isAscii(this.view.slice(piece.start, piece.end))) {
      return [piece.start + within, piece.start + within + 1];
    }
    const whole = isLowSurrogate(piece.text, within) ? within - 1 : within;
    const start = piece.start + Buffer.byteLength(piece.text.slice(0, whole));
    const size = Buffer.byteLength(String.fromCodePoint(piece.text.codePointAt(whole) ?? 0));
    return [start, start + size];
  }
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  const before = text.charCodeAt(index - 1);
  return code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
}
