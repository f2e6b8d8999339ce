import { defineCommand } from '../../command.ts';
import {
  type CommonFlags,
  copyFlags,
  type FormatFlags,
  formatFlags,
  type RegistryFlags,
  registryFlags,
  textFlag,
} from '../../flags.ts';
import { bundleFile, configFlag, namingFlag, transferFlags } from './flags.ts';

export interface BundleLoadFlags extends CommonFlags, RegistryFlags, FormatFlags {
  readonly config?: string;
  readonly to?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly referrers: boolean;
  readonly recheck: boolean;
  readonly dryRun: boolean;
}

export const loadCommand = defineCommand<BundleLoadFlags, [string]>({
  loader: async () => (await import('../../handlers/bundle-load.ts')).bundleLoad,
  parameters: {
    flags: {
      to: textFlag('HOST/PATH', 'Target prefix (default: the one in the lock)'),
      ...namingFlag,
      ...configFlag,
      recheck: copyFlags.recheck,
      ...transferFlags,
      ...formatFlags,
      ...registryFlags,
    },
    positional: bundleFile,
  },
  docs: {
    brief: 'Push what the target lacks from a bundle, digests unchanged',
    fullDescription:
      'Every byte is hashed on its way; blobs before manifests, manifests before the tag. A second run moves nothing. The same command continues one that was interrupted, also by kill -9 or a power cut: big blobs at the byte where the registry keeps what it has got.',
    customUsage: [
      { input: 'che.bundle --to registry.corp.example/che', brief: 'Into the registry of the other side' },
    ],
  },
});
