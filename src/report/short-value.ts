/** A JSON value on one line, cut where it is long; maps and lists say how much is in them. */
export function shortValue(value: unknown, limit = 100): string {
  if (typeof value === 'string') {
    const text = /^[\w./:@+=()-]+$/.test(value) ? value : JSON.stringify(value);
    return text.length > limit ? `${text.slice(0, limit)}… (${value.length} characters)` : text;
  }
  const text = JSON.stringify(value) ?? '';
  if (text.length <= limit) return text;
  if (Array.isArray(value)) return `[${value.length} items]`;
  const name: unknown =
    typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
  return `{${countLeaves(value)} fields${typeof name === 'string' ? `, name ${name}` : ''}}`;
}

function countLeaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countLeaves(item), 0);
}
