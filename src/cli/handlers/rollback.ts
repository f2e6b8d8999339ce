import { formatCount, SallyportError } from '../../base/index.ts';
import { rollbackPlanText, rollbackText } from '../../report/index.ts';
import { type RollbackPlan, rollbackCluster } from '../../workflows/index.ts';
import type { RollbackFlags } from '../commands/rollback.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function rollback(this: CliContext, flags: RollbackFlags): Promise<void> {
  return runCommand(
    this,
    flags,
    async (session) => {
      if (flags.revision !== undefined && !(Number.isInteger(flags.revision) && flags.revision > 0))
        throw new SallyportError('USAGE', '--revision wants the number of an apply', {
          hint: 'Each apply tells its number; without --revision the last one is undone.',
        });
      const interactive = this.stdinIsTerminal() && this.stderrIsTerminal;
      const confirm = async (plan: RollbackPlan): Promise<boolean> => {
        if (flags.yes) return true;
        if (!interactive && plan.remove.length === 0) return true;
        if (!interactive)
          throw new SallyportError(
            'USAGE',
            `this would delete ${formatCount(plan.remove.length, 'object')}, and cannot ask without a terminal`,
            {
              subject: `revision ${plan.revisions.join(', ')}`,
              hint: 'Add --yes when that is what you want.',
            },
          );
        session.note(rollbackPlanText(plan, session.errStyle));
        return (await import('./ask.ts')).askYesNo('Go back to the state before?', this.signal);
      };
      const result = await rollbackCluster(session.workflow, { ...flags, confirm });
      session.out(rollbackText(result, flags.output, session.outStyle));
      return 0;
    },
    'what was put back stays; the same command continues',
  );
}
