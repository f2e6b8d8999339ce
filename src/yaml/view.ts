import type { ByteRange, ScalarNode } from './types.ts';

/**
 * Text to read, with the way back to the file. For a file the way is the identity; for text embedded in a scalar it goes
 * through that scalar, which may be embedded itself: so ranges are bytes of the file at any depth.
 */
export interface View {
  /** One character per byte of UTF-8. */
  readonly text: string;
  /** The bytes of the file behind [start, end) of `text`. */
  readonly toFile: (start: number, end: number) => ByteRange;
  /** The scalar that holds this text; undefined for a file. */
  readonly holder: ScalarNode | undefined;
}

export function viewOfFile(text: string): View {
  return { text, toFile: (start, end) => [start, end], holder: undefined };
}

const NOT_ASCII = /[\u0080-\u00ff]/;

export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/** The characters of a latin1 view of UTF-8. */
export function decodeUtf8(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
