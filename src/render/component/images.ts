import { tryParseReference } from '../../oci/index.ts';
import type { Json } from '../edit/index.ts';
import type { Operation } from './json-patch.ts';

/** The only places that kustomize's image transformer reaches without further configuration. */
const CONTAINER_IMAGE = /\/(?:containers|initContainers)\/\d+\/image$/;

/** An entry of `images:` of a kustomization. */
export interface ImageEntry {
  readonly name: string;
  readonly newName: string;
  readonly newTag?: string;
  readonly digest?: string;
}

/** A replaced container image as it is in an object's patch: the `test` before it says what it was. */
interface Change {
  readonly before: string;
  readonly after: string;
}

/**
 * Takes the container images out of the patches and into `images:`. The transformer goes by name alone, so a name that becomes
 * several images (by its tags) stays in the patches.
 */
export function splitImages(patches: readonly (readonly Operation[])[]): {
  readonly images: readonly ImageEntry[];
  readonly patches: readonly (readonly Operation[])[];
} {
  const changes = new Map<string, Set<string>>();
  for (const operations of patches)
    for (const { before, after } of imageChanges(operations)) {
      const name = nameAsWritten(before);
      changes.set(name, (changes.get(name) ?? new Set()).add(after));
    }
  const images: ImageEntry[] = [];
  const taken = new Map<string, string>();
  for (const [name, targets] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [target] = targets;
    const entry = target === undefined || targets.size > 1 ? undefined : imageEntry(name, target);
    if (entry === undefined || target === undefined) continue;
    images.push(entry);
    taken.set(name, target);
  }
  return {
    images,
    patches: patches.map((operations) =>
      operations.filter((operation, index) => {
        if (!CONTAINER_IMAGE.test(operation.path)) return true;
        const test = operation.op === 'test' ? operation : operations[index - 1];
        return typeof test?.value !== 'string' || !taken.has(nameAsWritten(test.value));
      }),
    ),
  };
}

function imageChanges(operations: readonly Operation[]): Change[] {
  return operations.flatMap((operation, index) => {
    const before: Json | undefined = operations[index - 1]?.value;
    const after = operation.value;
    return operation.op === 'replace' &&
      CONTAINER_IMAGE.test(operation.path) &&
      typeof before === 'string' &&
      typeof after === 'string'
      ? [{ before, after }]
      : [];
  });
}

function imageEntry(name: string, target: string): ImageEntry | undefined {
  const parsed = tryParseReference(target);
  if ('reason' in parsed) return undefined;
  return {
    name,
    newName: nameAsWritten(target),
    ...(parsed.tag === undefined ? {} : { newTag: parsed.tag }),
    ...(parsed.digest === undefined ? {} : { digest: parsed.digest }),
  };
}

/** The transformer compares names as they are written: `redis` is not `docker.io/library/redis` to it. */
function nameAsWritten(reference: string): string {
  const [name = ''] = reference.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}
