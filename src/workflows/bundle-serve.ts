import { resolve } from 'node:path';
import { bundleStorage, type Serving, serveStorage } from '../server/index.ts';
import { openBundle } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';

export interface BundleServeOptions {
  readonly file: string;
  readonly host: string;
  readonly port: number;
  /** Emits a `request` event for each request. */
  readonly accessLog: boolean;
}

/** Serves a bundle as a registry that can only be read, from where it lies: nothing is unpacked. Throws `BUNDLE_INVALID`, `CONNECTION_FAILED`. */
export async function serveBundle(
  context: WorkflowContext,
  options: BundleServeOptions,
): Promise<{ readonly serving: Serving; readonly repositories: readonly string[] }> {
  const bundle = await openBundle({
    path: resolve(context.cwd, options.file),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const storage = bundleStorage(bundle);
  const repositories = await storage.repositories();
  const serving = await serveStorage(storage, {
    host: options.host,
    port: options.port,
    emit: (event) => {
      if (event.type !== 'request' || options.accessLog) context.emit(event);
    },
  });
  return { serving, repositories };
}
