import type { Document, Pair, YAMLParseError } from 'yaml';
import { yamlPackage } from './package.ts';
import { TextScalar } from './scalar.ts';
import { blockHeader } from './scan-block-scalar.ts';
import type { ByteRange, MapEntry, MapNode, ScalarStyle, YamlNode } from './types.ts';
import { decodeUtf8, type View } from './view.ts';

/** A fault in the text: what is wrong at which offset of the view. */
export interface Problem {
  readonly offset: number;
  readonly reason: string;
}

/** Nodes that a document may have with its aliases written out; kubectl's decoder has such a bound too. */
const EXPANDED_LIMIT = 1_000_000;

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  scalar: 'plain',
  'single-quoted-scalar': 'single',
  'double-quoted-scalar': 'double',
};

/**
 * Reads a document with the YAML library: the way for everything that our scanner declines. Aliases become the node of their
 * anchor, merge keys (`<<`) are expanded behind the entries that are written out.
 */
export function readWithLibrary(
  view: View,
  start: number,
  end: number,
): { readonly node: YamlNode | undefined } | Problem {
  const deep = deepBracket(view.text, start, end);
  if (deep !== -1) return { offset: deep, reason: 'the nesting is too deep' };
  try {
    const document = readLeniently(view.text.slice(start, end));
    const [error] = document.errors;
    if (error !== undefined) return problemOf(document, error, start);
    return { node: new Converter(view, start).convert(document.contents).node };
  } catch (error) {
    if (error instanceof Fault) return { offset: error.offset, reason: error.message };
    // the library recurses; so do readers of the tree
    if (error instanceof RangeError) return { offset: start, reason: 'the nesting is too deep' };
    throw error;
  }
}

/**
 * Open brackets at the same time. The library recurses, and V8 ends the whole process when the stack is full while it compiles an
 * expression, which nothing can catch. Brackets in strings are counted too: no manifest has so many left open.
 */
const BRACKETS_LIMIT = 500;

/** Where brackets are nested too deeply; -1 when they are not. */
function deepBracket(text: string, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) {
      if (++depth > BRACKETS_LIMIT) return at;
    } else if ((code === 93 || code === 125) && depth > 0) depth--;
  }
  return -1;
}

/** Flow collections that are mended in one document; more of them is no manifest. */
const MENDS = 100;

/**
 * Inside brackets indentation means nothing to libyaml and go-yaml, so that kubectl reads text which the specification and the library
 * refuse (a `]` left of the key that holds it). Such a collection is read as if it stood on one line; offsets stay.
 */
function readLeniently(text: string): Document.Parsed {
  const { isScalar, parseDocument: readDocument } = yamlPackage();
  let read = text;
  for (let mends = 0; ; mends++) {
    const document = readDocument(read, {
      // strings only: manifests are read as text, whatever a value would be
      schema: 'failsafe',
      keepSourceTokens: true,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: (a, b) => isScalar(a) && isScalar(b) && a.value === b.value && a.value !== '<<',
    });
    const error = document.errors.find(
      ({ code, message }) => code === 'BAD_INDENT' && message.startsWith('Flow '),
    );
    if (error === undefined || mends === MENDS) return document;
    const [opened, close] = bracketsAround(read, error.pos[0]);
    if (close === -1) return document;
    const mended = read.slice(opened, close).replace(/[\r\n]/g, ' ');
    if (mended === read.slice(opened, close)) return document;
    read = read.slice(0, opened) + mended + read.slice(close);
  }
}

/** The innermost brackets that were opened before `at` and are closed behind it; [-1, -1] when there are none. */
function bracketsAround(text: string, at: number): readonly [open: number, close: number] {
  for (let open = at; open >= 0; open--) {
    if (text[open] !== '[' && text[open] !== '{') continue;
    const close = bracketEnd(text, open);
    if (close >= at) return [open, close];
  }
  return [-1, -1];
}

/** Behind the bracket that closes the one at `from`, quotes and comments regarded; -1 when there is none, or a comment that would swallow the rest. */
function bracketEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || (character === "'" && /[\s,[{:]/.test(text[at - 1] ?? ' '))) {
      const close = closingQuote(text, at);
      if (close === -1) return -1;
      at = close;
    } else if (character === '#' && /\s/.test(text[at - 1] ?? '')) return -1;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function closingQuote(text: string, from: number): number {
  const quote = text[from];
  for (let at = from + 1; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (quote === "'" && text[at + 1] === "'") at++;
      else return at;
    }
  }
  return -1;
}

/** The library points to where a quote or bracket is missing, often the end of the file; where it was opened says more. */
function problemOf(document: Document.Parsed, error: YAMLParseError, start: number): Problem {
  const [at] = error.pos;
  const reason = decodeUtf8(error.message);
  const opened = /^Missing closing|^Flow (?:map|sequence) /.test(reason) ? openedAt(document, at) : -1;
  return opened === -1
    ? { offset: start + at, reason }
    : { offset: start + opened, reason: `${reason} (opened here)` };
}

/** Where the innermost quote or bracket was opened that reaches `at`; -1 for none. */
function openedAt(document: Document.Parsed, at: number): number {
  const { isCollection, isScalar, visit } = yamlPackage();
  let opened = -1;
  visit(document, {
    Node: (_, node) => {
      const isOpen = (isScalar(node) && node.type?.startsWith('QUOTE')) || (isCollection(node) && node.flow);
      if (isOpen === true && node.range !== null && node.range !== undefined && node.range[1] >= at)
        opened = node.range[0];
    },
  });
  return opened;
}

class Fault extends Error {
  readonly offset: number;
  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

interface Converted {
  readonly node: YamlNode | undefined;
  /** Nodes in it, those of aliases counted again. */
  readonly weight: number;
}

class Converter {
  private readonly yaml = yamlPackage();
  private readonly anchors = new Map<string, Converted>();
  private readonly view: View;
  private readonly base: number;
  private total = 0;

  constructor(view: View, base: number) {
    this.view = view;
    this.base = base;
  }

  convert(node: unknown): Converted {
    if (this.yaml.isAlias(node)) {
      const offset = this.base + (node.range?.[0] ?? 0);
      const known = this.anchors.get(node.source);
      if (known === undefined)
        throw new Fault(offset, `the alias *${decodeUtf8(node.source)} has no anchor before it`);
      this.total += known.weight;
      if (this.total > EXPANDED_LIMIT) throw new Fault(offset, 'the aliases stand for too many nodes');
      return known;
    }
    const before = this.total++;
    const made = this.yaml.isMap(node)
      ? this.map(node.items)
      : this.yaml.isSeq(node)
        ? this.sequence(node.items)
        : this.scalar(node);
    const converted = { node: made, weight: this.total - before };
    const anchor =
      this.yaml.isMap(node) || this.yaml.isSeq(node) || this.yaml.isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, converted);
    return converted;
  }

  private scalar(node: unknown): TextScalar | undefined {
    if (!this.yaml.isScalar(node) || node.srcToken === undefined || !node.range) return undefined;
    const token = node.srcToken;
    const [from, to] = node.range;
    const start = this.base + from;
    const end = this.base + to;
    if (token.type === 'block-scalar') {
      const style = this.view.text.startsWith('|', start) ? 'literal' : 'folded';
      const indicator = blockHeader(this.view.text, start)?.indicator ?? 0;
      // a block scalar at the top of a document counts its indentation from column 0
      const indent = indicator === 0 ? firstIndent(token.source) : Math.max(token.indent, 0) + indicator;
      return new TextScalar(this.view, start, end, style, indent, node.tag);
    }
    const style = STYLES[token.type];
    return style === undefined || from === to
      ? undefined
      : new TextScalar(this.view, start, end, style, 0, node.tag);
  }

  private sequence(items: readonly unknown[]): YamlNode {
    // `[a: b]` is a map of one entry
    return {
      type: 'seq',
      items: items.map((item) => (this.yaml.isPair(item) ? this.map([item]) : this.convert(item).node)),
    };
  }

  private map(pairs: readonly Pair[]): MapNode {
    const entries: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const pair of pairs) {
      const { key, keyRange } = this.key(pair.key);
      const { node: value } = this.convert(pair.value);
      const isMerge = key === '<<' && this.yaml.isScalar(pair.key) && pair.key.type === 'PLAIN';
      if (isMerge) merged.push(...this.mergedEntries(value, pair.key));
      else entries.push({ key, keyRange, value });
    }
    if (merged.length === 0) return { type: 'map', entries };
    const names = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (!names.has(entry.key)) entries.push(entry);
      names.add(entry.key);
    }
    return { type: 'map', entries };
  }

  private mergedEntries(value: YamlNode | undefined, key: unknown): readonly MapEntry[] {
    const maps = value?.type === 'seq' ? value.items : [value];
    return maps.flatMap((map) => {
      if (map?.type === 'map') return map.entries;
      const offset = this.base + (this.yaml.isScalar(key) ? (key.range?.[0] ?? 0) : 0);
      throw new Fault(offset, 'a merge key needs a map or a list of maps');
    });
  }

  private key(key: unknown): { readonly key: string; readonly keyRange: ByteRange } {
    const { node } = this.convert(key);
    const at =
      this.yaml.isScalar(key) || this.yaml.isAlias(key) || this.yaml.isMap(key) || this.yaml.isSeq(key)
        ? key.range
        : undefined;
    const start = this.base + (at?.[0] ?? 0);
    const end = this.base + (at?.[1] ?? 0);
    if (node?.type === 'scalar') {
      return {
        key: node.value,
        keyRange: this.yaml.isAlias(key) ? this.view.toFile(start, end) : node.range,
      };
    }
    // kubectl takes no collections as keys; their text is good enough to be shown
    return { key: decodeUtf8(this.view.text.slice(start, end)), keyRange: this.view.toFile(start, end) };
  }
}

/** Indentation of the first line that is not blank. */
function firstIndent(lines: string): number {
  return /^(?: *\r?\n)*( *)/.exec(lines)?.[1]?.length ?? 0;
}
