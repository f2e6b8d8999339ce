import { type ImageUse, ORIGINAL_IMAGE } from '../discovery/index.ts';
import type { Edit } from '../yaml/index.ts';
import { CannotPlace, type EditedText, patchEdits } from './edit/index.ts';
import { type OpenFile, objectsIn } from './objects.ts';
import type { Finding } from './types.ts';

/** Kubernetes limits the name of an annotation behind its `/` to 63 characters (apimachinery validation.IsQualifiedName). */
const NAME_LIMIT = 63;

/**
 * Edits that record, on each object, the references it had: `sallyport.dev/original-image.<name>`, one per distinct reference.
 * Text without an object around it (devfiles, values) has no place for it; the lock has them all.
 */
export function annotationEdits(
  edited: EditedText,
  file: OpenFile,
  uses: readonly ImageUse[],
): { readonly edits: readonly Edit[]; readonly findings: readonly Finding[] } {
  const edits: Edit[] = [];
  const findings: Finding[] = [];
  for (const document of file.documents) {
    const own = uses.filter((use) => use.document === document.index);
    if (own.length === 0) continue;
    for (const object of objectsIn(file, document)) {
      const here = own.filter(({ path }) => object.path === '' || path.startsWith(`${object.path}.`));
      if (here.length === 0 || object.kind === '' || object.apiVersion === '') continue;
      try {
        edits.push(
          ...patchEdits(edited, object.node, object.from, { metadata: { annotations: annotations(here) } }),
        );
      } catch (thrown) {
        if (!(thrown instanceof CannotPlace)) throw thrown;
        findings.push({
          level: 'note',
          subject: `${file.path}: ${object.kind}/${object.name}`,
          message: `has no annotations with its original images: ${thrown.message}`,
        });
      }
    }
  }
  return { edits, findings };
}

function annotations(uses: readonly ImageUse[]): Record<string, string> {
  const made: Record<string, string> = {};
  const prefix = `${ORIGINAL_IMAGE}.`;
  const room = NAME_LIMIT - prefix.slice(prefix.indexOf('/') + 1).length - 4;
  for (const reference of new Set(uses.map((use) => use.reference))) {
    const last = reference.split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? '';
    const name = last.slice(0, room).replace(/[^a-zA-Z0-9]+$/, '');
    let key = prefix + name;
    for (let count = 2; key in made; count++) key = `${prefix}${name}-${count}`;
    made[key] = reference;
  }
  return made;
}
