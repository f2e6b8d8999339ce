import { SallyportError } from '../../base/index.ts';
import { initConfig } from '../../workflows/index.ts';
import type { InitFlags } from '../commands/init.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function init(this: CliContext, flags: InitFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const answers =
      needsAnswers(flags) && this.stdinIsTerminal() && this.stderrIsTerminal
        ? await (await import('./ask.ts')).askForInit(flags, this.signal)
        : flags;
    if (answers.to === undefined || needsAnswers(answers)) {
      throw new SallyportError('USAGE', 'says neither what to move nor where to', {
        subject: 'sallyport init',
        hint: 'For example: sallyport init --profile che --version 7.121.0 --to registry.corp.example/che',
      });
    }
    const { file } = await initConfig(session.workflow, {
      file: flags.config ?? DEFAULT_CONFIG,
      force: flags.force,
      name: answers.name ?? answers.profile ?? 'platform',
      manifests: answers.file ?? [],
      prefix: answers.to,
      ...(answers.profile === undefined || answers.version === undefined
        ? {}
        : { profile: { name: answers.profile, version: answers.version } }),
      ...(answers.naming === undefined ? {} : { naming: answers.naming }),
      ...(answers.reference === undefined ? {} : { reference: answers.reference }),
      ...(answers.pullSecret === undefined ? {} : { pullSecret: answers.pullSecret }),
    });
    session.out(`${file}\n`);
    if (!flags.quiet)
      this.process.stderr.write(
        `Next: sallyport images, then sallyport lock, or all at once: sallyport relocate -o out/\n`,
      );
    return 0;
  });
}

function needsAnswers(flags: Pick<InitFlags, 'profile' | 'version' | 'file' | 'to'>): boolean {
  const source =
    (flags.profile !== undefined && flags.version !== undefined) || (flags.file ?? []).length > 0;
  return !source || flags.to === undefined;
}
