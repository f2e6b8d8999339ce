import { serveBundle } from '../../workflows/index.ts';
import type { BundleServeFlags } from '../commands/bundle.ts';
import type { CliContext } from '../context.ts';
import { parseListen } from './registry-serve.ts';
import { runCommand } from './run.ts';

export function bundleServe(this: CliContext, flags: BundleServeFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { host, port } = parseListen(flags.listen);
    const { serving } = await serveBundle(session.workflow, { file, host, port, accessLog: flags.verbose });
    // One line that a script can wait for and read the address from.
    session.out(`serving ${file} at ${serving.url}\n`);
    await new Promise<void>((stop) => {
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', () => stop(), { once: true });
    });
    await serving.close();
    if (!flags.quiet) this.process.stderr.write('stopped\n');
    return 0;
  });
}
