import type { ImageUse } from '../discovery/index.ts';
import { applyEdits, type Edit } from '../yaml/index.ts';
import { isKustomizeSelector, kustomizeEdits } from './kustomize-images.ts';
import { holdsDigest, type PartEdit, splitEdits } from './split.ts';
import type { Finding, FoundFile, ReferenceMap } from './types.ts';

export interface RewriteOptions {
  readonly references: ReferenceMap;
  /** References that stay as they are on request (normalised by `isExcluded`'s maker). */
  readonly isExcluded: (reference: string) => boolean;
}

export interface Rewritten {
  readonly bytes: Buffer;
  readonly edits: readonly Edit[];
  /** Uses that neither the lock nor the exclusions know: the inputs are not what was locked. */
  readonly unknown: readonly ImageUse[];
  readonly findings: readonly Finding[];
}

/**
 * The file with the bytes of its image references changed and no other. A file without any comes back as the very buffer.
 * What cannot be written is a finding; the other references are rewritten all the same.
 */
export function rewriteFile({ file, uses }: FoundFile, options: RewriteOptions): Rewritten {
  const selectors = uses.filter((use) => isKustomizeSelector(file.bytes, use));
  const { edits, unknown, findings } = editsFor(
    uses.filter((use) => !selectors.includes(use)),
    options,
  );
  const named = selectors.flatMap((use) => {
    const target = options.references.get(use.reference);
    if (target !== undefined) return kustomizeEdits(file, use, target);
    if (!options.isExcluded(use.reference)) unknown.push(use);
    return [];
  });
  const all = [...edits, ...named].sort((a, b) => a.range[0] - b.range[0]);
  return { bytes: applyEdits(file.bytes, all), edits: all, unknown, findings };
}

/** The edits for a file's uses, without applying them. */
export function editsFor(
  uses: readonly ImageUse[],
  options: RewriteOptions,
): Omit<Rewritten, 'bytes' | 'unknown'> & { readonly unknown: ImageUse[] } {
  const unknown: ImageUse[] = [];
  const findings: Finding[] = [];
  const edits = new Map<string, PartEdit & { readonly use: ImageUse }>();
  const kept = new Map<string, ImageUse>();
  for (const use of uses) {
    const target = options.references.get(use.reference);
    if (target === undefined) {
      for (const range of rangesOf(use)) kept.set(keyOf(range), use);
      if (!options.isExcluded(use.reference)) unknown.push(use);
      continue;
    }
    if (isUnpinnable(use) && target.digest !== undefined)
      findings.push({
        level: 'note',
        subject: placeOf(use),
        message: `${use.reference} is written without its digest: no key of it takes one, and a version is read by the operator and stays`,
      });
    const own: readonly PartEdit[] | { readonly reason: string } =
      use.parts === undefined ? wholeEdit(use, target.text) : splitEdits(use.parts, target);
    if ('reason' in own) {
      findings.push({
        level: 'error',
        subject: placeOf(use),
        message: `${use.reference} cannot be written: ${own.reason}`,
      });
      continue;
    }
    for (const edit of own) {
      // an alias shows the bytes of its anchor a second time; parts may be shared by several images
      const other = edits.get(keyOf(edit.range));
      if (other?.shared !== undefined && other.shared === edit.shared && other.text !== edit.text) {
        edits.set(keyOf(edit.range), { range: edit.range, text: edit.shared, shared: edit.shared, use });
        findings.push({
          level: 'note',
          subject: placeOf(use),
          message: `${use.reference} and ${other.use.reference} share a tag, so they are written without their digests`,
        });
      } else if (other !== undefined && other.text !== edit.text) {
        findings.push({
          level: 'error',
          subject: placeOf(use),
          message: `${use.reference} and ${other.use.reference} share a key that would have to hold “${edit.text}” and “${other.text}”`,
        });
      } else edits.set(keyOf(edit.range), { ...edit, use });
    }
  }
  for (const [key, use] of kept) {
    const edit = edits.get(key);
    if (edit === undefined) continue;
    if (edit.shared !== undefined) {
      edits.delete(key);
      findings.push({
        level: 'note',
        subject: placeOf(use),
        message: `${use.reference} stays as it is and shares its tag with ${edit.use.reference}, which is written without its digest`,
      });
      continue;
    }
    findings.push({
      level: 'error',
      subject: placeOf(use),
      message: `${use.reference} stays as it is, but shares a key with ${edit.use.reference}, which changes it`,
    });
  }
  return {
    edits: [...edits.values()]
      .map(({ range, text }) => ({ range, text }))
      .sort((a, b) => a.range[0] - b.range[0]),
    unknown,
    findings,
  };
}

/** A reference in one piece. An IPv6 host would begin a list in plain YAML, so it gets quotes where the text stands bare. */
function wholeEdit(use: ImageUse, text: string): readonly Edit[] {
  const bare = text.startsWith('[') && use.how === 'field' && !use.path.includes('#');
  return [{ range: use.range, text: bare ? `"${text}"` : text }];
}

function isUnpinnable(use: ImageUse): boolean {
  const { parts } = use;
  if (parts === undefined || parts.some(holdsDigest)) return false;
  return !parts.some(({ part, value }) =>
    part === 'tag' ? value !== '' : part !== 'registry' && part !== 'version' && /[:@]/.test(value),
  );
}

function rangesOf(use: ImageUse): readonly (readonly [number, number])[] {
  return use.parts === undefined ? [use.range] : use.parts.map(({ range }) => range);
}

function keyOf(range: readonly [number, number]): string {
  return `${range[0]}-${range[1]}`;
}

/** `file:line:column`, as compilers write it. */
export function placeOf(use: Pick<ImageUse, 'file' | 'line' | 'column'>): string {
  return `${use.file}:${use.line}:${use.column}`;
}
