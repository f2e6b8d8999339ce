import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../../context.ts';
import { path, sourceFlags, switchFlag, type TargetFlags } from '../../flags.ts';

/** What commands of bundles have in common. */
export const bundleFile = {
  kind: 'tuple',
  parameters: [
    { brief: 'The bundle, the index of its parts, or one part', parse: path, placeholder: 'FILE' },
  ],
} as const;

export const configFlag: FlagParametersForType<{ readonly config?: string }, CliContext> = {
  config: sourceFlags.config,
};

export const namingFlag: FlagParametersForType<Pick<TargetFlags, 'naming'>, CliContext> = {
  naming: {
    kind: 'enum',
    values: ['nested', 'path', 'flat'],
    optional: true,
    brief: 'Target names (default: as the lock says)',
  },
};

export const transferFlags: FlagParametersForType<
  { readonly dryRun: boolean; readonly referrers: boolean },
  CliContext
> = {
  dryRun: switchFlag('Say what would move, in bytes; write nothing'),
  referrers: { kind: 'boolean', default: true, brief: 'Signatures, attestations and SBOMs travel too' },
};
