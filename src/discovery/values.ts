import { tryParseReference } from '../oci/index.ts';
import type { ScalarNode } from '../yaml/index.ts';
import type { Collector, Place } from './context.ts';
import { RULES, type Rule } from './rules.ts';
import { referenceAt, schemeLength, shapeOf } from './shape.ts';
import { looksLikeTemplatedReference, templateIn } from './templates.ts';

/** A text that stands at a place which names one image. True when it was taken for one, or told as unresolved. */
export function atImagePlace(
  collector: Collector,
  rule: Rule,
  place: Place,
  scalar: ScalarNode,
  strict: boolean,
): boolean {
  const { text, at } = trimmed(scalar);
  if (text === '') return false;
  const template = templateIn(text);
  if (template !== undefined) {
    if (strict || looksLikeTemplatedReference(text) || /[:/@]/.test(text) || /^\$/.test(text))
      collector.unknown(template, place, scalar, text, at);
    return true;
  }
  const skip = schemeLength(text);
  const name = text.slice(skip);
  if (/\s/.test(name)) return false;
  if (referenceAt(name) !== undefined) {
    collector.use(rule, place, { reference: name, range: scalar.rangeOf(at + skip, at + text.length) });
    return true;
  }
  if (
    strict &&
    /[/:@]/.test(name) &&
    !/^(?:https?:)?\/\//.test(name) &&
    !/^[./]/.test(name) &&
    'reason' in tryParseReference(name)
  ) {
    collector.unknown('invalid-reference', place, scalar, text, at);
    return true;
  }
  return false;
}

/** A text of which only its shape speaks. */
export function byShape(collector: Collector, strong: Rule, place: Place, scalar: ScalarNode): boolean {
  const { text, at } = trimmed(scalar);
  const skip = schemeLength(text);
  const name = text.slice(skip);
  const strength = shapeOf(name);
  if (strength !== 'none') {
    const rule = strength === 'strong' ? strong : RULES.weakShape;
    collector.use(rule, place, { reference: name, range: scalar.rangeOf(at + skip, at + text.length) });
    return true;
  }
  const template = templateIn(text);
  if (template !== undefined && looksLikeTemplatedReference(text)) {
    collector.unknown(template, place, scalar, text, at);
    return true;
  }
  return false;
}

/** One item of a list in a text: `3.9.0=quay.io/…`, `tools=quay.io/…`, or the reference alone. */
const ITEM = /[^\s,;]+/g;

/**
 * A text that holds several references: lines or items divided by commas or semicolons, each `key=REF` or `REF`. True when at least
 * one is found. `named`: the place says that they are images, so that weak shapes count too.
 */
export function asList(collector: Collector, place: Place, scalar: ScalarNode, named: boolean): boolean {
  const { value } = scalar;
  if (!/[\n,;=]|\s\S/.test(value.trim()) || value.length > 100_000 || /[{}<>"]/.test(value)) return false;
  const found: { readonly text: string; readonly at: number }[] = [];
  let items = 0;
  for (const match of value.matchAll(ITEM)) {
    items++;
    const word = match[0];
    const equals = word.indexOf('=');
    const text = word.slice(equals + 1);
    const strength = shapeOf(text);
    if (strength === 'strong' || (named && strength === 'weak'))
      found.push({ text, at: match.index + equals + 1 });
  }
  // Prose that mentions an image is no list: nearly every item must be one.
  if (found.length === 0 || found.length * 2 < items) return false;
  for (const { text, at } of found)
    collector.use(RULES.listLine, place, { reference: text, range: scalar.rangeOf(at, at + text.length) });
  return true;
}

/** The value without the white space around it, and where it begins. */
export function trimmed(scalar: ScalarNode): { readonly text: string; readonly at: number } {
  const { value } = scalar;
  const text = value.trim();
  return { text, at: text === value ? 0 : value.indexOf(text) };
}
