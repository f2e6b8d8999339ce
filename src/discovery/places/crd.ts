import type { DocumentSlice, MapNode, YamlNode, YamlSource } from '../../yaml/index.ts';

/** Anything that could be a reference, looser than any of them: a slash and later a colon or at sign, or a host before the slash. */
const LOOSE =
  /[a-z0-9][\w.-]*(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+|@sha256:)|[a-z0-9-]\.[a-z][\w.-]*\/[a-z0-9]/i;

/**
 * Whether some `default:` of a schema could hold a reference; a superset, so that the schema needs to be read only then. Schemas are by far
 * the largest part of an operator's manifests and hardly ever hold one.
 */
export function defaultsMayNameImages(source: YamlSource, document: DocumentSlice): boolean {
  const { text } = source;
  for (
    let at = text.indexOf('default', document.start);
    at !== -1 && at < document.end;
    at = text.indexOf('default', at + 7)
  ) {
    const colon = /^["']?[ \t]*:/.exec(text.slice(at + 7, at + 20));
    if (colon === null) continue;
    const from = at + 7 + colon[0].length;
    let lineEnd = text.indexOf('\n', from);
    if (lineEnd === -1 || lineEnd > document.end) lineEnd = document.end;
    let value = text.slice(from, lineEnd);
    const bare = value.trim();
    if (bare === '' || /^[{[|>]/.test(bare))
      value = text.slice(from, deeperLines(text, at, lineEnd, document.end));
    if (value.includes('/') && LOOSE.test(value)) return true;
  }
  return false;
}

/** The end of the lines below a key that are indented deeper than it, or are items of a list at its indentation. */
function deeperLines(text: string, key: number, lineEnd: number, end: number): number {
  const indent = key - (text.lastIndexOf('\n', key) + 1);
  let pos = lineEnd + 1;
  while (pos < end) {
    let at = pos;
    while (text.charCodeAt(at) === 32) at++;
    const code = text.charCodeAt(at);
    if (code !== 10 && code !== 13 && at - pos <= indent && !(at - pos === indent && code === 45)) break;
    const next = text.indexOf('\n', at);
    pos = next === -1 ? end : next + 1;
  }
  return Math.min(pos, end);
}

/** The `default` values of a CRD's schemas with the paths to them, and the key each belongs to. */
export function schemaDefaults(
  root: MapNode,
): { readonly node: YamlNode; readonly path: string; readonly property: string }[] {
  const found: { node: YamlNode; path: string; property: string }[] = [];
  const visit = (node: YamlNode | undefined, path: string, property: string, inSchema: boolean): void => {
    if (node?.type === 'seq')
      for (const [index, item] of node.items.entries()) visit(item, `${path}[${index}]`, property, inSchema);
    if (node?.type !== 'map') return;
    for (const { key, value } of node.entries) {
      const here = `${path}.${key}`;
      if (inSchema && key === 'properties' && value?.type === 'map') {
        for (const entry of value.entries) visit(entry.value, `${here}.${entry.key}`, entry.key, true);
      } else if (inSchema && key === 'default') {
        if (value !== undefined) found.push({ node: value, path: here, property });
      } else visit(value, here, property, inSchema || key === 'openAPIV3Schema');
    }
  };
  const spec = root.entries.find((entry) => entry.key === 'spec')?.value;
  visit(spec, 'spec', '', false);
  return found;
}
