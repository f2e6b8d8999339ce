import { RULES } from '../rules.ts';
import { shapeOf } from '../shape.ts';
import type { Spot } from '../spot.ts';

/** One item of a list in a text: `3.9.0=quay.io/…`, `tools=quay.io/…`, or the reference alone. */
const ITEM = /[^\s,;]+/g;
/** Longer texts are data of another kind. */
const LIMIT = 100_000;

/**
 * A text that holds several references: lines or items divided by commas or semicolons, each `key=REF` or `REF`. True when at least
 * one is found. `named`: the place says that they are images, so that weak shapes count too.
 */
export function asList(spot: Spot, place: 'named' | 'unnamed'): boolean {
  const { scalar } = spot;
  const { value } = scalar;
  if (!/[\n,;=]|\s\S/.test(value.trim()) || value.length > LIMIT || /[{}<>"]/.test(value)) return false;
  const found: { readonly text: string; readonly at: number }[] = [];
  let items = 0;
  for (const match of value.matchAll(ITEM)) {
    items++;
    const word = match[0];
    const equals = word.indexOf('=');
    const text = word.slice(equals + 1);
    const strength = shapeOf(text);
    if (strength === 'strong' || (place === 'named' && strength === 'weak'))
      found.push({ text, at: match.index + equals + 1 });
  }
  // Prose that mentions an image is no list: nearly every item must be one.
  if (found.length === 0 || found.length * 2 < items) return false;
  for (const { text, at } of found)
    spot.search.collector.use(RULES.listLine, spot.place, {
      reference: text,
      range: scalar.rangeOf(at, at + text.length),
    });
  return true;
}

/** `key=value` in one word. */
export function isAssignment(text: string): boolean {
  return /^[^\s=/]+=[^\s=]+$/.test(text);
}
