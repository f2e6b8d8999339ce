const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A byte count for people, decimal units, three significant digits: `1.23 GB`. */
export function formatBytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return `${count} B`;
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  ki: 1024,
  m: 1000 ** 2,
  mi: 1024 ** 2,
  g: 1000 ** 3,
  gi: 1024 ** 3,
  t: 1000 ** 4,
  ti: 1024 ** 4,
};

/** A byte count as people write it: `1048576`, `512MiB`, `10GB`, `1.5G`. Throws an `Error` that says how to write it. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?$/i.exec(text.trim());
  const factor = FACTORS[(match?.[2] ?? '').toLowerCase()];
  const count = Math.floor(Number(match?.[1]) * (factor ?? 1));
  if (match === null || !Number.isSafeInteger(count))
    throw new Error('is not a size; write it as 512MiB, 10GB or a number of bytes');
  return count;
}
