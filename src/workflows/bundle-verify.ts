import { resolve } from 'node:path';
import { type VerifyReport, verifyBundle } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';

/** Hashes every byte of a bundle; asks no network. */
export function checkBundle(context: WorkflowContext, file: string): Promise<VerifyReport> {
  const { signal } = context;
  return verifyBundle({
    path: resolve(context.cwd, file),
    ...(signal === undefined ? {} : { signal }),
  });
}
