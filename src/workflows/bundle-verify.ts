import { resolve } from 'node:path';
import { toSallyportError } from '../base/index.ts';
import { openBundle, type VerifyReport, verifyBundle } from '../store/index.ts';
import { bundledLock } from './bundle-load.ts';
import type { WorkflowContext } from './context.ts';

/**
 * Hashes every byte of a bundle and reads its lock, without which nothing can be done with it; asks no network. Throws `FILE_NOT_FOUND`,
 * `FILE_UNREADABLE`.
 */
export async function checkBundle(context: WorkflowContext, file: string): Promise<VerifyReport> {
  const { signal } = context;
  const options = {
    path: resolve(context.cwd, file),
    ...(signal === undefined ? {} : { signal }),
  };
  const report = await verifyBundle(options);
  if (report.problems.length > 0) return report;
  const bundle = await openBundle(options);
  try {
    await bundledLock(bundle, file);
    return report;
  } catch (thrown) {
    signal?.throwIfAborted();
    return { ...report, problems: [toSallyportError(thrown)] };
  } finally {
    await bundle.close();
  }
}
