import { describe, expect, it } from 'vitest';
import { parseBytes } from './bytes.ts';
import { formatCount } from './counts.ts';
import { parseDuration } from './duration.ts';

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['1048576', 1048576],
    ['512MiB', 512 * 1024 * 1024],
    ['10GB', 10_000_000_000],
    ['1.5k', 1500],
    ['4 Gi', 4 * 1024 ** 3],
    ['2tb', 2_000_000_000_000],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'x', '-1', '1e9', '10XB', '9007199254740993', '1,5G', '10GB extra'])('not %s', (text) =>
    expect(() => parseBytes(text)).toThrow(/write it as 512MiB/),
  );
});

describe('counts', () => {
  it.each([
    [0, '0 images'],
    [1, '1 image'],
    [39, '39 images'],
  ])('%d', (count, text) => expect(formatCount(count, 'image')).toBe(text));
});

describe('lengths of time', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '10', 'h', '1h 30m', '-1s', '10 minutes', '1x'])('not %s', (text) =>
    expect(() => parseDuration(text)).toThrow(/write it as 90s/),
  );
});
