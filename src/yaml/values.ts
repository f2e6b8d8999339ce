import type { ScalarNode, YamlNode } from './types.ts';

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Words that go-yaml v2 takes for booleans and null, and with it kubectl and the API server (sigs.k8s.io/yaml, goyaml.v2/resolve.go). */
const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...words(true, 'y yes on true'),
  ...words(false, 'n no off false'),
  ...words(null, 'null'),
  ['', null],
  ['~', null],
]);

const INTEGER = /^[-+]?(?:0b[01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

function words(value: boolean | null, list: string): [string, boolean | null][] {
  return list.split(' ').flatMap((word): [string, boolean | null][] => {
    const title = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
    return [word, title, word.toUpperCase()].map((form) => [form, value]);
  });
}

/**
 * The JSON value of a node as kubectl reads it, YAML 1.1 words and octal numbers included: what a manifest means, as opposed to its text.
 * An empty value is null. Integers beyond 2⁵³ lose their last digits, as in every JSON reader that knows doubles only.
 */
export function jsonValueOf(node: YamlNode | undefined): JsonValue {
  if (node === undefined) return null;
  if (node.type === 'seq') return node.items.map(jsonValueOf);
  if (node.type === 'scalar') return scalarValue(node);
  const value: Record<string, JsonValue> = {};
  for (const { key, value: member } of node.entries) {
    // assignment would set the prototype instead
    if (key === '__proto__')
      Object.defineProperty(value, key, { value: jsonValueOf(member), enumerable: true });
    else value[key] = jsonValueOf(member);
  }
  return value;
}

function scalarValue(node: ScalarNode): JsonValue {
  const { style, tag, value } = node;
  if (tag === 'tag:yaml.org,2002:str' || tag === 'tag:yaml.org,2002:binary') return value;
  if (style !== 'plain' && tag === undefined) return value;
  const word = WORDS.get(value);
  if (word !== undefined) return word;
  if (INTEGER.test(value)) return integer(value);
  return FLOAT.test(value) ? Number(value) : value;
}

/** Go's ParseInt with base 0, underscores removed: a leading 0 alone means octal. */
function integer(text: string): number {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  const octal = /^0o?([0-7]+)$/.exec(digits);
  const size = octal === null ? Number(digits) : Number.parseInt(octal[1] ?? '', 8);
  return negative && size !== 0 ? -size : size;
}

const CORE_WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/** A plain scalar of the YAML 1.2 core schema (YAML 1.2.2 section 10.3.2); undefined for the numbers that no file of ours has: octal, hexadecimal, not finite. */
function coreScalar(text: string): string | number | boolean | null | undefined {
  const word = CORE_WORDS.get(text);
  if (word !== undefined) return word;
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  return /^(?:0[ox][0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text) ? undefined : text;
}

/**
 * The value of a node by the rules of YAML 1.2: what a file of our own means. Undefined where those rules need more than the text of a plain
 * scalar: tags, numbers of rare forms, keys that are no strings.
 */
export function coreValueOf(node: YamlNode | undefined): { readonly value: JsonValue } | undefined {
  try {
    return { value: coreValue(node) };
  } catch (error) {
    if (error instanceof Rare) return undefined;
    throw error;
  }
}

class Rare extends Error {}

function coreValue(node: YamlNode | undefined): JsonValue {
  if (node === undefined) return null;
  if (node.type === 'seq') return node.items.map(coreValue);
  if (node.type === 'scalar') {
    if (node.tag !== undefined) throw new Rare();
    const value = node.style === 'plain' ? coreScalar(node.value) : node.value;
    if (value === undefined) throw new Rare();
    return value;
  }
  const value: Record<string, JsonValue> = {};
  for (const { key, value: member } of node.entries) {
    // Quoted or not is not known of a key, and assignment to this one would set the prototype.
    if (coreScalar(key) !== key || key === '__proto__') throw new Rare();
    value[key] = coreValue(member);
  }
  return value;
}
