import { SallyportError } from '../base/index.ts';
import type { ScalarNode, ScalarStyle } from './types.ts';

/**
 * How to write text into a scalar of each style so that it is read back as it was; undefined when the style cannot hold it.
 * The text takes the place of some characters of the value: the scalar's style stays, and its lines stay.
 */
const ENCODERS: Readonly<Record<ScalarStyle, (text: string) => string | undefined>> = {
  // so narrow that it is right in flow collections and at either end of the scalar too
  plain: (text) =>
    /^[A-Za-z0-9_./](?:[A-Za-z0-9._/:@+=-]*[A-Za-z0-9._/@+=-])?$/.test(text) ? text : undefined,
  single: (text) => (isOneLine(text) ? text.replaceAll("'", "''") : undefined),
  // JSON's escapes are YAML's too
  double: (text) => JSON.stringify(text).slice(1, -1),
  literal: (text) => (isOneLine(text) && text.trim() === text ? text : undefined),
  folded: (text) => (isOneLine(text) && text.trim() === text ? text : undefined),
};

/**
 * The bytes, as text, that stand for `text` inside of `scalar`, escaped at every level of embedding. References need no
 * escaping in any style. Throws `INTERNAL` for text that cannot be put there without changing how the scalar is written.
 */
export function encodeIn(scalar: ScalarNode, text: string): string {
  const encoded = text === '' ? undefined : ENCODERS[scalar.style](text);
  if (encoded === undefined) {
    throw new SallyportError(
      'INTERNAL',
      `${JSON.stringify(text)} cannot be written into a ${scalar.style} scalar`,
    );
  }
  return scalar.within === undefined ? encoded : encodeIn(scalar.within, encoded);
}

function isOneLine(text: string): boolean {
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
