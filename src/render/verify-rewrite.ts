import type { ImageUse } from '../discovery/index.ts';
import { nameOf, normalizeReference, parseReference } from '../oci/index.ts';
import type { Edit } from '../yaml/index.ts';
import { placeOf, type RewriteOptions, type Rewritten } from './rewrite.ts';
import { holdsDigest } from './split.ts';
import type { Discover, Finding, FoundFile, NewReference } from './types.ts';

/**
 * Proves a rewrite by looking again: every byte outside of the edits is as it was, and discovery over the new text finds at each
 * place the reference that was wanted, or the old one where it stays. Returns what is wrong; empty when nothing is.
 */
export function verifyRewrite(
  before: FoundFile,
  after: Rewritten,
  options: RewriteOptions & { readonly discover: Discover },
): Finding[] {
  const { file, uses } = before;
  const findings: Finding[] = [];
  const changed = changedByte(file.bytes, after.bytes, after.edits);
  if (changed !== undefined)
    findings.push({
      level: 'error',
      subject: file.path,
      message: `byte ${changed} changed outside of any image reference`,
    });
  const found = new Map<string, ImageUse[]>();
  for (const use of options.discover({ path: file.path, bytes: after.bytes }).uses) {
    const key = placeKey(use);
    found.set(key, [...(found.get(key) ?? []), use]);
  }
  for (const use of uses) {
    const now = found.get(placeKey(use))?.shift();
    const target = options.references.get(use.reference);
    const wanted = target === undefined ? use.reference : target.text;
    if (now === undefined && tookDigestAlong(use, target)) continue;
    if (now === undefined)
      findings.push({
        level: 'error',
        subject: placeOf(use),
        message: `${use.reference} is not recognised any more after it was rewritten`,
      });
    else if (!sameImage(now.reference, wanted, target === undefined ? undefined : use))
      findings.push({
        level: 'error',
        subject: placeOf(use),
        message: `${use.reference} came out as ${now.reference} instead of ${wanted}`,
      });
  }
  return findings;
}

/**
 * Split references may hold more than the configured form says (a tag beside a digest) and less (no key for the digest). A tag key
 * that took the digest along is no tag by the grammar, so whoever looks may see the name alone; its bytes are checked all the same.
 */
function sameImage(now: string, wanted: string, split: ImageUse | undefined): boolean {
  const a = parseReference(now);
  const b = parseReference(wanted);
  if (normalizeReference(a) === normalizeReference(b)) return true;
  if (split?.parts === undefined || nameOf(a) !== nameOf(b)) return false;
  const sameTag = a.tag === b.tag || b.tag === undefined || a.tag === undefined;
  // a copy has the digest of its source, so a key that holds it may keep it
  const isSource = b.digest === undefined && a.digest === parseReference(split.reference).digest;
  return sameTag && (a.digest === b.digest || a.digest === undefined || isSource);
}

/** `v1@sha256:…` under a tag's key is no tag by the grammar, and without its tag a split reference may not be seen as one. */
function tookDigestAlong(use: ImageUse, target: NewReference | undefined): boolean {
  const parts = use.parts ?? [];
  return target?.digest !== undefined && parts.some(({ part }) => part === 'tag') && !parts.some(holdsDigest);
}

function placeKey(use: ImageUse): string {
  return `${use.document} ${use.path} ${use.how}`;
}

/** The first byte that changed although no edit holds it; undefined when there is none. */
export function changedByte(before: Buffer, after: Buffer, edits: readonly Edit[]): number | undefined {
  let old = 0;
  let now = 0;
  const sorted = [...edits].sort((a, b) => a.range[0] - b.range[0]);
  for (const { range, text } of [...sorted, { range: [before.length, before.length] as const, text: '' }]) {
    const length = range[0] - old;
    if (!before.subarray(old, range[0]).equals(after.subarray(now, now + length))) return old;
    const bytes = Buffer.from(text, 'utf8');
    now += length;
    if (!bytes.equals(after.subarray(now, now + bytes.length))) return range[0];
    old = range[1];
    now += bytes.length;
  }
  return now === after.length ? undefined : before.length;
}
