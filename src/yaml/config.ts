import type { Document, Pair } from 'yaml';
import { invalidYaml } from './invalid.ts';
import { yamlPackage } from './package.ts';
import { type Position, positionOf } from './position.ts';
import { scanBlock } from './scan-block.ts';
import { TreeBuilder } from './tree.ts';
import type { YamlSource } from './types.ts';
import { coreValueOf } from './values.ts';
import { viewOfFile } from './view.ts';
import { writeBlock } from './write.ts';

/** A file of our own (configuration, lock): its value, and where each part of it stands. */
export interface ConfigDocument {
  /** Plain objects, arrays, strings, numbers, booleans, null (YAML 1.2 core schema); null for an empty file. */
  readonly value: unknown;
  /** Where the value at a path begins; undefined when there is none. The empty path is the whole document. */
  positionOfPath(path: readonly (string | number)[]): Position | undefined;
  /** Where the key that the path ends in stands; undefined for an index or an unknown path. */
  keyPositionOfPath(path: readonly (string | number)[]): Position | undefined;
}

/**
 * Reads a file of exactly one document. Throws `YAML_INVALID` with line and column, also for duplicate keys. The scanner reads what it can, and
 * the library tells places when somebody asks for one: a lock of 20 images took it 73 ms with its own loading, where the scanner takes 3, and
 * one of 10,000 images 2.4 s instead of 0.3.
 */
export function parseConfigDocument(source: YamlSource): ConfigDocument {
  const scanned = scanValue(source);
  if (scanned === undefined) return readWhole(source);
  let whole: ConfigDocument | undefined;
  const read = (): ConfigDocument => {
    whole ??= readWhole(source);
    return whole;
  };
  return {
    value: scanned.value,
    positionOfPath: (path) => read().positionOfPath(path),
    keyPositionOfPath: (path) => read().keyPositionOfPath(path),
  };
}

/** A second document, or an end that something may follow. */
const MARKER = /(?:^|\n)\.\.\.(?:[ \t\r\n]|$)|\n---(?:[ \t\r\n]|$)/;

/** The value, or undefined for what the scanner or the rules of its values decline. */
function scanValue({ text, start }: YamlSource): { readonly value: unknown } | undefined {
  if (MARKER.test(text.slice(start))) return undefined;
  const tree = new TreeBuilder(viewOfFile(text));
  return scanBlock(text, start, text.length, tree) ? coreValueOf(tree.root) : undefined;
}

function readWhole(source: YamlSource): ConfigDocument {
  const { isNode, parseDocument: readDocument } = yamlPackage();
  const text = source.bytes.toString('utf8', source.start);
  const offsetOf = (index: number) => source.start + Buffer.byteLength(text.slice(0, index));
  const at = (range: readonly number[] | null | undefined) =>
    range?.[0] === undefined ? undefined : positionOf(source, offsetOf(range[0]));
  const document = readDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    const several = error.code === 'MULTIPLE_DOCS';
    const reason = several ? 'the file holds several documents where one is expected' : error.message;
    throw invalidYaml(source, offsetOf(error.pos[0]), reason, 'show');
  }
  return {
    value: jsValue(source, document),
    positionOfPath: (path) => {
      const node = nodeAt(document, path);
      return isNode(node) ? at(node.range) : undefined;
    },
    keyPositionOfPath: (path) => {
      const key = pairAt(document, nodeAt(document, path.slice(0, -1)), path.at(-1))?.key;
      return isNode(key) ? at(key.range) : undefined;
    },
  };
}

function jsValue(source: YamlSource, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // aliases without an anchor, or that stand for too much
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidYaml(source, source.start, reason, 'hide');
  }
}

function nodeAt(document: Document.Parsed, path: readonly (string | number)[]): unknown {
  const { isAlias, isSeq } = yamlPackage();
  let node: unknown = document.contents;
  for (const step of path) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(holder)) node = typeof step === 'number' ? holder.items[step] : undefined;
    else node = pairAt(document, holder, step)?.value;
  }
  return node;
}

function pairAt(
  document: Document.Parsed,
  node: unknown,
  key: string | number | undefined,
): Pair | undefined {
  const { isAlias, isMap, isScalar } = yamlPackage();
  const map = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(map) || key === undefined) return undefined;
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

/**
 * The value as YAML: keys in the order given, no folded lines, no anchors, `undefined` left out. Strings that YAML 1.1 would
 * read as something else (`yes`, `1:30`, `0o7`) are quoted, because Kubernetes reads with its rules. Ends with a line break.
 */
export function stringifyYaml(value: unknown): string {
  return writeBlock(value, writeAlone) ?? yamlPackage().stringify(value, WRITING);
}

const WRITING = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

/** A string as the library writes it in a list, where that is one line. */
function writeAlone(text: string): string | undefined {
  const line = yamlPackage().stringify([text], WRITING);
  return line.indexOf('\n') === line.length - 1 ? line.slice(2, -1) : undefined;
}
