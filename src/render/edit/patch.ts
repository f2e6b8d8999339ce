import type { Edit, MapEntry, MapNode, YamlNode } from '../../yaml/index.ts';
import { blockLines, entryLines, inlineText, isScalarLike, itemLines } from './block-text.ts';
import {
  behindColon,
  CannotPlace,
  columnOf,
  itemPlaces,
  lineEnd,
  lineStart,
  type Place,
  placeOf,
  placeOfValue,
} from './place.ts';
import { entryOf, equal, isObject, type Json, mergePatch, readValue } from './value.ts';

/** The text that is edited: one character per byte, with the line break that the file uses. */
export interface EditedText {
  readonly text: string;
  readonly newline: '\n' | '\r\n';
}

export function editedText(text: string): EditedText {
  return { text, newline: /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n' };
}

/**
 * The edits that make a JSON merge patch (RFC 7396) of a block or flow map in place: only what differs is touched, new keys
 * come at the end of their map, comments and order stay. `from` is where the map's text begins (the document, or behind a colon).
 * Throws `CannotPlace` for maps that come from an anchor elsewhere.
 */
export function patchEdits(
  edited: EditedText,
  node: YamlNode | undefined,
  from: number,
  patch: Json,
): Edit[] {
  if (node?.type !== 'map' || !isObject(patch)) throw new CannotPlace('only a map can be patched');
  return patchMap(edited, node, placeOf(edited.text, node, from), patch);
}

function patchMap(
  edited: EditedText,
  node: MapNode,
  place: Place,
  patch: { readonly [key: string]: Json },
): Edit[] {
  if (place.form === 'alias')
    throw new CannotPlace('the map is an alias; changing it would change its anchor too');
  // commas on either side make removals from a flow map depend on each other: it is written anew
  if (
    place.form === 'flow' &&
    Object.entries(patch).some(([key, value]) => value === null && entryOf(node, key))
  )
    return [{ range: [place.start, place.end], text: JSON.stringify(mergePatch(readValue(node), patch)) }];
  const edits: Edit[] = [];
  const added: [string, Json][] = [];
  for (const [key, wanted] of Object.entries(patch)) {
    const entry = entryOf(node, key);
    if (entry === undefined) {
      // a patch may hold nulls for keys that are not there; merging takes them out
      if (wanted !== null) added.push([key, mergePatch(null, wanted)]);
    } else if (wanted === null) edits.push(removal(edited, node, entry));
    else edits.push(...change(edited, entry, place, wanted));
  }
  if (added.length === 0) return edits;
  const more = addition(edited, node, place, added);
  // the last entry may be the one that goes: then the new lines take its place
  const around = edits.findIndex(({ range: [start, end] }) => start < more.range[0] && more.range[0] < end);
  const gone = edits[around];
  if (gone === undefined) return [...edits, more];
  return edits.with(around, {
    range: gone.range,
    text: gone.text + more.text.slice(edited.newline.length) + edited.newline,
  });
}

/**
 * Edits of several makers as one list: insertions at one place are joined in the order given (inner maps before outer ones),
 * and an insertion before a replaced range becomes part of it.
 */
export function joinEdits(edits: readonly Edit[]): Edit[] {
  const joined = new Map<number, Edit>();
  for (const edit of edits) {
    const [start, end] = edit.range;
    const other = joined.get(start);
    if (other === undefined) joined.set(start, edit);
    else if (other.range[1] === end && other.text === edit.text && end > start) continue;
    else if (other.range[1] > start && end > start)
      throw new CannotPlace(`two changes at byte ${start} disagree`);
    else {
      const insertedFirst = other.range[1] === start;
      const text = insertedFirst ? other.text + edit.text : edit.text + other.text;
      joined.set(start, { range: [start, Math.max(end, other.range[1])], text });
    }
  }
  return [...joined.values()].sort((a, b) => a.range[0] - b.range[0]);
}

function change(edited: EditedText, entry: MapEntry, parent: Place, wanted: Json): Edit[] {
  const { text } = edited;
  const place = placeOfValue(text, entry);
  const before = readValue(entry.value);
  const after = mergePatch(before, wanted);
  if (equal(before, after)) return [];
  if (entry.value?.type === 'map' && isObject(wanted) && entry.value.entries.length > 0 && !isEmpty(after))
    return patchMap(edited, entry.value, place, wanted);
  return [replacement(edited, entry, parent, place, after)];
}

/** The whole value anew: on the key's line, or as lines below it. */
function replacement(edited: EditedText, entry: MapEntry, parent: Place, place: Place, value: Json): Edit {
  const { text, newline } = edited;
  const colon = behindColon(text, entry);
  if (parent.form === 'flow')
    return { range: [place.start, place.end], text: glue(place, JSON.stringify(value)) };
  if (isScalarLike(value)) {
    const inline = inlineText(value);
    return place.form === 'block'
      ? { range: [colon, place.end], text: ` ${inline}` }
      : { range: [place.start, place.end], text: glue(place, inline) };
  }
  const indent = columnOf(text, entry.keyRange[0]);
  const lines = blockLines(value, Array.isArray(value) ? indent : indent + 2);
  return { range: [colon, place.end], text: `${newline}${lines.join(newline)}` };
}

/** An empty value has no blank before it. */
function glue(place: Place, inline: string): string {
  return place.form === 'empty' ? ` ${inline}` : inline;
}

function addition(edited: EditedText, node: MapNode, place: Place, added: readonly [string, Json][]): Edit {
  const { text, newline } = edited;
  const [first] = node.entries;
  if (place.form === 'flow' || first === undefined) {
    const pairs = added.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    if (first === undefined) return { range: [place.start + 1, place.start + 1], text: pairs.join(', ') };
    const at = first.keyRange[0];
    const gap = text.slice(place.start + 1, at);
    const between = `,${/^\s+$/.test(gap) ? gap : ' '}`;
    return { range: [at, at], text: pairs.map((pair) => pair + between).join('') };
  }
  const indent = columnOf(text, first.keyRange[0]);
  const lines = added.flatMap(([key, value]) => entryLines(key, value, indent));
  return linesAfter(edited, place.end, lines, newline);
}

/** Lines below the one on which `end` stands. */
function linesAfter({ text }: EditedText, end: number, lines: readonly string[], newline: string): Edit {
  // a block scalar that keeps its line breaks ends where the next line begins
  if (end > 0 && text.charAt(end - 1) === '\n')
    return { range: [end, end], text: lines.map((line) => line + newline).join('') };
  const at = lineEnd(text, end);
  return { range: [at, at], text: lines.map((line) => newline + line).join('') };
}

/** The lines of an entry of a block map. */
function removal(edited: EditedText, node: MapNode, entry: MapEntry): Edit {
  const { text } = edited;
  const next = node.entries[node.entries.indexOf(entry) + 1];
  const key = entry.keyRange[0];
  // behind a dash there is no line of its own to take out
  if (!/^[ \t\u00ef\u00bb\u00bf]*$/.test(text.slice(lineStart(text, key), key))) {
    if (next === undefined) throw new CannotPlace(`“${entry.key}” is the only key of its map`);
    return { range: [key, next.keyRange[0]], text: '' };
  }
  const end = lineEnd(text, placeOfValue(text, entry).end);
  const behind = text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length);
  return { range: [lineStart(text, key), behind], text: '' };
}

function isEmpty(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/**
 * The edits that add items at the end of the list under `key` of a map, which gets the key when it has none. A list in flow form
 * gets them at its beginning, where no comment or trailing comma can be in the way. Throws `CannotPlace` for an alias.
 */
export function appendEdits(
  edited: EditedText,
  map: MapNode,
  from: number,
  key: string,
  items: readonly Json[],
): Edit[] {
  const { text, newline } = edited;
  if (items.length === 0) return [];
  const entry = entryOf(map, key);
  const list = entry?.value;
  if (entry === undefined || list?.type !== 'seq' || list.items.length === 0) {
    const held = readValue(list);
    if (held !== null && !(Array.isArray(held) && held.length === 0))
      throw new CannotPlace(`“${key}” holds no list`);
    return patchEdits(edited, map, from, { [key]: items });
  }
  const place = placeOfValue(text, entry);
  if (place.form === 'alias')
    throw new CannotPlace(`“${key}” is an alias; changing it would change its anchor too`);
  if (place.form === 'flow') {
    const gap = /^\s*/.exec(text.slice(place.start + 1))?.[0] ?? '';
    const at = place.start + 1 + gap.length;
    const inline = items.map((item) => `${JSON.stringify(item)},${gap === '' ? ' ' : gap}`).join('');
    return [{ range: [at, at], text: inline }];
  }
  const [first] = itemPlaces(text, list, place.start);
  if (first === undefined) throw new CannotPlace(`“${key}” holds no list`);
  const indent = columnOf(text, first.dash);
  const lines = items.flatMap((item) => itemLines(item, indent));
  return [linesAfter(edited, place.end, lines, newline)];
}
