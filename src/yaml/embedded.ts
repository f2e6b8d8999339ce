import { cutDocuments } from './documents.ts';
import { readView } from './parse.ts';
import type { ScalarNode, YamlNode } from './types.ts';
import { isAscii, type View } from './view.ts';

/** The first line that is not blank or comment is an item, a key, a document marker or a directive. */
const LIKE_BLOCK_YAML =
  /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:---\s|%YAML\s| *(?:-(?=\s)|"[^"\n]*" *:\s|'[^'\n]*' *:\s|[^\s#:{}[\],*|>'"%@`][^\n]*?:\s))/;
/**
 * The documents of the text that a scalar holds, if that text is JSON (an object or array) or block YAML of several lines (a map
 * or sequence): trees whose ranges are bytes of the file, through every level of escaping. Documents that do not parse or are
 * plain text are left out. Other strings cost a look at their beginning.
 */
export function parseEmbeddedAll(scalar: ScalarNode): YamlNode[] {
  // a plain scalar cannot begin with a bracket, and folding leaves it no lines
  if (scalar.style === 'plain') return [];
  const { value } = scalar;
  if (!(isLikeFlow(value) || (value.includes('\n') && LIKE_BLOCK_YAML.test(value)))) return [];
  const view = viewInside(scalar);
  const nodes: YamlNode[] = [];
  for (const { start, end } of cutDocuments({ text: view.text, start: 0 })) {
    const read = readView(view, start, end);
    if ('node' in read && read.node !== undefined && isStructure(read.node)) nodes.push(read.node);
  }
  return nodes;
}

/** The same for one document; several become the items of a sequence, none is undefined. */
export function parseEmbedded(scalar: ScalarNode): YamlNode | undefined {
  const nodes = parseEmbeddedAll(scalar);
  return nodes.length > 1 ? { type: 'seq', items: nodes } : nodes[0];
}

function isLikeFlow(value: string): boolean {
  const text = value.trim();
  return (text.startsWith('{') && text.endsWith('}')) || (text.startsWith('[') && text.endsWith(']'));
}

/** `{x}` and `{{ x }}` are read as maps with keys and no values: those are templates, not data. */
function isStructure(node: YamlNode): boolean {
  if (node.type === 'map') return node.entries.some((entry) => entry.value !== undefined);
  return node.type === 'seq' && node.items.some((item) => item !== undefined);
}

function viewInside(scalar: ScalarNode): View {
  const { value } = scalar;
  const text = Buffer.from(value, 'utf8').toString('latin1');
  if (text.length === value.length && isAscii(text)) {
    return { text, holder: scalar, toFile: (start, end) => scalar.rangeOf(start, end) };
  }
  let indices: Uint32Array | undefined;
  return {
    text,
    holder: scalar,
    toFile: (start, end) => {
      indices ??= charIndices(value, text.length);
      return scalar.rangeOf(indices[start] ?? 0, indices[end] ?? 0);
    },
  };
}

/** Per byte of the UTF-8 form, and for its end, the index of the character in the string. */
function charIndices(value: string, bytes: number): Uint32Array {
  const indices = new Uint32Array(bytes + 1);
  let index = 0;
  let at = 0;
  for (const character of value) {
    const size = Buffer.byteLength(character);
    indices.fill(index, at, at + size);
    at += size;
    index += character.length;
  }
  indices[at] = index;
  return indices;
}
