/** A count with its noun: `1 image`, `39 images`. Nouns that take another plural than `-s` have no place here. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
