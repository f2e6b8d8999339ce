/**
 * The few tags that a user who wrote `wanted` most likely meant, best first. Tags that share its words count more than mere letters:
 * for `7.121` that is `7.121.0`, for `3.9.1` it is `3.9`.
 */
export function nearestTags(wanted: string, tags: readonly string[], count = 5): string[] {
  return tags
    .map((tag) => ({ tag, distance: distanceOf(wanted, tag) }))
    .sort((a, b) => a.distance - b.distance || compareVersions(b.tag, a.tag))
    .slice(0, count)
    .map(({ tag }) => tag);
}

function distanceOf(wanted: string, tag: string): number {
  if (tag.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  const shared = sharedParts(partsOf(wanted), partsOf(tag));
  return editDistance(wanted.toLowerCase(), tag.toLowerCase()) - 3 * shared;
}

const MAX_LENGTH = 128;

function partsOf(tag: string): string[] {
  return tag
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .split(/[._-]/);
}

function sharedParts(a: readonly string[], b: readonly string[]): number {
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index++;
  return index;
}

/** Newer versions first among equals; what has no numbers compares as text. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
