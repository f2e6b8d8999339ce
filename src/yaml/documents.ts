import { isBlankOrEnd, nextLine } from './chars.ts';
import { cutJsonStream } from './json-stream.ts';
import type { DocumentSlice, YamlSource } from './types.ts';
import { decodeUtf8 } from './view.ts';

/**
 * The documents of a file, in order. YAML 1.2.2 forbids a marker (`---`, `...`) at column 0 inside any scalar, so the cut needs
 * no parser. Documents of nothing but comments are dropped and get no index. Directives belong to the document behind them.
 * JSON values one after the other, as `jq` writes them, are documents each.
 */
export function cutDocuments(source: Pick<YamlSource, 'text' | 'start'>): DocumentSlice[] {
  const { text } = source;
  const slices: DocumentSlice[] = [];
  let pending = -1; // start of a run of directives that waits for its document
  for (const [start, end] of cutAtMarkers(text, source.start)) {
    const content = firstContent(text, start, end);
    if (content.at === -1) {
      if (content.directives && pending === -1) pending = start;
      else if (!content.directives) pending = -1;
      continue;
    }
    const from = pending === -1 ? start : pending;
    pending = -1;
    for (const [a, b] of cutJsonStream(text, content.at, from, end)) {
      slices.push({ index: slices.length, start: a, end: b });
    }
  }
  return slices;
}

/** Pieces that begin at `---` and end before the next one or behind a `...`. */
function* cutAtMarkers(text: string, from: number): Generator<readonly [number, number]> {
  const dashes = markers(text, '---', from);
  const dots = markers(text, '...', from);
  let start = from;
  let dash = dashes(from);
  let dot = dots(from);
  while (dash !== -1 || dot !== -1) {
    const isDash = dot === -1 || (dash !== -1 && dash < dot);
    const cut = isDash ? dash : nextLine(text, dot, text.length);
    if (cut > start) yield [start, cut];
    start = cut;
    if (isDash) dash = dashes(dash + 3);
    else dot = dots(dot + 3);
  }
  if (start < text.length) yield [start, text.length];
}

/** A search for the next line at or behind an index that begins with `marker` and a blank. */
function markers(text: string, marker: string, first: number): (from: number) => number {
  const needle = `\n${marker}`;
  const isMarker = (at: number) => isBlankOrEnd(text.charCodeAt(at + 3));
  return (from) => {
    if (from === first && text.startsWith(marker, from) && isMarker(from)) return from;
    for (let at = text.indexOf(needle, from); at !== -1; at = text.indexOf(needle, at + 4)) {
      if (isMarker(at + 1)) return at + 1;
    }
    return -1;
  };
}

interface Content {
  /** The first byte that is neither marker, comment, directive nor blank; -1 when there is none. */
  readonly at: number;
  readonly directives: boolean;
}

function firstContent(text: string, start: number, end: number): Content {
  let directives = false;
  let marked = false;
  for (let at = start; at < end; at = nextLine(text, at, end)) {
    let i = at;
    if (!marked && text.startsWith('---', at)) {
      marked = true;
      i = at + 3;
    } else if (text.charAt(at) === '%' && !marked) {
      directives = true;
      continue;
    } else if (text.startsWith('...', at) && nextLine(text, at, end) === end) continue;
    while (i < end && (text[i] === ' ' || text[i] === '\t' || text[i] === '\r')) i++;
    if (i < end && text[i] !== '\n' && text[i] !== '#') return { at: i, directives };
  }
  return { at: -1, directives };
}

/**
 * The value of a key at column 0 of a block document, by plain search without parsing; undefined when it is not there that
 * plainly (also for flow and JSON documents: parse those).
 */
export function topLevel(source: YamlSource, document: DocumentSlice, key: string): string | undefined {
  // a slice shares the text, and bounds the search to the document
  const slice = source.text.slice(document.start, document.end);
  const from = behindKey(slice, `${key}:`) ?? behindKey(slice, `"${key}":`);
  if (from === undefined) return undefined;
  const line = slice.slice(from, nextLine(slice, from, slice.length)).trim();
  const quoted = /^(?:"([^"\\]*)"|'([^']*)')\s*(?:#.*)?$/.exec(line);
  const plain = /^[^\s"'&*!|>{[#%@`]/.test(line) ? line.replace(/\s+#.*$/, '') : undefined;
  const value = quoted?.[1] ?? quoted?.[2] ?? plain;
  return value === undefined ? undefined : decodeUtf8(value);
}

/** Index behind `key` where a line begins with it and a blank follows. */
function behindKey(slice: string, key: string): number | undefined {
  const at = slice.startsWith(key) ? 0 : slice.indexOf(`\n${key}`) + 1;
  const behind = at + key.length;
  return slice.startsWith(key, at) && isBlankOrEnd(slice.charCodeAt(behind)) ? behind : undefined;
}
