import { buildCommand } from '@stricli/core';
import type { CliContext } from '../context.ts';
import {
  type CommonFlags,
  commonFlags,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  type TargetFlags,
  targetFlags,
  text,
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

export const initCommand = buildCommand<InitFlags, [], CliContext>({
  loader: async () => (await import('../handlers/init.ts')).init,
  parameters: {
    flags: {
      config: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'File to write (default: sallyport.yaml)',
      },
      name: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'NAME',
        brief: 'Name of the relocation (default: that of the profile)',
      },
      profile: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'NAME',
        brief: 'Platform that is known: che, cert-manager',
      },
      version: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'VERSION',
        brief: 'Version of the profile',
      },
      file: {
        kind: 'parsed',
        parse: text,
        optional: true,
        variadic: true,
        placeholder: 'FILE',
        brief: 'Own manifests; repeatable',
      },
      dwo: sourceFlags.dwo,
      certManager: sourceFlags.certManager,
      upstream: sourceFlags.upstream,
      platform: sourceFlags.platform,
      ...targetFlags,
      ...registryFlags,
      force: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Replace the file when it is there',
      },
      ...commonFlags,
    },
    aliases: { c: 'config', f: 'file', q: 'quiet', v: 'verbose' },
  },
  docs: {
    brief: 'Write a commented sallyport.yaml',
    fullDescription:
      'Writes sallyport.yaml with every key explained. Asks on a terminal for what no flag says; never asks elsewhere.',
  },
});
