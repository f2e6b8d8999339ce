const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time as people write it: `90s`, `10m`, `24h`, `7d`, `1h30m`. Gives milliseconds; throws an `Error` that says how to write it. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const whole = parts.map(([part]) => part).join('');
  if (whole === '' || whole !== text.trim())
    throw new Error('is not a length of time; write it as 90s, 10m, 24h or 7d');
  return Math.round(
    parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? 0), 0),
  );
}
