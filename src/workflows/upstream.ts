import { join } from 'node:path';
import { cacheFolder } from '../base/index.ts';
import { download } from '../http/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { openUpstream, type Upstream } from '../upstream/index.ts';
import type { WorkflowContext } from './context.ts';
import { createHttpClientFor } from './registries.ts';

/** Upstream's largest manifest has some 2 MB; far more is something else. */
const SIZE_LIMIT = 64 * 1024 * 1024;
const TIME_LIMIT_MS = 120_000;

/** Upstream for one run; `close` ends its connections. */
export function openUpstreamFor(
  context: WorkflowContext,
  location: string | undefined,
  registries: Readonly<Record<string, RegistryConfig>>,
): { readonly reader: Upstream; close(): void } {
  const http = createHttpClientFor(context, registries);
  const reader = openUpstream({
    ...(location === undefined ? {} : { location }),
    cwd: context.cwd,
    cacheDir: join(cacheFolder(context), 'upstream'),
    emit: context.emit,
    download: (url, signal) =>
      download({
        http,
        url,
        maxBytes: SIZE_LIMIT,
        timeoutMs: TIME_LIMIT_MS,
        ...(signal === undefined ? {} : { signal }),
      }),
  });
  return { reader, close: () => http.close() };
}
