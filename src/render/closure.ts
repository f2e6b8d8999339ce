import type { Egress, ImageUse, ManifestFile, Unresolved } from '../discovery/index.ts';
import { insideOf } from './target.ts';
import type { Discover } from './types.ts';

export interface ClosureOptions {
  /** The target prefix, `registry.corp.example/che`. */
  readonly prefix: string;
  /** References that may point elsewhere, on request. */
  readonly isExcluded: (reference: string) => boolean;
  readonly discover: Discover;
}

export interface Closure {
  readonly ok: boolean;
  /** Uses that point outside of the target. */
  readonly outside: readonly ImageUse[];
  /** Uses that point outside on request; they do not break the proof, and nobody may say that nothing points outside. */
  readonly leftOut: readonly ImageUse[];
  /** Templates whose image cannot be known; they do not break the proof, but it does not cover them. */
  readonly unresolved: readonly Unresolved[];
  /** URLs of other hosts that are asked at run time; no images, and so no part of the proof. */
  readonly egress: readonly Egress[];
}

/**
 * The closure proof: discovery over the output finds nothing outside of the target. A file that cannot be read throws, because
 * then nothing is proved.
 */
export function proveClosure(files: readonly ManifestFile[], options: ClosureOptions): Closure {
  const isInside = insideOf(options.prefix);
  const outside: ImageUse[] = [];
  const leftOut: ImageUse[] = [];
  const unresolved: Unresolved[] = [];
  const seen = new Map<string, string>();
  const egress: Egress[] = [];
  for (const file of files) {
    const found = options.discover(file);
    for (const one of found.unresolved) {
      const key = JSON.stringify([one.text, one.kind, one.name, one.path]);
      const before = seen.get(key);
      const folder = folderOf(file.path);
      // the same object stands in the chectl tree again; what is alike within one folder are two
      if (one.kind !== '' && before !== undefined && before !== folder) continue;
      seen.set(key, folder);
      unresolved.push(one);
    }
    egress.push(...found.egress);
    for (const use of found.uses) {
      if (isInside(use.reference)) continue;
      (options.isExcluded(use.reference) ? leftOut : outside).push(use);
    }
  }
  return { ok: outside.length === 0, outside, leftOut, unresolved, egress };
}

function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}
