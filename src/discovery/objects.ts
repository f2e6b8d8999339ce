import type { MapNode, YamlNode } from '../yaml/index.ts';
import type { OwnerObject } from './place.ts';

export interface FoundObject {
  readonly node: YamlNode;
  /** The way to it in its document. */
  readonly path: string;
  readonly owner: OwnerObject;
}

/** Keys that hold objects of their own: Kubernetes lists, and OpenShift templates. */
const HOLDERS: readonly { readonly key: string; readonly isHolder: (kind: string) => boolean }[] = [
  { key: 'items', isHolder: (kind) => kind.endsWith('List') },
  { key: 'objects', isHolder: (kind) => kind === 'Template' },
];

/** The objects of a document: itself, and those that a list or template in it holds. The holder comes first, without them. */
export function objectsIn(root: YamlNode, document: number, path = ''): readonly FoundObject[] {
  const own = { node: root, path, owner: ownerOf(root, document) };
  if (root.type !== 'map') return [own];
  const holder = HOLDERS.find(({ isHolder }) => isHolder(own.owner.kind));
  const held = holder === undefined ? undefined : fieldOf(root, holder.key);
  if (holder === undefined || held?.type !== 'seq') return [own];
  const rest: MapNode = { type: 'map', entries: root.entries.filter(({ key }) => key !== holder.key) };
  const step = `${path === '' ? '' : `${path}.`}${holder.key}`;
  return [
    { ...own, node: rest },
    ...held.items.flatMap((item, index) =>
      item === undefined ? [] : objectsIn(item, document, `${step}[${index}]`),
    ),
  ];
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
