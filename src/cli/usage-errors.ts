import { type ApplicationText, text_en } from '@stricli/core';

/**
 * What the command line itself is wrong in, in the form of every other error: subject, cause, next step. Only the words are ours; what is
 * wrong stricli finds out.
 */
export const usageText: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    said(`${input}: is no command${meant(corrections)}`, '`sallyport --help` lists the commands.'),
  exceptionWhileParsingArguments: (thrown) =>
    said(faultOf(thrown), 'The command with --help shows what it takes.'),
};

/** What stricli's errors hold. Each kind is told by its fields: the names of their classes do not survive in the built program. */
interface Fault extends Error {
  readonly input?: string;
  readonly corrections?: readonly string[];
  readonly values?: readonly string[];
  readonly exception?: unknown;
  readonly externalFlagName?: string;
  readonly externalFlagNameOrPlaceholder?: string;
  readonly nextFlagName?: string;
  readonly previousInput?: string;
  readonly expectedCount?: number;
  readonly placeholder?: string;
}

function faultOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const fault: Fault = thrown;
  const { input = '', externalFlagName, corrections, values, exception, expectedCount, placeholder } = fault;
  if (exception !== undefined)
    return `${nameOf(fault.externalFlagNameOrPlaceholder ?? '')} ${input}: ${exception instanceof Error ? exception.message : String(exception)}`;
  if (externalFlagName !== undefined) {
    if (values !== undefined) return `--${externalFlagName} ${input}: is none of ${values.join(', ')}`;
    if ('nextFlagName' in fault) return `--${externalFlagName}: a value is missing`;
    if ('previousInput' in fault) return `--${externalFlagName}: is given twice`;
  }
  if (corrections !== undefined)
    return `--${input}: is no flag of this command${meant(corrections.map((name) => `--${name}`))}`;
  if (expectedCount !== undefined)
    return `${input}: is too much; this command takes ${expectedCount === 0 ? 'flags only' : `${expectedCount} beside its flags`}`;
  if (placeholder !== undefined) return `${placeholder}: is missing`;
  return externalFlagName === undefined && input !== ''
    ? `-${input}: is no flag of this command`
    : fault.message;
}

/** Stricli names flags as they are typed, without their dashes, and arguments by their placeholders, which are written in capitals. */
function nameOf(name: string): string {
  return name === name.toUpperCase() ? name : `--${name}`;
}

function meant(corrections: readonly string[]): string {
  return corrections.length === 0 ? '' : `; did you mean ${corrections.join(' or ')}?`;
}

function said(fault: string, step: string): string {
  return `error: ${fault}\n  → ${step}`;
}
