import { join, resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import {
  createRegistryServer,
  type RegistryLimits,
  type RunningRegistry,
  type Serving,
  STORED_LIMITS,
} from '../server/index.ts';
import type { WorkflowContext } from './context.ts';
import { type OfferOptions, openOffer, serveOffer } from './offer.ts';

export type { RegistryLimits, Serving };

export interface ServeOptions extends OfferOptions {
  readonly dir: string;
  readonly readOnly: boolean;
  readonly limits?: RegistryLimits;
}

/**
 * Starts the embedded registry on a folder. Throws `USAGE` for options that do not go together, `FILE_NOT_FOUND` and
 * `FILE_UNREADABLE` for files that are named, and what the server throws.
 */
export async function serveRegistry(
  context: WorkflowContext,
  options: ServeOptions,
): Promise<RunningRegistry> {
  if ((options.limits?.manifestBytes ?? 0) > STORED_LIMITS.bytes)
    throw new SallyportError('USAGE', 'is more than the registry takes', {
      subject: '--max-manifest',
      hint: 'Give 64MiB or less; clients refuse manifests far below that.',
    });
  const dir = resolve(context.cwd, options.dir);
  const offer = await openOffer(context, options, {
    writable: !options.readOnly,
    tlsFolder: join(dir, 'registry', 'tls'),
  });
  return serveOffer(offer, (server) =>
    createRegistryServer({
      ...server,
      dir,
      readOnly: options.readOnly,
      emit: context.emit,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    }),
  );
}
