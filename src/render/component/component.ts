import { parseDocument } from '../../yaml/index.ts';
import { documentText, isObject, type Json, readValue } from '../edit/index.ts';
import { openFile } from '../objects.ts';
import type { OutputFile } from '../types.ts';
import { splitImages } from './images.ts';
import { type Operation, operationsFor } from './json-patch.ts';

/** A manifest as upstream has it and as it was rendered. */
export interface RenderedPair {
  readonly path: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

interface Target {
  readonly [key: string]: Json;
}

/**
 * The same changes as a kustomize component, for those who keep upstream's files: `images:` for the images of containers, JSON
 * patches (RFC 6902) for all other places, and the added objects as resources. Source: kubectl.docs.kubernetes.io, kustomization
 * fields `images`, `patches`; components are kustomize.config.k8s.io/v1alpha1.
 */
export function componentFiles(pairs: readonly RenderedPair[], added: readonly OutputFile[]): OutputFile[] {
  const changed = pairs.flatMap(changedObjects);
  const { images, patches } = splitImages(changed.map(({ operations }) => operations));
  const files: OutputFile[] = [];
  const listed: Json[] = [];
  for (const [index, { target }] of changed.entries()) {
    const operations = patches[index] ?? [];
    if (operations.length === 0) continue;
    const path = `patches/${patchName(target, files.length)}`;
    files.push({
      path: `component/${path}`,
      bytes: Buffer.from(documentText(operations.map((operation): Json => ({ ...operation })))),
    });
    listed.push({ path, target });
  }
  const resources = added.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  for (const [index, file] of added.entries())
    files.push({ path: `component/${resources[index] ?? ''}`, bytes: file.bytes });
  const kustomization: Json = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    ...(resources.length === 0 ? {} : { resources }),
    ...(images.length === 0 ? {} : { images: images.map((entry): Json => ({ ...entry })) }),
    ...(listed.length === 0 ? {} : { patches: listed }),
  };
  const head =
    '# The changes of this folder as an overlay over upstream’s own files: name those as resources and this folder under components.\n';
  return [
    { path: 'component/kustomization.yaml', bytes: Buffer.from(head + documentText(kustomization)) },
    ...files,
  ];
}

/** The objects of a file that rendering changed. Documents keep their number, because rendering adds and removes none. */
function changedObjects(
  pair: RenderedPair,
): { readonly target: Target; readonly operations: readonly Operation[] }[] {
  if (pair.before.equals(pair.after)) return [];
  const before = openFile({ path: pair.path, bytes: pair.before });
  const after = openFile({ path: pair.path, bytes: pair.after });
  return before.documents.flatMap((document, index) => {
    const other = after.documents[index];
    if (other === undefined) return [];
    const old = before.source.bytes.subarray(document.start, document.end);
    if (old.equals(after.source.bytes.subarray(other.start, other.end))) return [];
    const from = readValue(parseDocument(before.source, document));
    const to = readValue(parseDocument(after.source, other));
    return objects(from, to).flatMap(([a, b]) => {
      const operations = operationsFor(a, b);
      const target = targetOf(a);
      return target === undefined || operations.length === 0 ? [] : [{ target, operations }];
    });
  });
}

/** The object of a document, or those of its List; kustomize takes Lists apart. */
function objects(before: Json, after: Json): (readonly [Json, Json])[] {
  if (isObject(before) && isObject(after) && String(before['kind']).endsWith('List')) {
    const [a, b] = [before['items'], after['items']];
    if (Array.isArray(a) && Array.isArray(b))
      return a.map((item: Json, index) => [item, b[index] ?? null] as const);
  }
  return [[before, after]];
}

function targetOf(object: Json): Target | undefined {
  if (!isObject(object) || !isObject(object['metadata'])) return undefined;
  const { apiVersion, kind } = object;
  const { name, namespace } = object['metadata'];
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string')
    return undefined;
  const slash = apiVersion.indexOf('/');
  return {
    ...(slash === -1 ? {} : { group: apiVersion.slice(0, slash) }),
    version: apiVersion.slice(slash + 1),
    kind,
    // kustomize reads it as a regular expression over the whole name
    name: name.replace(/[.+*?()[\]{}|^$\\]/g, '\\$&'),
    ...(typeof namespace === 'string' ? { namespace } : {}),
  };
}

function patchName(target: Target, count: number): string {
  const name = `${target['kind']}-${target['name']}`.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  return `${String(count + 1).padStart(2, '0')}-${name}.yaml`;
}
