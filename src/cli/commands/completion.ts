import { buildCommand } from '@stricli/core';
import type { CliContext } from '../context.ts';

export type Shell = 'bash' | 'zsh' | 'fish';
const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

export const completionCommand = buildCommand<Record<never, never>, [Shell], CliContext>({
  loader: async () => (await import('../handlers/completion.ts')).completion,
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'bash, zsh or fish',
          placeholder: 'SHELL',
          parse: (input: string): Shell => {
            const shell = SHELLS.find((known) => known === input);
            if (shell === undefined) throw new Error(`expected one of ${SHELLS.join(', ')}`);
            return shell;
          },
          proposeCompletions: () => SHELLS,
        },
      ],
    },
  },
  docs: {
    brief: 'Print a completion script for a shell',
    fullDescription: 'Prints a completion script. bash: source <(sallyport completion bash)',
  },
});

export const completeCommand = buildCommand<Record<never, never>, string[], CliContext>({
  loader: async () => (await import('../handlers/completion.ts')).complete,
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'Words typed so far', parse: String, placeholder: 'WORD' },
    },
  },
  docs: { brief: 'Propose what may come next (used by the completion scripts)' },
});
