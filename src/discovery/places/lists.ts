import { RULES } from '../rules.ts';
import { referenceAt, shapeOf } from '../shape.ts';
import type { Spot } from '../spot.ts';

/** One item of a list in a text: `3.9.0=quay.io/…`, `tools=quay.io/…`, or the reference alone. */
const ITEM = /[^\s,;]+/g;
/** `nats:2.9-alpine`, and no port. */
const NAME_AND_TAG = /^[a-z0-9][\w.-]*:(?!\d{1,5}$)[\w.-]+$/;
/** Longer texts are data of another kind. */
const LIMIT = 100_000;

/**
 * A text that holds several references: lines or items divided by commas or semicolons, each `key=REF` or `REF`. True when at least
 * one is found. `named`: the place says that they are images, so that weak shapes count too. `file`: the list is all there is, so that `name:tag`
 * counts beside those.
 */
export function asList(spot: Spot, place: 'named' | 'unnamed' | 'file'): boolean {
  const { scalar } = spot;
  const { value } = scalar;
  if (!/[\n,;=]|\s\S/.test(value.trim()) || value.length > LIMIT || /[{}<>"]/.test(value)) return false;
  const found: { readonly text: string; readonly at: number }[] = [];
  const plain: typeof found = [];
  let items = 0;
  for (const match of value.matchAll(ITEM)) {
    items++;
    const word = match[0];
    const equals = word.indexOf('=');
    const text = word.slice(equals + 1);
    const strength = shapeOf(text, spot.search.registries);
    const item = { text, at: match.index + equals + 1 };
    if (strength === 'strong' || (place !== 'unnamed' && strength === 'weak')) found.push(item);
    else if (place === 'file' && NAME_AND_TAG.test(text) && referenceAt(text) !== undefined) plain.push(item);
  }
  // Prose that mentions an image is no list: nearly every item must be one.
  if (found.length === 0 || found.length * 2 < items) return false;
  for (const { text, at } of [...found, ...plain])
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
