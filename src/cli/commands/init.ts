import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
  textFlag,
  textsFlag,
} from '../flags.ts';

export interface InitFlags
  extends CommonFlags,
    TargetFlags,
    RegistryFlags,
    Pick<
      SourceFlags,
      'config' | 'file' | 'profile' | 'version' | 'dwo' | 'certManager' | 'upstream' | 'platform' | 'force'
    > {
  readonly name?: string;
}

export const initCommand = defineCommand<InitFlags>({
  loader: async () => (await import('../handlers/init.ts')).init,
  parameters: {
    flags: {
      config: textFlag('FILE', 'File to write (default: sallyport.yaml)'),
      name: textFlag('NAME', 'Name of the relocation (default: that of the profile)'),
      profile: sourceFlags.profile,
      version: textFlag('VERSION', 'Version of the profile'),
      file: textsFlag('FILE', 'Own manifests; repeatable'),
      dwo: sourceFlags.dwo,
      certManager: sourceFlags.certManager,
      upstream: sourceFlags.upstream,
      platform: sourceFlags.platform,
      ...targetFlags,
      ...registryFlags,
      force: switchFlag('Replace the file when it is there'),
    },
  },
  docs: {
    brief: 'Write a commented sallyport.yaml',
    fullDescription:
      'Writes sallyport.yaml with every key explained. Asks on a terminal for what no flag says; never asks elsewhere.',
  },
});
