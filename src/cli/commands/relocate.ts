import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type CopyFlags,
  copyFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
} from '../flags.ts';
import { type RenderOnlyFlags, renderOnlyFlags } from './render.ts';

export interface RelocateFlags
  extends CommonFlags,
    CopyFlags,
    SourceFlags,
    RegistryFlags,
    TargetFlags,
    LockFileFlags,
    RenderOnlyFlags {
  readonly dryRun: boolean;
}

export const relocateCommand = defineCommand<RelocateFlags>({
  loader: async () => (await import('../handlers/relocate.ts')).relocate,
  parameters: {
    flags: {
      ...renderOnlyFlags,
      ...sourceFlags,
      ...targetFlags,
      ...lockFileFlags,
      dryRun: switchFlag('Find, pin and plan, but copy and write nothing'),
      ...copyFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Find, pin, copy and rewrite in one go',
    fullDescription:
      'Runs images, lock, mirror and render one after the other and proves that nothing in the output points outside of the target.',
    customUsage: [
      {
        input: '--profile che --version 7.121.0 --to registry.corp.example/che -o out/',
        brief: 'Eclipse Che with the DevWorkspace Operator',
      },
    ],
  },
});
