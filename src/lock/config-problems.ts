import { printable, SallyportError } from '../base/index.ts';
import type { ConfigDocument } from '../yaml/index.ts';
import { keysBelow } from './config-keys.ts';
import { nearest } from './nearest.ts';

/** The part of a schema issue that is used here; `input` is there only for issues that speak of a value. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly expected?: string;
}

/** An issue as errors at the places in the file where they are to be corrected; one each for unknown keys. */
export function problemOf(file: string, document: ConfigDocument, issue: SchemaIssue): SallyportError[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  const fault = (at: readonly (string | number)[], message: string) =>
    new SallyportError('CONFIG_INVALID', message, { subject: placeOf(file, document, at) });
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => fault([...path, key], unknownKey(path, key)));
  }
  return [fault(path, `${nameOf(path)} ${reasonOf(issue, path, valueAt(document.value, path))}`)];
}

function unknownKey(path: readonly (string | number)[], key: string): string {
  const near = nearest(key, keysBelow(patternOf(path)));
  const where = path.length === 0 ? '' : ` in ${nameOf(path)}`;
  return `unknown key “${printable(key)}”${where}${near === undefined ? '' : `: did you mean ${near}?`}`;
}

function reasonOf(issue: SchemaIssue, path: readonly (string | number)[], value: unknown): string {
  const { code, expected, values = [] } = issue;
  if (value === undefined && code !== 'custom') return 'is missing';
  if (value === null)
    return path.length === 0
      ? 'is empty; `sallyport init` writes one'
      : 'has no value; give it one or remove the key';
  if (code === 'invalid_type' && expected !== undefined) {
    // 7.100 is read as the number 7.1, so a version has to be text already in the file
    const quote = expected === 'string' && typeof value !== 'object' ? '; put it in quotes' : '';
    return `is ${kindOf(value)} but has to be ${KINDS[expected] ?? expected}${quote}`;
  }
  if (code === 'invalid_value') {
    const near = nearest(String(value), values.map(String));
    const meant = near === undefined || values.length === 1 ? '' : `: did you mean ${near}?`;
    const known = values.length === 1 ? `has to be ${String(values[0])}` : `is none of ${values.join(', ')}`;
    return `${known}, not “${printable(String(value), 100)}”${meant}`;
  }
  return printable(issue.message);
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return KINDS[typeof value] ?? typeof value;
}

function nameOf(path: readonly (string | number)[]): string {
  const name = path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
  return name === '' ? 'the file' : printable(name);
}

/** The path in the notation of the table of keys. */
function patternOf(path: readonly (string | number)[]): string {
  return nameOf(path.map((step, index) => (isFree(path, index) ? '*' : step))).replace(
    /^the file$|\[\d+\]/g,
    (part) => (part.startsWith('[') ? '[]' : ''),
  );
}

/** Whether any name may stand there: a host, a component, a resource. */
function isFree(path: readonly (string | number)[], index: number): boolean {
  if (path[0] === 'registries') return index === 1;
  const above = path[index - 1];
  return (
    path[2] === 'settings' &&
    (above === 'components' || above === 'requests' || above === 'limits' || above === 'nodeSelector')
  );
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (holder, step) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, step)
        ? (holder as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}

/** The value, else the key it belongs to, else the nearest thing around it that stands in the file. */
function placeOf(file: string, document: ConfigDocument, path: readonly (string | number)[]): string {
  const last = path.at(-1);
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    const at =
      typeof last === 'string' || length < path.length
        ? (document.keyPositionOfPath(part) ?? document.positionOfPath(part))
        : document.positionOfPath(part);
    if (at !== undefined) return `${file}:${at.line}:${at.column}`;
  }
  return `${file}:1:1`;
}
