import { defineCommand } from '../command.ts';
import { type CommonFlags, type FormatFlags, formatFlags, switchFlag } from '../flags.ts';
import { type ClusterFlags, clusterFlags, type ReleaseFlags, releaseFlags } from './cluster-flags.ts';

export interface RollbackFlags extends CommonFlags, ClusterFlags, ReleaseFlags, FormatFlags {
  readonly revision?: number;
  readonly yes: boolean;
}

export const rollbackCommand = defineCommand<RollbackFlags>({
  loader: async () => (await import('../handlers/rollback.ts')).rollback,
  parameters: {
    flags: {
      revision: {
        kind: 'parsed',
        parse: Number,
        optional: true,
        placeholder: 'N',
        brief: 'Undo this apply and all after it (default: the last one)',
      },
      yes: switchFlag('Do not ask; needed without a terminal when objects would be deleted'),
      ...clusterFlags,
      ...releaseFlags,
      ...formatFlags,
    },
  },
  docs: {
    brief: 'Bring back how the objects were before an apply',
    fullDescription: [
      'Objects that were changed are put back, deleted ones made anew, new ones removed. The last three states are kept.',
      'What cannot be undone is said: namespaces and CRDs with objects stay, objects stored in a newer version of a CRD stay in it, and data is never brought back.',
    ].join('\n'),
    customUsage: [
      { input: '', brief: 'Undo the last apply' },
      { input: '--revision 3', brief: 'Undo the third apply and all after it' },
    ],
  },
});
