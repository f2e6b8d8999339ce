import { printable } from '../base/index.ts';

/** How much of a server's own words an error shows. */
const SHOWN = 200;

/** The beginning of an answer as one line fit for a terminal, tags of HTML pages left out. */
export function cleanText(body: Buffer | string): string {
  const text = typeof body === 'string' ? body : body.subarray(0, 16 * 1024).toString('utf8');
  const plain = /^\s*</.test(text)
    ? text.replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
    : text;
  return printable(plain.replace(/\s+/g, ' ').trim(), SHOWN);
}
