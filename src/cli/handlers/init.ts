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
      throw new SallyportError('USAGE', `does not know ${missing(answers)}`, {
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

type Needed = Pick<InitFlags, 'profile' | 'version' | 'file' | 'to'>;

function needsAnswers(flags: Needed): boolean {
  return !namesSource(flags) || flags.to === undefined;
}

function namesSource({ profile, version, file = [] }: Needed): boolean {
  return (profile !== undefined && version !== undefined) || file.length > 0;
}

/** What of the two is not said: what to move, where to. */
function missing(flags: Needed): string {
  const what =
    flags.profile === undefined
      ? 'what to move (--profile and --version, or -f)'
      : 'which version to move (--version)';
  return [...(namesSource(flags) ? [] : [what]), ...(flags.to === undefined ? ['where to (--to)'] : [])].join(
    ' and ',
  );
}
