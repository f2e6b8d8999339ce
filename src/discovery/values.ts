import { tryParseReference } from '../oci/index.ts';
import type { ScalarNode } from '../yaml/index.ts';
import { RULES, type Rule } from './rules.ts';
import { referenceAt, schemeLength, shapeOf } from './shape.ts';
import type { Spot } from './spot.ts';
import { looksLikeTemplatedReference, templateIn } from './templates.ts';

/** Characters of the longest text that can be one reference, templates and all. Longer texts are data of another kind. */
export const LONGEST = 2000;

/** How much the place itself says: `strict` where nothing but an image may stand, so that what is none is told. */
export type Promise = 'strict' | 'usual';

/** A text that stands at a place which names one image. True when it was taken for one, or told as unresolved. */
export function atImagePlace(spot: Spot, rule: Rule, promise: Promise = 'usual'): boolean {
  const { place, scalar } = spot;
  const { collector } = spot.search;
  const { text, at } = trimmed(scalar);
  if (text === '' || text.length > LONGEST) return false;
  const template = templateIn(text);
  if (template !== undefined) {
    if (promise === 'strict' || /[:/@]|^\$/.test(text)) collector.unknown(template, place, scalar, text, at);
    return true;
  }
  const skip = schemeLength(text);
  const name = text.slice(skip);
  if (/\s/.test(name)) return false;
  if (referenceAt(name) !== undefined) {
    collector.use(rule, place, { reference: name, range: scalar.rangeOf(at + skip, at + text.length) });
    return true;
  }
  if (isCutOff(name)) {
    collector.unknown('invalid-reference', place, scalar, text, at);
    return true;
  }
  // a container runs what stands here, be it `<placeholder>`; elsewhere a word may be a name of another kind
  const isMeant = promise === 'strict' && (rule.confidence === 'certain' || /[/:@]/.test(name));
  if (isMeant && !isAddressOrPath(name) && 'reason' in tryParseReference(name)) {
    collector.unknown('invalid-reference', place, scalar, text, at);
    return true;
  }
  return false;
}

/** A text of which only its shape speaks: `strong` says what a full reference is here, a weaker one is possible at most. */
export function byShape(spot: Spot, strong: Rule): boolean {
  const { place, scalar } = spot;
  const { collector } = spot.search;
  const { text, at } = trimmed(scalar);
  if (text.length > LONGEST) return false;
  const skip = schemeLength(text);
  const name = text.slice(skip);
  const strength = shapeOf(name, spot.search.registries);
  if (strength !== 'none') {
    const rule = strength === 'strong' ? strong : RULES.weakShape;
    collector.use(rule, place, { reference: name, range: scalar.rangeOf(at + skip, at + text.length) });
    return true;
  }
  const template = templateIn(text);
  if (template === undefined || !looksLikeTemplatedReference(text)) return false;
  collector.unknown(template, place, scalar, text, at);
  return true;
}

/** `quay.io/team/app@`: a digest or tag was to follow. */
function isCutOff(name: string): boolean {
  return /\/.*[\w][@:]$/.test(name) && referenceAt(name.slice(0, -1)) !== undefined;
}

/** `http://…`, `//host/…`, `/path`, `./path`: what stands under image-like keys without being an image. */
export function isAddressOrPath(text: string): boolean {
  return /^(?:https?:)?\/\//.test(text) || /^[./]/.test(text);
}

/** Has what hardly any word has that is no image: a path or a tag. */
export function hasPathOrTag(text: string): boolean {
  return /[/:]/.test(text);
}

/** The value without the white space around it, and where it begins. */
export function trimmed(scalar: ScalarNode): { readonly text: string; readonly at: number } {
  const { value } = scalar;
  const text = value.trim();
  return { text, at: text === value ? 0 : value.indexOf(text) };
}

/** A piece of a scalar's value as a scalar of its own. */
export function pieceOf(scalar: ScalarNode, text: string, at: number): ScalarNode {
  return {
    type: 'scalar',
    style: 'plain',
    value: text,
    range: scalar.rangeOf(at, at + text.length),
    within: scalar,
    rangeOf: (from, to) => scalar.rangeOf(at + from, at + to),
  };
}

/** Characters of a line that are looked at before a place in a script: lines of generated text have no end. */
const LINE_BEFORE = 500;

/** The line of a text up to a place in it; undefined in a comment of a script. */
export function lineBefore(text: string, at: number): string | undefined {
  const near = text.slice(Math.max(0, at - LINE_BEFORE), at);
  const line = near.slice(near.lastIndexOf('\n') + 1);
  return /^\s*#/.test(line) ? undefined : line;
}
