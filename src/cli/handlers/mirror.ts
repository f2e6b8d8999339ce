import { SallyportError } from '../../base/index.ts';
import { mirrorText, planText } from '../../report/index.ts';
import { copyError, mirrorImages, readLockFile, readReferenceList } from '../../workflows/index.ts';
import type { MirrorFlags } from '../commands/mirror.ts';
import { checkPrefixes, loadConfig, splitPlatforms } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand } from './run.ts';

export function mirror(this: CliContext, flags: MirrorFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { image: platforms } = splitPlatforms(flags.platform ?? []);
    if (flags.shard !== undefined && flags.afterShards) {
      throw new SallyportError(
        'CONFLICTING_OPTIONS',
        '--shard moves a part, --after-shards finishes what parts have moved',
        {
          hint: 'Run every shard, and one more with --after-shards.',
        },
      );
    }
    const common = {
      dryRun: flags.dryRun,
      referrers: flags.referrers,
      recheck: flags.recheck,
      afterShards: flags.afterShards,
      waitForPulls: flags.waitForPulls,
      ...(flags.shard === undefined ? {} : { shard: flags.shard }),
    };
    // --to says where this copy goes; what file and lock call the target is what rendered manifests name.
    const { to = [], naming, ...rest } = flags;
    checkPrefixes('--to', to);
    const config = await loadConfig(session, { ...rest, file: [] });
    session.emit({ type: 'step', step: 'mirror', state: 'start' });
    const result = await (flags.images === undefined ? mirrorLock() : mirrorList(flags.images));
    session.out((flags.dryRun ? planText : mirrorText)(result, flags.output, session.outStyle));
    if (result.failures.length === 0) return 0;
    throw copyError(result, 'copied');

    async function mirrorLock() {
      const lock = await readLockFile(session.workflow, flags.lock ?? DEFAULT_LOCK);
      return mirrorImages(session.workflow, {
        ...common,
        registries: config.registries,
        platforms: platforms.length > 0 ? platforms : lock.platforms,
        what: { lock, to, ...(naming === undefined ? {} : { naming }) },
      });
    }

    async function mirrorList(file: string) {
      const prefixes = to.length > 0 || config.target === undefined ? to : [config.target.prefix];
      if (prefixes.length === 0)
        throw new SallyportError('USAGE', 'a list needs a target', { hint: 'Give it with --to HOST/PATH.' });
      return mirrorImages(session.workflow, {
        ...common,
        registries: config.registries,
        platforms,
        what: {
          references: await readReferenceList(session.workflow, file),
          targets: prefixes.map((prefix) => ({
            prefix,
            naming: naming ?? config.target?.naming ?? 'nested',
          })),
        },
      });
    }
  });
}
