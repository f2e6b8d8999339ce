import type { RuntimeFacts } from '../facts/index.ts';
import { comment } from './accounts/documents.ts';
import { documentText } from './edit/index.ts';
import { type OpenFile, objectsOf } from './objects.ts';

/** Namespaces that every cluster has. */
const ALWAYS_THERE = /^(?:default|kube-.*|openshift|openshift-.*)$/;

export interface Namespaces {
  /** Objects for namespaces that no input ships; empty text when there are none. */
  readonly missing: string;
  /** Copies of the inputs' own Namespace documents, to be applied before accounts and secrets; empty when there are none. */
  readonly shipped: Buffer;
  /** All of them, sorted. */
  readonly names: readonly string[];
}

/** The namespaces that accounts and pull secrets need before anything else is applied. */
export function planNamespaces(
  files: readonly OpenFile[],
  wanted: ReadonlySet<string>,
  facts: RuntimeFacts | undefined,
): Namespaces {
  const shipped = new Map<string, Buffer>();
  for (const file of files)
    for (const { name, document, path } of objectsOf(file, new Set(['Namespace'])))
      if (path === '' && !shipped.has(name))
        shipped.set(name, file.source.bytes.subarray(document.start, document.end));
  const known = new Map((facts?.namespaces ?? []).map((namespace) => [namespace.name, namespace]));
  const names = [...new Set([...wanted, ...known.keys()])].filter((name) => !ALWAYS_THERE.test(name)).sort();
  const missing = names
    .filter((name) => !shipped.has(name))
    .map((name) => {
      const fact = known.get(name);
      const labels = fact?.labels === undefined ? {} : { labels: fact.labels };
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...labels } };
      return `---\n${comment(fact?.reason ?? 'None of the files ships it.')}${documentText(body)}`;
    });
  const copies = names.flatMap((name) => {
    const bytes = shipped.get(name);
    return bytes === undefined ? [] : [bytes];
  });
  return { missing: missing.join(''), shipped: joinDocuments(copies), names };
}

/** Documents one behind the other; a marker and a line break are added where one lacks them. */
function joinDocuments(documents: readonly Buffer[]): Buffer {
  return Buffer.concat(
    documents.flatMap((bytes) => [
      Buffer.from(bytes.subarray(0, 3).equals(Buffer.from('---')) ? '' : '---\n'),
      bytes,
      Buffer.from(bytes.at(-1) === 10 ? '' : '\n'),
    ]),
  );
}
