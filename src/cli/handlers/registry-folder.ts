import { garbageText, verifyFolderText } from '../../report/index.ts';
import { collectRegistryGarbage, verifyRegistryFolder } from '../../workflows/index.ts';
import type { RegistryGcFlags, RegistryVerifyFlags } from '../commands/registry.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function registryGc(this: CliContext, flags: RegistryGcFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { dir, untagged, dryRun, minAge } = flags;
    const result = await collectRegistryGarbage(session.workflow, {
      dir,
      untagged,
      dryRun,
      ...(minAge === undefined ? {} : { minAgeMs: minAge }),
    });
    session.out(garbageText(result, flags.output, { dryRun }));
    return 0;
  });
}

export function registryVerify(this: CliContext, flags: RegistryVerifyFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { dir, children } = flags;
    const result = await verifyRegistryFolder(session.workflow, { dir, children });
    session.out(verifyFolderText(result, flags.output, session.outStyle));
    return result.problems.length === 0 ? 0 : 3;
  });
}
