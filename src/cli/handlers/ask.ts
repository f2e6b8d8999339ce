import { confirm, isCancel, select, text } from '@clack/prompts';
import { SallyportError } from '../../base/index.ts';
import type { InitFlags } from '../commands/init.ts';

/** Asks for what the flags leave open. Ctrl-C ends it with `ABORTED` and nothing written. */
export async function askForInit(flags: InitFlags, signal: AbortSignal): Promise<InitFlags> {
  let answers = flags;
  if (flags.profile === undefined && (flags.file ?? []).length === 0) {
    const kind = answered(
      await select({
        message: 'What shall be moved?',
        options: [
          { value: 'che', label: 'Eclipse Che with the DevWorkspace Operator' },
          { value: 'manifests', label: 'Manifests of another operator' },
        ],
        signal,
      }),
    );
    if (kind === 'che') answers = { ...answers, profile: 'che' };
    else
      answers = {
        ...answers,
        file: [
          answered(
            await text({
              message: 'Manifests (a file, folder or glob)',
              placeholder: 'deploy/',
              validate: needed,
              signal,
            }),
          ),
        ],
      };
  }
  if (answers.profile !== undefined && answers.version === undefined) {
    answers = {
      ...answers,
      version: answered(
        await text({
          message: `Version of ${answers.profile}`,
          placeholder: '7.121.0',
          validate: needed,
          signal,
        }),
      ),
    };
  }
  if (answers.to === undefined) {
    answers = {
      ...answers,
      to: answered(
        await text({
          message: 'Target prefix',
          placeholder: 'registry.corp.example/che',
          validate: needed,
          signal,
        }),
      ),
    };
  }
  return answers;
}

function needed(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? 'Something is needed here.' : undefined;
}

function answered<T>(value: T, untouched = 'nothing was written'): Exclude<T, symbol> {
  if (isCancel(value) || typeof value === 'symbol')
    throw new SallyportError('ABORTED', untouched, { facts: { untouched: true } });
  return value as Exclude<T, symbol>;
}

/** Yes or no, no first; asked on standard error, as results may go elsewhere. Ctrl-C ends it with `ABORTED`. */
export async function askYesNo(message: string, signal: AbortSignal): Promise<boolean> {
  const answer = await confirm({ message, initialValue: false, signal, output: process.stderr });
  return answered(answer, 'nothing was changed');
}
