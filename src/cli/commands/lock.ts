import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type FormatFlags,
  formatFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
  textsFlag,
} from '../flags.ts';

export interface LockFlags
  extends CommonFlags,
    SourceFlags,
    RegistryFlags,
    TargetFlags,
    FormatFlags,
    LockFileFlags {
  readonly check: boolean;
  readonly update?: readonly string[];
}

export const lockCommand = defineCommand<LockFlags>({
  loader: async () => (await import('../handlers/lock.ts')).lock,
  parameters: {
    flags: {
      ...sourceFlags,
      ...targetFlags,
      ...lockFileFlags,
      check: switchFlag('Change nothing; exit 3 when the lock would change'),
      update: textsFlag('REF', 'Ask anew only for this reference and keep the rest; repeatable'),
      ...formatFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Pin every image to a digest and write sallyport.lock.yaml',
    fullDescription: [
      'Asks the source registries what each reference is today: digest, media type, platforms, sizes, signatures and other referrers.',
      'Everything after this reads the lock and asks no tag again. Locking twice gives identical bytes.',
    ].join('\n'),
    customUsage: [
      {
        input: '--profile che --version 7.121.0 --to registry.corp.example/che',
        brief: 'Pin all that Eclipse Che 7.121.0 needs',
      },
      { input: '--check', brief: 'In a pipeline: has any tag moved?' },
    ],
  },
});
