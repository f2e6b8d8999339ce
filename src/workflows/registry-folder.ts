import { resolve } from 'node:path';
import {
  checkFolder,
  collectGarbageIn,
  type FolderGarbage,
  type GarbageOptions,
  type StorageReport,
} from '../server/index.ts';
import type { WorkflowContext } from './context.ts';

/** Pushes of large images take minutes between the first blob and the manifest that names it. */
const SAFE_AGE_MS = 10 * 60 * 1000;

export type GarbageResult = FolderGarbage;
export type VerifyFolderResult = StorageReport;

/** Removes what nothing refers to from a registry's folder, through the registry that runs on it when one does. Throws `FILE_NOT_FOUND`, `LOCKED`. */
export async function collectRegistryGarbage(
  context: WorkflowContext,
  options: { readonly dir: string } & Omit<GarbageOptions, 'signal'>,
): Promise<GarbageResult> {
  const { dir, ...asked } = options;
  const result = await collectGarbageIn(resolve(context.cwd, dir), {
    ...asked,
    clock: context.clock,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const { minAgeMs = SAFE_AGE_MS, dryRun = false } = asked;
  if (result.by === 'running' && minAgeMs < SAFE_AGE_MS && !dryRun)
    context.emit({
      type: 'note',
      level: 'warning',
      subject: dir,
      message: `a push that was under way and longer than ${minAgeMs / 1000} s may have lost what it had brought; whoever made one makes it again`,
    });
  return result;
}

/** Hashes everything in a registry's folder again and follows every manifest; a running registry is not disturbed. Throws `FILE_NOT_FOUND`. */
export function verifyRegistryFolder(
  context: WorkflowContext,
  options: { readonly dir: string; readonly children: boolean },
): Promise<VerifyFolderResult> {
  return checkFolder(resolve(context.cwd, options.dir), {
    children: options.children,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
}
