import { readLockFile, writeGuard } from '../../workflows/index.ts';
import type { GuardFlags } from '../commands/guard.ts';
import { checkPrefixes } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand } from './run.ts';

export function guard(this: CliContext, flags: GuardFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    checkPrefixes('--allow', flags.allow ?? []);
    const lock = await readLockFile(session.workflow, flags.lock ?? DEFAULT_LOCK);
    session.out(
      await writeGuard(session.workflow, {
        kubeconfig: flags.kubeconfig,
        context: flags.context,
        lock,
        name: flags.name,
        mode: flags.mode,
        workloads: flags.workloads,
        namespaces: flags.namespace ?? [],
        allow: flags.allow ?? [],
        mutate: flags.mutate,
        pullSecrets: flags.pullSecrets,
      }),
    );
    return 0;
  });
}
