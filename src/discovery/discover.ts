import { SallyportError } from '../base/index.ts';
import {
  cutDocuments,
  type DocumentSlice,
  type MapNode,
  openSource,
  parseDocument,
  topLevel,
  type YamlNode,
  type YamlSource,
} from '../yaml/index.ts';
import type { KnownArgument } from './arguments.ts';
import { Collector, type OwnerObject, type Place } from './context.ts';
import { defaultsMayNameImages, schemaDefaults } from './crd.ts';
import type { Confidence, Discovery, ImageUse, ManifestFile } from './types.ts';
import { walk } from './walk.ts';

export interface DiscoverOptions {
  /** Default `likely`. */
  readonly minConfidence?: Confidence;
  /** Arguments that a profile knows to name images. */
  readonly knownArguments?: readonly KnownArgument[];
  readonly signal?: AbortSignal;
}

export interface Discovered {
  readonly discovery: Discovery;
  /** Files or documents that are no valid YAML, with their place; the others were looked through all the same. */
  readonly failures: readonly SallyportError[];
}

/** Finds every place that names an image. Uses come in file and byte order, each byte range once. */
export function discover(files: readonly ManifestFile[], options: DiscoverOptions = {}): Discovered {
  const knownFlags = new Set((options.knownArguments ?? []).map(({ flag }) => flag));
  const discovery = {
    uses: [] as ImageUse[],
    unresolved: [] as Collector['unresolved'],
    egress: [] as Collector['egress'],
  };
  const failures: SallyportError[] = [];
  const collect = (thrown: unknown): void => {
    if (!(thrown instanceof SallyportError)) throw thrown;
    failures.push(thrown);
  };
  for (const file of files) {
    options.signal?.throwIfAborted();
    try {
      const source = openSource(file);
      const collector = new Collector(source, options.minConfidence ?? 'likely');
      for (const document of cutDocuments(source)) {
        try {
          lookThrough(source, document, collector, knownFlags);
        } catch (thrown) {
          collect(thrown);
        }
      }
      discovery.uses.push(...collector.uses.sort((a, b) => a.range[0] - b.range[0]));
      discovery.unresolved.push(...collector.unresolved.sort((a, b) => a.range[0] - b.range[0]));
      discovery.egress.push(...collector.egress.sort((a, b) => a.range[0] - b.range[0]));
    } catch (thrown) {
      collect(thrown);
    }
  }
  return { discovery, failures };
}

function lookThrough(
  source: YamlSource,
  document: DocumentSlice,
  collector: Collector,
  knownFlags: ReadonlySet<string>,
): void {
  if (
    topLevel(source, document, 'kind') === 'CustomResourceDefinition' &&
    !defaultsMayNameImages(source, document)
  )
    return;
  const root = parseDocument(source, document);
  if (root === undefined) return;
  const collecting = { collector, knownFlags };
  for (const { node, path } of objectsIn(root, '')) {
    const owner = ownerOf(node, document.index);
    const place: Place = { owner, path, keys: [], embedded: false, crdDefault: false };
    if (owner.kind === 'CustomResourceDefinition' && node.type === 'map') {
      for (const found of schemaDefaults(node))
        walk(
          collecting,
          {
            ...place,
            path: path === '' ? found.path : `${path}.${found.path}`,
            keys: [found.property],
            crdDefault: true,
          },
          found.node,
          found.property,
        );
    } else walk(collecting, place, node, '');
  }
}

/** The objects of a document: itself, or the items of a List, each an object of its own. */
function objectsIn(root: YamlNode, path: string): { readonly node: YamlNode; readonly path: string }[] {
  if (root.type !== 'map') return [{ node: root, path }];
  const items = fieldOf(root, 'items');
  if (items?.type !== 'seq' || !(textOf(root, 'kind') ?? '').endsWith('List')) return [{ node: root, path }];
  return items.items.flatMap((item, index) => (item === undefined ? [] : objectsIn(item, `items[${index}]`)));
}

function ownerOf(node: YamlNode, document: number): OwnerObject {
  if (node.type !== 'map') return { document, kind: '', name: '', apiVersion: '' };
  const metadata = fieldOf(node, 'metadata');
  const meta = metadata?.type === 'map' ? metadata : undefined;
  const namespace = meta === undefined ? undefined : textOf(meta, 'namespace');
  return {
    document,
    kind: textOf(node, 'kind') ?? '',
    name: (meta === undefined ? undefined : (textOf(meta, 'name') ?? textOf(meta, 'generateName'))) ?? '',
    apiVersion: textOf(node, 'apiVersion') ?? '',
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function fieldOf(map: MapNode, key: string): YamlNode | undefined {
  return map.entries.find((entry) => entry.key === key)?.value;
}

function textOf(map: MapNode, key: string): string | undefined {
  const value = fieldOf(map, key);
  return value?.type === 'scalar' ? value.value : undefined;
}
