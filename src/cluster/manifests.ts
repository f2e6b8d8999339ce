import { isFields, listAt, SallyportError, textAt } from '../base/index.ts';
import { cutDocuments, jsonValueOf, openSource, parseDocument, positionOf } from '../yaml/index.ts';
import { describeName, identityOf, nameOf } from './names.ts';
import type { KubeObject } from './types.ts';

/** An object and the line it begins at, for messages. */
export interface ManifestObject {
  readonly object: KubeObject;
  readonly file: string;
  readonly line: number;
}

/** What only the server writes; a manifest that was exported from a cluster may hold it, and applying it would fail or mislead. */
const SERVER_FIELDS = [
  'managedFields',
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'generation',
  'selfLink',
] as const;

/**
 * The objects of manifest files with their values as kubectl reads them; lists are taken apart. An object that is there twice with
 * the same content counts once. Throws `YAML_INVALID`, and `OBJECT_INVALID` for what is no object, has no name, or is there twice with
 * different content.
 */
export function readObjects(
  files: readonly { readonly path: string; readonly bytes: Buffer }[],
): ManifestObject[] {
  const found = new Map<string, ManifestObject>();
  for (const file of files) {
    const source = openSource(file);
    for (const document of cutDocuments(source)) {
      const { line } = positionOf(source, document.start);
      const value = jsonValueOf(parseDocument(source, document));
      if (value === null) continue;
      for (const object of objectsIn(value, file.path, line)) {
        const identity = identityOf(nameOf(object));
        const before = found.get(identity);
        if (before === undefined) found.set(identity, { object, file: file.path, line });
        else if (JSON.stringify(before.object) !== JSON.stringify(object))
          throw new SallyportError(
            'OBJECT_INVALID',
            `${describeName(nameOf(object))} is there twice with different content; the other is at ${before.file}:${before.line}`,
            { subject: `${file.path}:${line}`, hint: 'Keep one of them; which one would win is chance.' },
          );
      }
    }
  }
  return [...found.values()];
}

const ONLY_MANIFESTS =
  'Name manifests, or a folder of them; values of charts and other files are for other tools.';

function* objectsIn(value: unknown, file: string, line: number): Generator<KubeObject> {
  const subject = `${file}:${line}`;
  if (!isFields(value))
    throw new SallyportError('OBJECT_INVALID', 'is no Kubernetes object: a map is expected', {
      subject,
      hint: ONLY_MANIFESTS,
    });
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '')
    throw new SallyportError('OBJECT_INVALID', 'is no Kubernetes object: apiVersion or kind is missing', {
      subject,
      hint: ONLY_MANIFESTS,
    });
  if (kind.endsWith('List') && Array.isArray(value['items'])) {
    for (const item of listAt(value, 'items')) yield* objectsIn(item, file, line);
    return;
  }
  if (textAt(metadata, 'name') === undefined || textAt(metadata, 'name') === '')
    throw new SallyportError('OBJECT_INVALID', `the ${kind} has no metadata.name`, {
      subject,
      hint:
        textAt(metadata, 'generateName') === undefined
          ? 'Give it a name.'
          : 'generateName makes a new object each time; give it a name of its own.',
    });
  yield withoutServerFields(value as unknown as KubeObject);
}

/** A copy without what only the server writes, `status` included. */
export function withoutServerFields(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const field of SERVER_FIELDS) delete metadata[field];
  return { ...rest, metadata: metadata as KubeObject['metadata'] } as KubeObject;
}
