import { mirrorText, planText } from '../../report/index.ts';
import { copyError, loadBundle } from '../../workflows/index.ts';
import type { BundleLoadFlags } from '../commands/bundle/index.ts';
import { checkPrefixes, loadConfig } from '../config.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function bundleLoad(this: CliContext, flags: BundleLoadFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { to, naming, output: _, ...rest } = flags;
    checkPrefixes('--to', to === undefined ? [] : [to]);
    const config = await loadConfig(session, rest);
    session.emit({ type: 'step', step: 'load', state: 'start' });
    const result = await loadBundle(session.workflow, {
      file,
      registries: config.registries,
      dryRun: flags.dryRun,
      referrers: flags.referrers,
      recheck: flags.recheck,
      ...(to === undefined ? {} : { prefix: to }),
      ...(naming === undefined ? {} : { naming }),
    });
    session.out((flags.dryRun ? planText : mirrorText)(result, flags.output, session.outStyle));
    if (result.failures.length === 0) return 0;
    throw copyError(result, 'loaded');
  });
}
