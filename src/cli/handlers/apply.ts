import { formatCount, SallyportError } from '../../base/index.ts';
import { applyText, prunePlanText } from '../../report/index.ts';
import { applyToCluster, type PrunePlan } from '../../workflows/index.ts';
import type { ApplyFlags } from '../commands/apply.ts';
import { loadRegistries } from '../config.ts';
import type { CliContext } from '../context.ts';
import { guardWish } from './guard-wish.ts';
import { runCommand } from './run.ts';

const STOPPED =
  'what was applied stays; the same command continues, and `sallyport rollback` brings the state before back';

export function apply(this: CliContext, flags: ApplyFlags, ...folders: readonly string[]): Promise<void> {
  return runCommand(
    this,
    flags,
    async (session) => {
      const interactive = this.stdinIsTerminal() && this.stderrIsTerminal;
      if (flags.prune && !flags.yes && !interactive)
        throw new SallyportError('USAGE', '--prune deletes objects and cannot ask without a terminal', {
          hint: 'See with `sallyport diff` what would go, then add --yes.',
        });
      const confirmPrune = async (plan: PrunePlan): Promise<boolean> => {
        session.note(prunePlanText(plan, session.errStyle));
        return (
          flags.yes ||
          (await (
            await import('./ask.ts')
          ).askYesNo(`Delete ${formatCount(plan.remove.length, 'object')}?`, this.signal))
        );
      };
      const registries = await loadRegistries(session, flags);
      const { guard: _, ...plain } = flags;
      const guard = await guardWish(session, flags, folders);
      const result = await applyToCluster(session.workflow, {
        ...plain,
        guard,
        registries,
        names: [...folders, ...(flags.file ?? [])],
        timeoutMs: flags.timeout,
        ...(flags.prune ? { confirmPrune } : {}),
      });
      session.out(applyText(result, flags.output, session.outStyle));
      return 0;
    },
    STOPPED,
  );
}
