import {
  type BaseArgs,
  buildCommand,
  type Command,
  type CommandFunctionLoader,
  type FlagParametersForType,
  type TypedCommandParameters,
  type TypedCommandPositionalParameters,
} from '@stricli/core';
import type { CliContext } from './context.ts';
import { type CommonFlags, commonFlags } from './flags.ts';

/** A flag has the same short form wherever it is; kubectl's, where it has such a flag. */
const SHORT_FORMS: Readonly<Record<string, string>> = {
  A: 'allNamespaces',
  c: 'config',
  f: 'file',
  n: 'namespace',
  o: 'output',
  q: 'quiet',
  v: 'verbose',
};

type Flags<F> = CommonFlags & Readonly<Partial<Record<keyof F, unknown>>>;

interface Definition<F extends Flags<F>, A extends BaseArgs> {
  /** Loads the handler when the command is run. */
  readonly loader: CommandFunctionLoader<F, A, CliContext>;
  readonly parameters: TypedCommandPositionalParameters<A, CliContext> & {
    /** The command's own. */
    readonly flags: FlagParametersForType<Omit<F, keyof CommonFlags>, CliContext>;
  };
  readonly docs: {
    readonly brief: string;
    readonly fullDescription?: string;
    readonly customUsage?: readonly { readonly input: string; readonly brief: string }[];
  };
}

/** A command with the flags that all have, and the short forms of those that it has. */
export function defineCommand<F extends Flags<F>, A extends BaseArgs = []>(
  definition: Definition<F, A>,
): Command<CliContext> {
  const flags = { ...definition.parameters.flags, ...commonFlags };
  const aliases = Object.fromEntries(Object.entries(SHORT_FORMS).filter(([, flag]) => flag in flags));
  return buildCommand<F, A, CliContext>({
    ...definition,
    // The two halves make up the flags; the compiler cannot see it of a type that it does not know yet.
    parameters: { ...definition.parameters, flags, aliases } as unknown as TypedCommandParameters<
      F,
      A,
      CliContext
    >,
  });
}
