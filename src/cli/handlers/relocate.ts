import { join } from 'node:path';
import { SallyportError } from '../../base/index.ts';
import { planText, relocateText } from '../../report/index.ts';
import { relocateError, relocate as relocateWorkflow } from '../../workflows/index.ts';
import type { RelocateFlags } from '../commands/relocate.ts';
import { loadConfig } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand } from './run.ts';

export function relocate(this: CliContext, flags: RelocateFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { output: folder, dryRun } = flags;
    if (folder === undefined)
      throw new SallyportError('USAGE', 'no folder is named for the manifests', {
        subject: 'sallyport relocate',
        hint: 'Name it with -o DIR.',
      });
    const config = await loadConfig(session, flags);
    if (config.target === undefined)
      throw new SallyportError('USAGE', 'no target is named', {
        subject: 'sallyport relocate',
        hint: 'Name it with --to HOST/PATH, or as target.prefix in sallyport.yaml.',
      });
    const result = await relocateWorkflow(session.workflow, {
      config,
      folder,
      lockFile: flags.lock ?? join(folder, DEFAULT_LOCK),
      alsoOurs: [DEFAULT_LOCK],
      force: flags.force,
      dryRun,
      referrers: flags.referrers,
      recheck: flags.recheck,
      withCredentials: flags.withCredentials,
      strict: flags.strict,
    });
    if (dryRun) session.out(planText(result.mirror, 'table', session.outStyle));
    else if (result.rendered !== undefined) session.out(relocateText(result, folder, session.outStyle));
    if (result.failures.length > 0) throw relocateError(result);
    return 0;
  });
}
