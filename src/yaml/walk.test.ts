import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../test/support/yaml.ts';
import { cutDocuments } from './documents.ts';
import { scanScalars } from './walk.ts';

function visits(text: string): [path: string, value: string, key: string | undefined][] {
  const source = sourceOf(text);
  const seen: [string, string, string | undefined][] = [];
  for (const document of cutDocuments(source)) {
    scanScalars(source, document, (scalar, place) =>
      seen.push([place.path().join('.'), scalar.value, place.key]),
    );
  }
  return seen;
}

describe('scanScalars', () => {
  it.each<[name: string, text: string, expected: [string, string, string | undefined][]]>([
    [
      'maps',
      'a: 1\nb:\n  "c d": x\n  e:\nf: 2\n',
      [
        ['a', '1', 'a'],
        ['b.c d', 'x', 'c d'],
        ['f', '2', 'f'],
      ],
    ],
    [
      'sequences',
      'a:\n- x\n- b: y\n  c: z\n-\n- - w\nd: v\n',
      [
        ['a.0', 'x', undefined],
        ['a.1.b', 'y', 'b'],
        ['a.1.c', 'z', 'c'],
        ['a.3.0', 'w', undefined],
        ['d', 'v', 'd'],
      ],
    ],
    [
      'flow',
      'a: {b: [1, {c: 2}]}\n',
      [
        ['a.b.0', '1', undefined],
        ['a.b.1.c', '2', 'c'],
      ],
    ],
    ['a scalar alone', 'text\n', [['', 'text', undefined]]],
    [
      'several documents',
      'a: 1\n---\nb: é\n',
      [
        ['a', '1', 'a'],
        ['b', 'é', 'b'],
      ],
    ],
    [
      'what the scanner declines on the way',
      'a: 1\nb: &x {c: 2}\nd: *x\ne: [!t 3, "4"]\n',
      [
        ['a', '1', 'a'],
        ['b.c', '2', 'c'],
        ['e.0', '3', undefined],
        ['e.1', '4', undefined],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(visits(text)).toEqual(expected);
  });

  it('refuses what is broken', () => {
    expect(() => visits('a: 1\nb: "x\n')).toThrow(
      expect.objectContaining({ code: 'YAML_INVALID', subject: 'test.yaml:2:4' }),
    );
  });
});
