import { type RegistryLimits, serveRegistry } from '../../workflows/index.ts';
import type { RegistryServeFlags } from '../commands/registry.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';
import { offerOf, serveUntilStopped, timesOf } from './serving.ts';

export function registryServe(this: CliContext, flags: RegistryServeFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const running = await serveRegistry(session.workflow, {
      ...offerOf(this, flags),
      dir: flags.dir,
      readOnly: flags.readOnly,
      limits: limitsOf(flags),
    });
    await serveUntilStopped(this, session, { what: flags.dir, running, flags });
    return 0;
  });
}

function limitsOf(flags: RegistryServeFlags): RegistryLimits {
  return {
    ...timesOf(flags),
    ...(flags.maxBlob === undefined ? {} : { blobBytes: flags.maxBlob }),
    ...(flags.maxManifest === undefined ? {} : { manifestBytes: flags.maxManifest }),
    ...(flags.maxUploads === undefined ? {} : { openUploads: flags.maxUploads }),
    ...(flags.uploadExpiry === undefined ? {} : { uploadExpiryMs: flags.uploadExpiry }),
  };
}
