import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type CopyFlags,
  copyFlags,
  type FormatFlags,
  formatFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
  textFlag,
  textsFlag,
  waitForPullsFlag,
} from '../flags.ts';

export interface MirrorFlags
  extends CommonFlags,
    CopyFlags,
    RegistryFlags,
    Pick<TargetFlags, 'naming'>,
    FormatFlags,
    LockFileFlags {
  readonly to?: readonly string[];
  readonly config?: string;
  readonly images?: string;
  readonly platform?: readonly string[];
  readonly dryRun: boolean;
  readonly shard?: { readonly index: number; readonly count: number };
  readonly afterShards: boolean;
  readonly waitForPulls: boolean;
}

function shard(input: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(input);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && index < count) return { index, count };
  throw new Error(`“${input}” is not I/N with I from 0 to N-1, e.g. 0/4 to 3/4`);
}

export const mirrorCommand = defineCommand<MirrorFlags>({
  loader: async () => (await import('../handlers/mirror.ts')).mirror,
  parameters: {
    flags: {
      config: sourceFlags.config,
      ...lockFileFlags,
      images: textFlag('FILE', 'Copy a plain list of references instead, one a line; - is standard input'),
      to: textsFlag(
        'HOST/PATH',
        'Target prefix in place of the lock’s; repeatable: each blob is read once for all of them',
        ',',
      ),
      naming: targetFlags.naming,
      platform: textsFlag(
        'OS/ARCH',
        'Copy only these platforms (default: those of the lock, else all); repeatable',
        ',',
      ),
      dryRun: switchFlag('Print the plan: images, blobs, bytes to send, present and mountable'),
      ...copyFlags,
      shard: {
        kind: 'parsed',
        parse: shard,
        optional: true,
        placeholder: 'I/N',
        brief:
          'Move only the blobs of shard I of N (from 0) and write no manifest; N workers share a lock so',
      },
      afterShards: switchFlag(
        'Wait until the blobs of all shards are at the target, then write manifests and tags',
      ),
      waitForPulls: waitForPullsFlag,
      ...formatFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Copy what the target lacks, digests unchanged',
    fullDescription: [
      'Copies the images of the lock, all platforms, with their signatures: blobs before manifests, manifests before the tag, each blob once for all images.',
      'With --to, below the named prefixes in place of the lock’s target; one that fails does not stop the others.',
      'A second run moves nothing. Ctrl-C leaves no tag pointing at something incomplete; the next run continues, also after a kill:',
      'open uploads of big blobs, and what was brought of which image, are remembered in $XDG_STATE_HOME/sallyport.',
    ].join('\n'),
    customUsage: [
      { input: '--dry-run', brief: 'What would be sent' },
      { input: '--shard 0/4', brief: 'One of four workers; then, once: mirror --after-shards' },
      { input: '--to a.example/che --to b.example/che', brief: 'Two targets, each blob read once' },
      { input: '--images list.txt --to registry.corp.example/che', brief: 'A plain list, without a lock' },
    ],
  },
});
