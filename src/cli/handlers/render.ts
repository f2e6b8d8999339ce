import { join } from 'node:path';
import { formatCount, SallyportError } from '../../base/index.ts';
import {
  checkOutputFolder,
  proofText,
  readLockFile,
  renderFromLock,
  renderStream,
  writeRendered,
} from '../../workflows/index.ts';
import type { RenderFlags } from '../commands/render.ts';
import { loadConfig } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand } from './run.ts';

export function render(this: CliContext, flags: RenderFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { workflow } = session;
    const lock = await readLockFile(workflow, flags.lock ?? DEFAULT_LOCK);
    // The lock knows the target; a configuration that says another is a contradiction.
    const { target } = lock;
    const config = await loadConfig(
      session,
      target === undefined
        ? flags
        : {
            ...flags,
            to: flags.to ?? target.prefix,
            naming: flags.naming ?? target.naming,
            reference: flags.reference ?? target.reference,
          },
      target?.pullSecret?.name,
    );
    const mirrorJob = mirrorJobOf(flags);
    if (flags.output === undefined) {
      const { force, strict } = flags;
      session.out((await renderStream(workflow, { config, lock, force, strict })).toString('utf8'));
      return 0;
    }
    const ours = { force: flags.force, alsoOurs: [DEFAULT_LOCK] };
    await checkOutputFolder(workflow, flags.output, ours);
    session.emit({ type: 'step', step: 'render', state: 'start' });
    const rendered = await renderFromLock(workflow, {
      config,
      lock,
      force: flags.force,
      strict: flags.strict,
      withCredentials: flags.withCredentials,
      ...(mirrorJob === undefined ? {} : { mirrorJob }),
    });
    const { written, removed } = await writeRendered(workflow, flags.output, rendered, ours);
    session.emit({
      type: 'step',
      step: 'render',
      state: 'done',
      message: `${formatCount(rendered.files.length, 'file')}, ${written} written${removed === 0 ? '' : `, ${removed} removed`}; ${proofText(rendered.closure, lock)}`,
    });
    session.out(`${join(flags.output, 'README.md')}\n`);
    return 0;
  });
}

function mirrorJobOf({ mirrorJob, mirrorImage, output }: RenderFlags) {
  if (mirrorJob === undefined && mirrorImage === undefined) return undefined;
  if (mirrorJob === undefined || mirrorImage === undefined || output === undefined) {
    throw new SallyportError(
      'USAGE',
      'Jobs that copy need a count of pods, an image and a folder to be written to',
      {
        subject: '--mirror-job',
        hint: 'For example: --mirror-job 4 --mirror-image registry.corp.example/tools/sallyport:0.1.0 -o out/',
      },
    );
  }
  return { workers: mirrorJob, image: mirrorImage };
}
