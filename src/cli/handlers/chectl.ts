import { chectlCommandFor } from '../../workflows/index.ts';
import type { ChectlFlags } from '../commands/chectl.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function chectl(this: CliContext, flags: ChectlFlags, folder: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { chectl: version, domain, platform, output } = flags;
    const result = await chectlCommandFor(session.workflow, {
      folder,
      platform,
      ...(version === undefined ? {} : { version }),
      ...(domain === undefined ? {} : { domain }),
    });
    if (output === 'json') {
      session.out(`${JSON.stringify(result, undefined, 2)}\n`);
      return 0;
    }
    for (const message of result.notes)
      session.emit({ type: 'note', level: 'warning', subject: 'chectl', message });
    session.out(`${result.line}\n`);
    return 0;
  });
}
