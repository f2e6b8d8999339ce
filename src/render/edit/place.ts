import type { MapEntry, MapNode, SeqNode, YamlNode } from '../../yaml/index.ts';

/**
 * Where a value stands in the text and in which form; the tree knows only where its scalars are.
 * `start` is the first byte of the value itself, `end` the byte behind its last one. For an empty value both are the place for it.
 */
export interface Place {
  readonly form: 'block' | 'flow' | 'scalar' | 'alias' | 'empty';
  readonly start: number;
  readonly end: number;
}

/** Thrown inside this folder when a form is so unusual that it is not edited in place; callers make a finding of it. */
export class CannotPlace extends Error {}

const GAPS = new Set([' ', '\t', '\r', '\n']);

/** The value of an entry: what stands behind its key's colon. */
export function placeOfValue(text: string, entry: MapEntry): Place {
  return placeOf(text, entry.value, behindColon(text, entry));
}

/** The place of a node that begins behind `from`. */
export function placeOf(text: string, node: YamlNode | undefined, from: number): Place {
  if (node === undefined) return { form: 'empty', start: from, end: from };
  const start = contentFrom(text, from);
  const first = text.charAt(start);
  if (first === '*') return { form: 'alias', start, end: tokenEnd(text, start) };
  if (node.type === 'scalar')
    return { form: 'scalar', start: node.range[0], end: scalarEnd(text, node.range) };
  if (first === '{' || first === '[') return { form: 'flow', start, end: flowEnd(text, start) };
  return {
    form: 'block',
    start,
    end: node.type === 'map' ? endOfBlockMap(text, node) : endOfBlockSeq(text, node, start),
  };
}

/** Behind the colon of a key; blanks and line breaks may stand before it (explicit keys, JSON). */
export function behindColon(text: string, entry: MapEntry): number {
  let at = entry.keyRange[1];
  while (GAPS.has(text.charAt(at))) at++;
  if (text.charAt(at) !== ':') throw new CannotPlace(`the key “${entry.key}” has no colon behind it`);
  return at + 1;
}

/** The dashes of a block sequence with the place of each item, in order. */
export function itemPlaces(text: string, node: SeqNode, start: number): readonly ItemPlace[] {
  const places: ItemPlace[] = [];
  let at = start;
  for (const item of node.items) {
    const dash = contentFrom(text, at);
    if (text.charAt(dash) !== '-') throw new CannotPlace('an item of a list has no dash');
    const place = placeOf(text, item, dash + 1);
    places.push({ dash, place });
    at = place.end;
  }
  return places;
}

export interface ItemPlace {
  readonly dash: number;
  readonly place: Place;
}

/** The first byte that is no white space, comment, anchor or tag. */
export function contentFrom(text: string, from: number): number {
  let at = from;
  for (;;) {
    const char = text.charAt(at);
    if (GAPS.has(char)) at++;
    else if (char === '#' && (at === 0 || GAPS.has(text.charAt(at - 1)))) at = lineEnd(text, at);
    else if (char === '&' || char === '!') at = tokenEnd(text, at);
    else return at;
  }
}

/** The line break (CRLF counts as one) that ends the line of `from`, or the end of the text. */
export function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  if (newline === -1) return text.length;
  return newline > from && text.charAt(newline - 1) === '\r' ? newline - 1 : newline;
}

/** The first byte of the line of `at`. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The column of a byte, as the number of bytes before it on its line; a byte-order mark does not count. */
export function columnOf(text: string, at: number): number {
  const start = lineStart(text, at);
  return at - start - (start === 0 && text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0);
}

function endOfBlockMap(text: string, node: MapNode): number {
  const last = node.entries.at(-1);
  if (last === undefined) throw new CannotPlace('a map in block form has no entry');
  return placeOfValue(text, last).end;
}

function endOfBlockSeq(text: string, node: SeqNode, start: number): number {
  const last = itemPlaces(text, node, start).at(-1);
  if (last === undefined) throw new CannotPlace('a list in block form has no item');
  return last.place.end;
}

/** A block scalar's range may take in the line breaks behind it; unless they are kept (`|+`) they are not its content. */
function scalarEnd(text: string, [start, end]: readonly [number, number]): number {
  const first = text.charAt(start);
  if (first !== '|' && first !== '>') return end;
  if (/^[|>][0-9]?\+/.test(text.slice(start, start + 3))) return end;
  let at = end;
  while (at > start && GAPS.has(text.charAt(at - 1))) at--;
  return at;
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !GAPS.has(text.charAt(at)) && !',]}'.includes(text.charAt(at))) at++;
  return at;
}

/** Behind the bracket that closes the one at `start`. Quotes open a scalar only where one may begin (`it's` does not). */
function flowEnd(text: string, start: number): number {
  let depth = 0;
  let fresh = true;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      depth--;
      if (depth === 0) return at + 1;
    } else if ((char === '"' || char === "'") && fresh) at = quoteEnd(text, at);
    else if (char === '#' && GAPS.has(text.charAt(at - 1))) at = lineEnd(text, at) - 1;
    if (!GAPS.has(char)) fresh = '{[,:'.includes(char);
  }
  throw new CannotPlace('a bracket is not closed');
}

function quoteEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && quote === '"') at++;
    else if (char === quote) {
      if (quote === "'" && text.charAt(at + 1) === "'") at++;
      else return at;
    }
  }
  throw new CannotPlace('a quote is not closed');
}
