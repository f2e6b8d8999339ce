import { describe, expect, it } from 'vitest';
import { nearestTags } from './nearby.ts';

describe('nearestTags', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['7.121', ['7.86.0', 'next', '7.121.0', '7.12.1', '7.120.0'], ['7.121.0']],
    ['7.121.1', ['7.121.0', '7.121.2', '7.111.1', 'latest'], ['7.121.2', '7.121.0']],
    ['v0.43', ['0.43.0', 'v0.42.0', 'v0.43.0', 'sha-0a1b'], ['v0.43.0', '0.43.0']],
    ['lastest', ['latest', 'main', '1.0'], ['latest']],
    ['UBI9-latest', ['ubi8-latest', 'ubi9-latest', 'tech-preview'], ['ubi9-latest', 'ubi8-latest']],
    ['anything', [], []],
  ])('%s', (wanted, tags, first) => {
    expect(nearestTags(wanted, tags).slice(0, first.length)).toEqual(first);
  });

  it('names a few only, and is quick with many', () => {
    const tags = Array.from({ length: 1000 }, (_, index) => `7.${index}.0-${'x'.repeat(40)}`);
    expect(nearestTags('7.500.0', tags)).toHaveLength(5);
    expect(nearestTags('7.500.0', tags)[0]).toMatch(/^7\.500\.0/);
  });
});
