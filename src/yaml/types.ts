/**
 * A file to look through. `text` has one character per byte (latin1 view), so that a string index is a byte offset
 * and no map is needed; whoever wants a value decodes that slice.
 */
export interface YamlSource {
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
  /** First byte after a byte-order mark. */
  readonly start: number;
}

/** One document of a multi-document file: [start, end) in bytes, the `---` line included. */
export interface DocumentSlice {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** [start, end) in bytes of the original file, also for nodes of text embedded in a scalar. */
export type ByteRange = readonly [start: number, end: number];

export type YamlNode = MapNode | SeqNode | ScalarNode;

export interface MapNode {
  readonly type: 'map';
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  readonly keyRange: ByteRange;
  /** Undefined for an empty value. An alias is the very node of its anchor. */
  readonly value: YamlNode | undefined;
}

export interface SeqNode {
  readonly type: 'seq';
  readonly items: readonly (YamlNode | undefined)[];
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface ScalarNode {
  readonly type: 'scalar';
  /** Quotes or block header included. */
  readonly range: ByteRange;
  readonly style: ScalarStyle;
  /** An explicit tag, written out (`tag:yaml.org,2002:str`); mostly absent. */
  readonly tag?: string | undefined;
  /** The decoded value; computed when first asked. */
  readonly value: string;
  /** For a scalar of embedded text: the scalar that holds that text. */
  readonly within?: ScalarNode | undefined;
  /** The bytes of the original file that hold the characters [from, to) of `value` (UTF-16 indices). */
  rangeOf(from: number, to: number): ByteRange;
}

/** Replaces the bytes [start, end) by `text` (UTF-8). */
export interface Edit {
  readonly range: ByteRange;
  readonly text: string;
}
