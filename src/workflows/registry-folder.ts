import { resolve } from 'node:path';
import {
  checkFolder,
  collectGarbageIn,
  type FolderGarbage,
  type GarbageOptions,
  type StorageReport,
} from '../server/index.ts';
import type { WorkflowContext } from './context.ts';

export type GarbageResult = FolderGarbage;
export type VerifyFolderResult = StorageReport;

/** Removes what nothing refers to from a registry's folder, through the registry that runs on it when one does. Throws `FILE_NOT_FOUND`, `LOCKED`. */
export function collectRegistryGarbage(
  context: WorkflowContext,
  options: { readonly dir: string } & Omit<GarbageOptions, 'signal'>,
): Promise<GarbageResult> {
  const { dir, ...asked } = options;
  return collectGarbageIn(resolve(context.cwd, dir), {
    ...asked,
    clock: context.clock,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
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
