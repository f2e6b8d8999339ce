import {
  cutDocuments,
  type DocumentSlice,
  type MapNode,
  openSource,
  parseDocument,
  topLevel,
  type YamlSource,
} from '../yaml/index.ts';
import { itemPlaces, placeOfValue } from './edit/place.ts';
import { entryOf, textAt } from './edit/value.ts';

/** An object of a file with what edits need: its map and where the text of that map begins. */
export interface KubeObject {
  readonly document: DocumentSlice;
  /** Empty for objects that are documents of their own, `items[3]` for one of a List. */
  readonly path: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly node: MapNode;
  readonly from: number;
}

/** A file opened for edits. */
export interface OpenFile {
  readonly path: string;
  readonly source: YamlSource;
  readonly documents: readonly DocumentSlice[];
}

export function openFile(file: { readonly path: string; readonly bytes: Buffer }): OpenFile {
  const source = openSource(file);
  return { path: file.path, source, documents: cutDocuments(source) };
}

/**
 * The objects of the kinds that are asked for, those inside Lists too. The kind is searched before anything is parsed, so the
 * megabytes of CRDs cost nothing.
 */
export function objectsOf(file: OpenFile, kinds: ReadonlySet<string>): KubeObject[] {
  return file.documents.flatMap((document) => {
    const kind = topLevel(file.source, document, 'kind');
    if (kind !== undefined && !kinds.has(kind) && !kind.endsWith('List')) return [];
    return objectsIn(file, document).filter((object) => kinds.has(object.kind));
  });
}

/** The object of a document, or the objects of its List. */
export function objectsIn(file: OpenFile, document: DocumentSlice): KubeObject[] {
  const root = parseDocument(file.source, document);
  if (root?.type !== 'map') return [];
  const from = file.source.text.startsWith('---', document.start) ? document.start + 3 : document.start;
  const items = entryOf(root, 'items');
  const list = items?.value;
  if (items === undefined || list?.type !== 'seq' || textAt(root, 'kind')?.endsWith('List') !== true)
    return [describe(document, '', root, from)];
  const { text } = file.source;
  const place = placeOfValue(text, items);
  if (place.form === 'alias') return [];
  const starts =
    place.form === 'block' ? itemPlaces(text, list, place.start).map(({ dash }) => dash + 1) : [];
  return list.items.flatMap((item, index) => {
    if (item?.type !== 'map') return [];
    const start = starts[index] ?? braceBefore(text, item);
    return start === undefined ? [] : [describe(document, `items[${index}]`, item, start)];
  });
}

function describe(document: DocumentSlice, path: string, node: MapNode, from: number): KubeObject {
  return {
    document,
    path,
    apiVersion: textAt(node, 'apiVersion') ?? '',
    kind: textAt(node, 'kind') ?? '',
    name: textAt(node, 'metadata', 'name') ?? '',
    namespace: textAt(node, 'metadata', 'namespace'),
    node,
    from,
  };
}

/** An item of a list in flow form begins at the brace before its first key. */
function braceBefore(text: string, node: MapNode): number | undefined {
  const first = node.entries[0];
  if (first === undefined) return undefined;
  const brace = text.lastIndexOf('{', first.keyRange[0]);
  return brace === -1 ? undefined : brace;
}
