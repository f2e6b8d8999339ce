import { combineErrors } from '../../base/index.ts';
import { clusterDiffText } from '../../report/index.ts';
import { diffWithCluster } from '../../workflows/index.ts';
import type { DiffFlags } from '../commands/diff.ts';
import type { CliContext } from '../context.ts';
import { guardWish } from './guard-wish.ts';
import { runCommand } from './run.ts';

export function diff(this: CliContext, flags: DiffFlags, ...folders: readonly string[]): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { guard: _, ...plain } = flags;
    const guard = await guardWish(session, flags, folders);
    const result = await diffWithCluster(session.workflow, {
      ...plain,
      guard,
      names: [...folders, ...(flags.file ?? [])],
    });
    session.out(clusterDiffText(result, flags.output, session.outStyle, { verbose: flags.verbose }));
    const refused = result.objects.flatMap(({ error }) => error ?? []);
    if (refused.length > 0) throw combineErrors(refused, `the server would refuse ${refused.length} objects`);
    if (result.problems.length > 0) throw combineErrors(result.problems, 'an apply would be refused');
    return result.objects.every(({ action, conflicts }) => action === 'unchanged' && conflicts.length === 0)
      ? 0
      : 3;
  });
}
