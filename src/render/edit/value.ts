import type { YamlNode } from '../../yaml/index.ts';

/** A value as JSON has it: what manifests and patches are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Anything from a configuration as JSON; what JSON cannot hold (functions, undefined) is left out. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

/** YAML 1.2 core schema 10.3.2, with the one exception that Kubernetes' decoder knows: nothing else than these is not a string. */
const NUMBER = /^[-+]?(?:0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/;

/** The value of a node. */
export function readValue(node: YamlNode | undefined): Json {
  if (node === undefined) return null;
  if (node.type === 'map')
    return Object.fromEntries(node.entries.map((entry) => [entry.key, readValue(entry.value)]));
  if (node.type === 'seq') return node.items.map(readValue);
  if (node.style !== 'plain') return node.value;
  const { value } = node;
  if (value === '' || value === '~' || /^(?:null|Null|NULL)$/.test(value)) return null;
  if (/^(?:true|True|TRUE)$/.test(value)) return true;
  if (/^(?:false|False|FALSE)$/.test(value)) return false;
  return NUMBER.test(value) ? Number(value) : value;
}

export function equal(a: Json, b: Json): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b)) return false;
    return a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => key in b && equal(a[key] ?? null, b[key] ?? null))
    );
  }
  return a === b;
}

/** RFC 7396. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key] ?? null, value);
  }
  return merged;
}

/** The entry of a map node, if it has one of that name. */
export function entryOf(node: YamlNode | undefined, key: string) {
  return node?.type === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** The node below a node by keys and indices. */
export function nodeAt(node: YamlNode | undefined, path: readonly (string | number)[]): YamlNode | undefined {
  let at = node;
  for (const step of path) {
    if (at?.type === 'seq' && typeof step === 'number') at = at.items[step];
    else if (at?.type === 'map' && typeof step === 'string') at = entryOf(at, step)?.value;
    else return undefined;
  }
  return at;
}

/** The text of a scalar below a node; undefined when it is not there or no scalar. */
export function textAt(node: YamlNode | undefined, ...path: (string | number)[]): string | undefined {
  const found = nodeAt(node, path);
  return found?.type === 'scalar' ? found.value : undefined;
}
