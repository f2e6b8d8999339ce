import {
  type ByteRange,
  cutDocuments,
  openSource,
  parseDocument,
  type ScalarNode,
  type YamlNode,
  type YamlSource,
} from '../../src/yaml/index.ts';

export function sourceOf(text: string | Buffer, path = 'test.yaml'): YamlSource {
  return openSource({ path, bytes: Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf8') });
}

/** The trees of all documents of a text. */
export function readAll(text: string | Buffer): (YamlNode | undefined)[] {
  const source = sourceOf(text);
  return cutDocuments(source).map((document) => parseDocument(source, document));
}

/** The tree of a text of one document. */
export function readOne(text: string | Buffer): YamlNode {
  const [node] = readAll(text);
  if (node === undefined) throw new Error('the text holds no document');
  return node;
}

/** The values only, as plain data; nothing is null. */
export function plain(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.type === 'scalar') return node.value;
  if (node.type === 'seq') return node.items.map(plain);
  // entries, so that a key such as __proto__ is nothing special
  return new Map(node.entries.map((entry) => [entry.key, plain(entry.value)]));
}

/** The node at a path. */
export function at(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlNode | undefined {
  let here = node;
  for (const step of path) {
    if (here?.type === 'map') here = here.entries.find((entry) => entry.key === step)?.value;
    else if (here?.type === 'seq') here = here.items[Number(step)];
    else return undefined;
  }
  return here;
}

/** The scalar at a path; throws when something else is there. */
export function scalarAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): ScalarNode {
  const found = at(node, ...path);
  if (found?.type !== 'scalar') throw new Error(`no scalar at ${path.join('.')}`);
  return found;
}

/** Every scalar of a tree, keys left out. */
export function scalarsOf(node: YamlNode | undefined): ScalarNode[] {
  if (node === undefined) return [];
  if (node.type === 'scalar') return [node];
  const children = node.type === 'map' ? node.entries.map((entry) => entry.value) : node.items;
  return children.flatMap(scalarsOf);
}

export function bytesAt(text: string | Buffer, [start, end]: ByteRange): string {
  return Buffer.from(text).subarray(start, end).toString('utf8');
}
