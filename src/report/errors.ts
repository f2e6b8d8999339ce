import { printable, SallyportError, toSallyportError } from '../base/index.ts';
import { paint, type Style } from './style.ts';
import { oneLine } from './table.ts';

/** Codes behind which there is nothing for the user to correct: they get the stack too. */
const DEFECTS: ReadonlySet<string> = new Set(['INTERNAL']);

/** The failure for people: subject, cause and next step. Several collected ones are listed, each with its own next step once. */
export function errorText(thrown: unknown, style: Style, options: { readonly verbose: boolean }): string {
  const error = toSallyportError(thrown);
  const { red, dim } = paint(style);
  const lines: string[] = [];
  if (error.parts.length > 0) {
    lines.push(`${red('error:')} ${sentence(error)}`);
    for (const part of withOneCause(error.parts)) lines.push(...indent(part));
    for (const [hint, count] of hintsOf(error.parts))
      lines.push(`  ${dim(count > 1 ? `→ (${count}×)` : '→')} ${hint}`);
  } else {
    lines.push(`${red('error:')} ${sentence(error)}`, `  ${dim('→')} ${error.hint}`);
  }
  if (DEFECTS.has(error.code) || options.verbose) lines.push(...details(error, style));
  return `${lines.join('\n')}\n`;
}

/** `subject: message`, on one line where the message is one. */
export function sentence(error: SallyportError): string {
  const message = messageOf(error);
  return error.subject === undefined ? message : `${oneLine(error.subject)}: ${message}`;
}

function messageOf({ message }: SallyportError): string {
  return message
    .split('\n')
    .map((line) => printable(line))
    .join('\n');
}

/** Subjects that are named where many have the same message, such as the images of a registry that is down. */
const NAMED = 3;

/** A sentence for each message, with all that it is about. */
function withOneCause(parts: readonly SallyportError[]): string[] {
  const groups = new Map<string, SallyportError[]>();
  for (const part of parts) {
    const same = groups.get(part.message);
    if (same === undefined) groups.set(part.message, [part]);
    else same.push(part);
  }
  return [...groups.values()].flatMap((same) => {
    const subjects = same.flatMap(({ subject }) => (subject === undefined ? [] : [subject]));
    const [first] = same;
    if (first === undefined || subjects.length <= NAMED) return same.map(sentence);
    const named = subjects.slice(0, NAMED).map((subject) => oneLine(subject));
    return [`${named.join(', ')} and ${subjects.length - NAMED} more: ${messageOf(first)}`];
  });
}

function hintsOf(parts: readonly SallyportError[]): Map<string, number> {
  const hints = new Map<string, number>();
  for (const part of parts) hints.set(part.hint, (hints.get(part.hint) ?? 0) + 1);
  return hints;
}

function indent(text: string): string[] {
  return text.split('\n').map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
}

function details(error: SallyportError, style: Style): string[] {
  const { dim } = paint(style);
  const facts = Object.entries(error.facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name}: ${printable(String(value))}`],
  );
  const causes: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && causes.length < 5) {
    causes.push(`  caused by ${cause.name}: ${printable(cause.message)}`);
    cause = cause.cause;
  }
  const origin =
    error.cause instanceof Error && !(error.cause instanceof SallyportError) ? error.cause : error;
  const stack = DEFECTS.has(error.code)
    ? (origin.stack ?? '')
        .split('\n')
        .slice(1)
        .map((line) => `  ${line.trim()}`)
    : [];
  return [`  code: ${error.code}`, ...facts, ...causes, ...stack].map((line) => dim(line));
}

/** The failure for programs. */
export function errorData(thrown: unknown): Record<string, unknown> {
  const error = toSallyportError(thrown);
  return {
    code: error.code,
    ...(error.subject === undefined ? {} : { subject: error.subject }),
    message: error.message,
    hint: error.hint,
    ...(Object.keys(error.facts).length === 0 ? {} : { facts: error.facts }),
    ...(error.parts.length === 0 ? {} : { parts: error.parts.map(errorData) }),
  };
}
