import { type ApplicationText, text_en } from '@stricli/core';
import { printable, redactUrl, SallyportError } from '../base/index.ts';

/**
 * What the command line itself is wrong in, in the form of every other error: subject, cause, next step. Only the words are ours; what is
 * wrong stricli finds out.
 */
export const usageText: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    said(notACommand(input, corrections), '`sallyport --help` lists the commands.'),
  exceptionWhileParsingArguments: (thrown) => said(faultOf(thrown), stepOf(thrown)),
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

function notACommand(input: string, corrections: readonly string[]): string {
  if (input === '') return 'an empty word is no command';
  // The nearest command to a flag is never what was meant.
  return input.startsWith('-')
    ? `${shown(input)}: is no flag here; the command comes first`
    : `${shown(input)}: is no command${meant(corrections)}`;
}

/** A value may say itself what to do about it. */
function stepOf(thrown: unknown): string {
  const exception = thrown instanceof Error ? (thrown as Fault).exception : undefined;
  return exception instanceof SallyportError
    ? exception.hint
    : 'The command with --help shows what it takes.';
}

function faultOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const fault: Fault = thrown;
  const { externalFlagName, corrections, values, exception, expectedCount, placeholder } = fault;
  const input = shown(fault.input ?? '');
  if (exception !== undefined) {
    const about = [nameOf(fault.externalFlagNameOrPlaceholder ?? ''), input].filter((part) => part !== '');
    return `${about.join(' ')}: ${exception instanceof Error ? exception.message : String(exception)}`;
  }
  if (externalFlagName !== undefined) {
    if (values !== undefined) return `--${externalFlagName} ${input}: is none of ${values.join(', ')}`;
    if ('nextFlagName' in fault) return `--${externalFlagName}: is missing, or its value is`;
    if ('previousInput' in fault) return `--${externalFlagName}: is given twice`;
  }
  if (corrections !== undefined)
    return `--${input}: is no flag of this command${meant(corrections.map((name) => `--${kebab(name)}`))}`;
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

/** Corrections are taken from the names in the code. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What was typed, fit for a terminal and a log. */
function shown(input: string): string {
  return printable(input.includes('://') && URL.canParse(input) ? redactUrl(input) : input, 200);
}

function meant(corrections: readonly string[]): string {
  return corrections.length === 0 ? '' : `; did you mean ${corrections.join(' or ')}?`;
}

function said(fault: string, step: string): string {
  return `error: ${fault}\n  → ${step}`;
}
