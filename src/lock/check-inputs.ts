import { SallyportError } from '../base/index.ts';
import type { Digest } from '../oci/index.ts';
import type { Lock } from './types.ts';

export interface InputDigest {
  readonly file: string;
  readonly digest: Digest;
}

export interface InputChange {
  readonly file: string;
  readonly what: 'changed' | 'is new' | 'is missing';
}

/** More than this many changes are counted, not listed. */
const LISTED = 12;

/** Throws `LOCK_MISMATCH`, naming the inputs that changed, are new or are missing since the lock was made. */
export function checkInputs(lock: Lock, inputs: readonly InputDigest[]): void {
  const changes = inputChanges(lock.madeFrom.inputs, inputs);
  if (changes.length === 0) return;
  const listed = changes.slice(0, LISTED).map(({ file, what }) => `${file} ${what}`);
  const more = changes.length > LISTED ? [`and ${changes.length - LISTED} more`] : [];
  throw new SallyportError(
    'LOCK_MISMATCH',
    `was made from other inputs: ${[...listed, ...more].join(', ')}`,
    { subject: `the lock of ${lock.metadata.name}`, facts: { changes: changes.length } },
  );
}

/** What differs between two sets of inputs, sorted by file. A name that stands for several files differs when any of them does. */
export function inputChanges(before: readonly InputDigest[], after: readonly InputDigest[]): InputChange[] {
  const old = byFile(before);
  const now = byFile(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((file): InputChange[] => {
    const [was, is] = [old.get(file), now.get(file)];
    if (was === is) return [];
    return [{ file, what: was === undefined ? 'is new' : is === undefined ? 'is missing' : 'changed' }];
  });
}

function byFile(inputs: readonly InputDigest[]): Map<string, string> {
  const files = new Map<string, Set<string>>();
  for (const { file, digest } of inputs) files.set(file, (files.get(file) ?? new Set()).add(digest));
  return new Map([...files].map(([file, digests]) => [file, [...digests].sort().join(' ')]));
}
