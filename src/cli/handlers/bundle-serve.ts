import { serveBundle } from '../../workflows/index.ts';
import type { BundleServeFlags } from '../commands/bundle/index.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';
import { offerOf, serveUntilStopped, timesOf } from './serving.ts';

export function bundleServe(this: CliContext, flags: BundleServeFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const running = await serveBundle(session.workflow, {
      ...offerOf(this, flags),
      file,
      tellRequests: flags.verbose,
      limits: timesOf(flags),
    });
    await serveUntilStopped(this, session, { what: file, running, flags });
    return 0;
  });
}
