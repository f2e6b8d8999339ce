import { SallyportError } from '../../base/index.ts';
import { rollbackText } from '../../report/index.ts';
import { rollbackCluster } from '../../workflows/index.ts';
import type { RollbackFlags } from '../commands/rollback.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function rollback(this: CliContext, flags: RollbackFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    if (flags.revision !== undefined && !(Number.isInteger(flags.revision) && flags.revision > 0))
      throw new SallyportError('USAGE', '--revision wants the number of an apply', {
        hint: 'Each apply tells its number; without --revision the last one is undone.',
      });
    const result = await rollbackCluster(session.workflow, flags);
    session.out(rollbackText(result, flags.output ?? 'table', session.outStyle));
    return 0;
  });
}
