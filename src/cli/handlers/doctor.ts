import { SallyportError } from '../../base/index.ts';
import { doctorText } from '../../report/index.ts';
import { examineCluster, examineRegistry, type Lock, readLockFile } from '../../workflows/index.ts';
import type { DoctorFlags } from '../commands/doctor.ts';
import { loadRegistries } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand, type Session } from './run.ts';

export function doctor(this: CliContext, flags: DoctorFlags, registry?: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    if (registry === undefined && !flags.cluster)
      throw new SallyportError('USAGE', 'nothing says what to examine', {
        hint: 'Name a registry, or pass --cluster.',
      });
    const registries = await loadRegistries(session, flags);
    const results = [
      ...(registry === undefined
        ? []
        : [await examineRegistry(session.workflow, { registry, registries, readOnly: flags.readOnly })]),
      ...(flags.cluster
        ? [
            await examineCluster(session.workflow, {
              kubeconfig: flags.kubeconfig,
              context: flags.context,
              registries,
              names: flags.file ?? [],
              timeoutMs: flags.timeout,
              ...(await lockOf(session, flags)),
            }),
          ]
        : []),
    ];
    session.out(doctorText(results, flags.output, session.outStyle));
    return results.every(({ fit }) => fit) ? 0 : 3;
  });
}

/** The lock that is named, or the one in this folder; a cluster can be examined without. */
async function lockOf(session: Session, { lock }: DoctorFlags): Promise<{ lock?: Lock }> {
  try {
    return { lock: await readLockFile(session.workflow, lock ?? DEFAULT_LOCK) };
  } catch (thrown) {
    if (lock !== undefined || !(thrown instanceof SallyportError) || thrown.code !== 'LOCK_NOT_FOUND')
      throw thrown;
    session.emit({
      type: 'note',
      level: 'info',
      message: 'there is no lock here, so the platforms of the images and a pull are not tried (--lock FILE)',
    });
    return {};
  }
}
