import { defineCommand } from '../../command.ts';
import {
  type CommonFlags,
  type LockFileFlags,
  lockFileFlags,
  path,
  type RegistryFlags,
  registryFlags,
  textFlag,
} from '../../flags.ts';
import { configFlag, namingFlag } from './flags.ts';

export interface BundleInventoryFlags extends CommonFlags, RegistryFlags, LockFileFlags {
  readonly config?: string;
  readonly target?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly output?: string;
}

export const inventoryCommand = defineCommand<BundleInventoryFlags, [string?]>({
  loader: async () => (await import('../../handlers/bundle-inventory.ts')).bundleInventory,
  parameters: {
    flags: {
      target: textFlag('HOST/PATH', 'Target prefix (default: the one in the lock)'),
      ...namingFlag,
      ...configFlag,
      ...lockFileFlags,
      output: textFlag('FILE', 'File to write (default: standard output)'),
      ...registryFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'A bundle that came over earlier (default: the lock)',
          parse: path,
          placeholder: 'FILE',
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: 'Write down what the target has already, for `bundle create --since`',
    fullDescription:
      'Run it on the isolated side: it asks the repositories that the lock, or the lock in an earlier bundle, leads to.',
    customUsage: [
      {
        input: 'che.bundle --target registry.corp.example/che -o inventory.json',
        brief: 'After an earlier bundle was loaded',
      },
    ],
  },
});
