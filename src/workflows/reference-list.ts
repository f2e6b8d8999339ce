/** Reads a list of references: one a line, blank lines and `#` comments aside. */
export function parseReferenceList(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
