import { doctorText } from '../../report/index.ts';
import { examineRegistry } from '../../workflows/index.ts';
import type { DoctorFlags } from '../commands/doctor.ts';
import { loadConfig } from '../config.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function doctor(this: CliContext, flags: DoctorFlags, registry: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const config = await loadConfig(session, {
      ...(flags.config === undefined ? {} : { config: flags.config }),
      ...(flags.registry === undefined ? {} : { registry: flags.registry }),
    });
    const result = await examineRegistry(session.workflow, {
      registry,
      registries: config.registries,
      readOnly: flags.readOnly,
    });
    session.out(doctorText(result, flags.output ?? 'table', session.outStyle));
    return result.fit ? 0 : 3;
  });
}
