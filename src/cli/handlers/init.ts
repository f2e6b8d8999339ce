import { SallyportError } from '../../base/index.ts';
import { type ConfigFlags, initConfig } from '../../workflows/index.ts';
import type { InitFlags } from '../commands/init.ts';
import { configFlags, DEFAULT_CONFIG, definedOf } from '../config.ts';
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
    const said = configFlags(answers);
    const { file } = await initConfig(session.workflow, {
      file: flags.config ?? DEFAULT_CONFIG,
      force: flags.force,
      name: answers.name ?? answers.profile ?? 'platform',
      manifests: answers.file ?? [],
      prefix: answers.to,
      ...profileOf(answers, said),
      ...(said.imagePlatforms === undefined ? {} : { platforms: said.imagePlatforms }),
      ...(said.registries === undefined ? {} : { registries: said.registries }),
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

/** The profile as flags say it. Throws `USAGE` for keys of a profile without one, rather than losing them. */
function profileOf(
  { profile: name, version }: Pick<InitFlags, 'profile' | 'version'>,
  { devworkspaceOperator, certManager, platform, upstream }: ConfigFlags,
) {
  const keys = definedOf({ devworkspaceOperator, certManager, platform, upstream });
  if (name !== undefined && version !== undefined) return { profile: { name, version, ...keys } };
  if (Object.keys(keys).length === 0) return {};
  throw new SallyportError(
    'USAGE',
    `${Object.keys(keys).join(', ')} say something of a profile, and none is named`,
    {
      subject: 'sallyport init',
      hint: 'Add --profile NAME --version VERSION, or leave them out.',
    },
  );
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
