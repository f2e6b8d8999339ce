import { cutDocuments, openSource, parseDocument, type YamlNode } from '../../yaml/index.ts';

/** The documents of a file that mention `marker`, parsed: manifests have megabytes of schemas that say nothing here. */
export function documentsWith(
  file: { readonly path: string; readonly bytes: Buffer },
  marker: string,
): (YamlNode | undefined)[] {
  const source = openSource(file);
  return cutDocuments(source)
    .filter(({ start, end }) => source.bytes.subarray(start, end).includes(marker))
    .map((document) => parseDocument(source, document));
}

export function at(node: YamlNode | undefined, ...path: readonly string[]): YamlNode | undefined {
  let here = node;
  for (const key of path)
    here = here?.type === 'map' ? here.entries.find((entry) => entry.key === key)?.value : undefined;
  return here;
}

export function text(node: YamlNode | undefined, ...path: readonly string[]): string | undefined {
  const found = at(node, ...path);
  return found?.type === 'scalar' ? found.value : undefined;
}

/** Every `name` with a `value` of environment lists, wherever they stand; an anchored one counts once. */
export function environmentOf(
  root: YamlNode | undefined,
): { readonly name: string; readonly value: string }[] {
  const seen = new Set<YamlNode>();
  const visit = (node: YamlNode | undefined): { name: string; value: string }[] => {
    if (node === undefined || node.type === 'scalar' || seen.has(node)) return [];
    seen.add(node);
    if (node.type === 'seq') return node.items.flatMap(visit);
    const name = text(node, 'name');
    const value = text(node, 'value');
    const own = name === undefined || value === undefined ? [] : [{ name, value }];
    return [...own, ...node.entries.flatMap((entry) => visit(entry.value))];
  };
  return visit(root);
}
