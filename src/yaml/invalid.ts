import { printable, SallyportError } from '../base/index.ts';
import { positionOf } from './position.ts';
import type { YamlSource } from './types.ts';
import { decodeUtf8 } from './view.ts';

/** Columns of a long line that are shown around the fault. */
const EXCERPT = 72;

/**
 * The error for a fault at a byte of the file: subject `file:line:column`, the reason, and the line with a caret under the
 * place. `hide` leaves the line out, for text that is unreadable or may be secret.
 */
export function invalidYaml(
  source: YamlSource,
  offset: number,
  reason: string,
  excerpt: 'show' | 'hide',
): SallyportError {
  const { line, column } = positionOf(source, offset);
  const shown = excerpt === 'hide' ? '' : excerptAt(source, offset);
  return new SallyportError('YAML_INVALID', `is not valid YAML: ${printable(reason)}${shown}`, {
    subject: `${source.path}:${line}:${column}`,
    facts: { file: source.path, line, column },
  });
}

function excerptAt({ text, start }: YamlSource, offset: number): string {
  const at = Math.min(offset, text.length);
  const lineStart = Math.max(at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1, start);
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline === -1 ? text.length : newline;
  const before = flat(text.slice(lineStart, Math.min(at, lineEnd)));
  const after = flat(text.slice(Math.min(at, lineEnd), lineEnd));
  const cut = Math.max(0, before.length - EXCERPT / 2);
  const head = cut === 0 ? before : `…${before.slice(cut)}`;
  const room = EXCERPT - head.length;
  const tail = after.length > room ? `${after.slice(0, room)}…` : after;
  if (before === '' && after === '') return '';
  return `\n  ${head}${tail}\n  ${' '.repeat(head.length)}^`;
}

/** One column a character, so that the caret stands right. */
function flat(bytes: string): string {
  return printable(decodeUtf8(bytes).replace(/\r$/, '').replaceAll('\t', ' '), Number.MAX_SAFE_INTEGER);
}
