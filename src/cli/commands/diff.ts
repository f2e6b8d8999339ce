import { defineCommand } from '../command.ts';
import { type CommonFlags, type FormatFlags, formatFlags } from '../flags.ts';
import {
  type ClusterFlags,
  clusterFlags,
  type GuardWishFlags,
  guardWishFlags,
  type ManifestFlags,
  manifestArguments,
  manifestFlags,
  type ReleaseFlags,
  releaseFlags,
} from './cluster-flags.ts';

export interface DiffFlags
  extends CommonFlags,
    ClusterFlags,
    ReleaseFlags,
    ManifestFlags,
    GuardWishFlags,
    FormatFlags {}

export const diffCommand = defineCommand<DiffFlags, string[]>({
  loader: async () => (await import('../handlers/diff.ts')).diff,
  parameters: {
    flags: {
      ...manifestFlags,
      ...guardWishFlags,
      ...clusterFlags,
      ...releaseFlags,
      ...formatFlags,
    },
    positional: manifestArguments,
  },
  docs: {
    brief: 'Show what apply would change in the cluster',
    fullDescription: [
      'Asks the server itself by a dry run of every object; nothing is changed. Defaults and what only the server writes are no differences, values of Secrets are masked.',
      'Objects whose namespace or kind comes with the same apply cannot be judged by the server yet and are marked as simulated. Fields that another manager holds are named with the manager.',
      'Exit status 0: nothing would change; 3: something would.',
    ].join('\n'),
    customUsage: [
      { input: 'out/', brief: 'What the rendered folder would change' },
      { input: '-f combined.yaml -o json', brief: 'For programs' },
    ],
  },
});
