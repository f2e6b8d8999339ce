import { isObject, type Json } from './value.ts';

/** Text that reads as the same string without quotes in every YAML version: begins with a letter, no space, no meaning of its own. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** One value on one line, for a place in block form: `{}` and `[]` for what is empty, JSON for nested values. */
export function inlineText(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (PLAIN.test(value) && !WORDS.test(value)) return value;
  // JSON inside a string stays readable between single quotes
  if (value.includes('"') && !/[\n\r\t\\\u0000-\u001f\u007f-\uffff]/.test(value))
    return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value);
}

/**
 * A value as lines in block form, each indented by `indent` columns, lists at the column of their key as kubectl writes them.
 * A scalar or empty value gives one line.
 */
export function blockLines(value: Json, indent: number): string[] {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item: Json) => itemLines(item, indent));
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner, indent));
  return [`${pad}${inlineText(value)}`];
}

/** The lines of an item of a list whose dash stands at `indent`. */
export function itemLines(item: Json, indent: number): string[] {
  const [first = '', ...rest] = blockLines(item, indent + 2);
  return [`${' '.repeat(indent)}- ${first.slice(indent + 2)}`, ...rest];
}

/** The lines of an entry of a map whose keys stand at `indent`. */
export function entryLines(key: string, value: Json, indent: number): string[] {
  const head = `${' '.repeat(indent)}${inlineText(key)}:`;
  if (isScalarLike(value)) return [`${head} ${inlineText(value)}`];
  return [head, ...blockLines(value, Array.isArray(value) ? indent : indent + 2)];
}

/** What stands behind its key on the same line. */
export function isScalarLike(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !isObject(value) || Object.keys(value).length === 0;
}

/** A whole document in block form, without a marker line, ending in a line break. */
export function documentText(value: Json): string {
  return `${blockLines(value, 0).join('\n')}\n`;
}
