import { type MapNode, parseDocument, type YamlNode } from '../../yaml/index.ts';
import { isObject, type Json, nodeAt, textAt } from '../edit/index.ts';
import { type OpenFile, objectsOf } from '../objects.ts';

/** The schema of a CRD's stored version in the inputs; undefined when none of them holds it. */
export function schemaOf(files: readonly OpenFile[], crd: string): YamlNode | undefined {
  for (const file of files) {
    for (const document of file.documents) {
      // megabytes of other CRDs are not parsed for their names
      if (!file.source.text.slice(document.start, document.end).includes(`name: ${crd}`)) continue;
      const root = parseDocument(file.source, document);
      if (textAt(root, 'kind') !== 'CustomResourceDefinition' || textAt(root, 'metadata', 'name') !== crd)
        continue;
      const versions = nodeAt(root, ['spec', 'versions']);
      const items = versions?.type === 'seq' ? versions.items : [];
      const stored = items.find((version) => textAt(version, 'storage') === 'true');
      return nodeAt(stored, ['schema', 'openAPIV3Schema']);
    }
  }
  return undefined;
}

/** Fields of a value that a schema does not have: the API server would drop them without a word. */
export function unknownFields(value: Json, schema: YamlNode | undefined, path: string): string[] {
  if (schema?.type !== 'map' || textAt(schema, 'x-kubernetes-preserve-unknown-fields') === 'true') return [];
  if (Array.isArray(value)) {
    const items = nodeAt(schema, ['items']);
    return (value as readonly Json[]).flatMap((item) => unknownFields(item, items, path));
  }
  if (!isObject(value)) return [];
  const properties = nodeAt(schema, ['properties']);
  const free = nodeAt(schema, ['additionalProperties']) !== undefined;
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = properties?.type === 'map' ? fieldOf(properties, key) : undefined;
    const at = path === '' ? key : `${path}.${key}`;
    if (field === undefined) return free ? [] : [at];
    return unknownFields(inner, field, at);
  });
}

function fieldOf(properties: MapNode, key: string): YamlNode | undefined {
  return properties.entries.find((entry) => entry.key === key)?.value;
}

/** The bytes of a CRD's document in the inputs. */
export function crdBytes(files: readonly OpenFile[], crd: string): Buffer | undefined {
  for (const file of files)
    for (const object of objectsOf(file, new Set(['CustomResourceDefinition'])))
      if (object.name === crd && object.path === '')
        return file.source.bytes.subarray(object.document.start, object.document.end);
  return undefined;
}
