import { buildCommand } from '@stricli/core';
import type { CliContext } from '../context.ts';
import { type CommonFlags, commonFlags, type FormatFlags, formatFlags } from '../flags.ts';
import {
  type ClusterFlags,
  clusterAliases,
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

export const diffCommand = buildCommand<DiffFlags, string[], CliContext>({
  loader: async () => (await import('../handlers/diff.ts')).diff,
  parameters: {
    flags: {
      ...manifestFlags,
      ...guardWishFlags,
      ...clusterFlags,
      ...releaseFlags,
      ...formatFlags,
      ...commonFlags,
    },
    positional: manifestArguments,
    aliases: { ...clusterAliases, f: 'file', o: 'output', q: 'quiet', v: 'verbose' },
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
