/** How a string is written that the rules here leave to others, or undefined where it needs more than a line. */
export type WriteString = (text: string) => string | undefined;

/**
 * Writes what our own files consist of (maps, lists, words, whole numbers) as the YAML library does, byte for byte, without it: a lock of 10,000
 * images takes it 0.8 s. Undefined for anything else; the library then writes the whole.
 */
export function writeBlock(value: unknown, writeString: WriteString): string | undefined {
  const lines: string[] = [];
  try {
    if (isMap(value) || Array.isArray(value)) collection(lines, value, '', '', writeString);
    else return undefined;
  } catch (error) {
    if (error instanceof Rare) return undefined;
    throw error;
  }
  return lines.length === 0 ? undefined : lines.join('');
}

class Rare extends Error {}

/** Words that are no strings to some reader of YAML 1.1 or 1.2: `e0` is a number to one of 1.1 that takes digits before an exponent for optional. */
const WORDS = /^(?:y|yes|n|no|on|off|true|false|null|e[-+]?[0-9]+)$/i;

/** Begins with a letter, or has a slash where it begins with a digit: then it is neither number nor date. No blanks, and no colon or dash at the end. */
const PLAIN = /^(?:[A-Za-z/_]|[0-9][A-Za-z0-9_.:@-]*\/)(?:[A-Za-z0-9_./@+:~[\]-]*[A-Za-z0-9_./@+~\]])?$/;

/** `first` stands before the first line (behind a dash), `indent` before the others. */
function collection(
  lines: string[],
  value: Record<string, unknown> | readonly unknown[],
  first: string,
  indent: string,
  writeString: WriteString,
): void {
  let lead = first;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      const filled = filledCollection(item);
      if (filled === undefined) lines.push(`${lead}- ${scalar(item, writeString)}\n`);
      else collection(lines, filled, `${lead}- `, `${indent}  `, writeString);
      lead = indent;
    }
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (!isPlain(key)) throw new Rare();
    const filled = filledCollection(member);
    if (filled === undefined) lines.push(`${lead}${key}: ${scalar(member, writeString)}\n`);
    else {
      lines.push(`${lead}${key}:\n`);
      collection(lines, filled, `${indent}  `, `${indent}  `, writeString);
    }
    lead = indent;
  }
}

/** Undefined for scalars and for what is written as `{}` or `[]`. */
function filledCollection(value: unknown): Record<string, unknown> | readonly unknown[] | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (!isMap(value)) return undefined;
  return Object.values(value).every((member) => member === undefined) ? undefined : value;
}

function scalar(value: unknown, writeString: WriteString): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (typeof value === 'string') {
    const text = isPlain(value) ? value : writeString(value);
    if (text === undefined) throw new Rare();
    return text;
  }
  if (Array.isArray(value)) return '[]';
  if (isMap(value)) return '{}';
  throw new Rare();
}

function isPlain(text: string): boolean {
  return PLAIN.test(text) && !WORDS.test(text) && text.length < 1000;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
