import { join, resolve } from 'node:path';
import { formatBytes, formatCount, stateFolder } from '../base/index.ts';
import { bundleStorage, type ServeStorageOptions, type Serving, serveStorage } from '../server/index.ts';
import { type Bundle, openBundle } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';
import { type OfferOptions, openOffer, serveOffer } from './offer.ts';

export interface BundleServeOptions extends OfferOptions {
  readonly file: string;
  /** Emits a `request` event for each request. */
  readonly tellRequests: boolean;
  readonly limits?: ServeStorageOptions['limits'];
}

/**
 * Serves a bundle as a registry that can only be read, from where it lies: nothing is unpacked. A certificate that is made is kept in the state
 * folder, because the carried disk may not be writable. Throws `BUNDLE_INVALID`, `CONNECTION_FAILED` and what `openOffer` throws.
 */
export async function serveBundle(context: WorkflowContext, options: BundleServeOptions): Promise<Serving> {
  const offer = await openOffer(context, options, {
    writable: false,
    tlsFolder: join(stateFolder(context), 'bundle-serve', 'tls'),
  });
  return serveOffer(offer, async (server) => {
    const bundle = await openBundle({
      path: resolve(context.cwd, options.file),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    tellOfGaps(context, bundle, options.file);
    return serveStorage(bundleStorage(bundle), {
      ...server,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      emit: (event) => {
        if (event.type !== 'request' || options.tellRequests) context.emit(event);
      },
    });
  });
}

/** What was left out for a target that has it cannot be pulled from here. */
function tellOfGaps({ emit }: WorkflowContext, { info: { omitted } }: Bundle, file: string): void {
  if (omitted.length === 0) return;
  const size = omitted.reduce((sum, blob) => sum + blob.size, 0);
  emit({
    type: 'note',
    level: 'warning',
    subject: file,
    message: `was made with --since and lacks ${formatCount(omitted.length, 'blob')} (${formatBytes(size)}) that its target has: images that need them cannot be pulled from here`,
  });
}
