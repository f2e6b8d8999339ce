import { describe, expect, it } from 'vitest';
import { textFlag } from './flags.ts';

describe('the value of a flag', () => {
  it.each([
    ['DIR', 'out/', 'out'],
    ['DIR', 'a/b//', 'a/b'],
    ['DIR', '/', '/'],
    ['DIR', './', '.'],
    ['FILE', 'a.yaml', 'a.yaml'],
    ['FILE', 'deploy/', 'deploy/'],
    ['DIR|URL', 'https://r.example/raw/', 'https://r.example/raw/'],
    ['NAME', 'https://r.example', 'https://r.example'],
  ])('%s: %j is %j', (placeholder, input, expected) => {
    expect(textFlag(placeholder, '').parse(input)).toBe(expected);
  });

  it.each([
    ['DIR', ''],
    ['DIR', 'https://r.example/x'],
    ['FILE', 'https://r.example/x'],
    ['DIR|FILE', 'https://r.example/x'],
    ['NAME', ''],
  ])('%s: %j is none', (placeholder, input) => {
    expect(() => textFlag(placeholder, '').parse(input)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
