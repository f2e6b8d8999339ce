import { describe, expect, it } from 'vitest';
import { bytesAt, readOne, scalarAt } from '../../test/support/yaml.ts';
import type { ScalarStyle } from './types.ts';

interface Case {
  readonly style: ScalarStyle;
  /** A document whose key `k` holds the scalar. */
  readonly text: string;
  readonly value: string;
  /** A part of the value, and the bytes that hold it. */
  readonly part: string;
  readonly bytes: string;
}

const REFERENCE = 'quay.io/org/app:v1';

const CASES: readonly Case[] = [
  { style: 'plain', text: `k: ${REFERENCE}\n`, value: REFERENCE, part: 'org/app', bytes: 'org/app' },
  { style: 'plain', text: `k: ${REFERENCE} # c\n`, value: REFERENCE, part: 'v1', bytes: 'v1' },
  { style: 'plain', text: 'k: a\n  b\n\n  c#d\n', value: 'a b\nc#d', part: 'c#d', bytes: 'c#d' },
  { style: 'plain', text: 'k: a\n  b\n', value: 'a b', part: 'a b', bytes: 'a\n  b' },
  { style: 'plain', text: 'k: é中😀x\n', value: 'é中😀x', part: '😀', bytes: '😀' },
  {
    style: 'plain',
    text: 'k:\n  on its\n  own lines\n',
    value: 'on its own lines',
    part: 'own',
    bytes: 'own',
  },
  { style: 'plain', text: 'k: x{y}\n', value: 'x{y}', part: '{', bytes: '{' },
  { style: 'single', text: `k: '${REFERENCE}'\n`, value: REFERENCE, part: 'quay.io', bytes: 'quay.io' },
  { style: 'single', text: "k: 'it''s x'\n", value: "it's x", part: "'", bytes: "''" },
  { style: 'single', text: "k: 'it''s x'\n", value: "it's x", part: 's x', bytes: 's x' },
  {
    style: 'single',
    text: "k: 'a  \n   b\n\n\n   c'\n",
    value: 'a b\n\nc',
    part: '\n\n',
    bytes: '\n\n\n   ',
  },
  { style: 'single', text: "k: ' a \\n '\n", value: ' a \\n ', part: '\\n', bytes: '\\n' },
  { style: 'double', text: `k: "${REFERENCE}"\n`, value: REFERENCE, part: 'v1', bytes: 'v1' },
  { style: 'double', text: 'k: "a\\tb\\"c"\n', value: 'a\tb"c', part: 'b"', bytes: 'b\\"' },
  {
    style: 'double',
    text: 'k: "\\u00e9\\xe9\\U0001F600-"\n',
    value: 'éé😀-',
    part: '😀',
    bytes: '\\U0001F600',
  },
  { style: 'double', text: 'k: "\\ud83d\\ude00-"\n', value: '😀-', part: '😀', bytes: '\\ud83d\\ude00' },
  {
    style: 'double',
    text: 'k: "quay.io\\/org\\/app"\n',
    value: 'quay.io/org/app',
    part: '/org',
    bytes: '\\/org',
  },
  { style: 'double', text: 'k: "a\\\n    b"\n', value: 'ab', part: 'b', bytes: 'b' },
  { style: 'double', text: 'k: "a\\\n\n    b"\n', value: 'a\nb', part: '\n', bytes: '\\\n\n    ' },
  { style: 'double', text: 'k: "a \\\n  \\ b"\n', value: 'a  b', part: 'b', bytes: 'b' },
  { style: 'double', text: 'k: "a  \n  b \\t\n  c"\n', value: 'a b \t c', part: 'c', bytes: 'c' },
  {
    style: 'double',
    text: 'k: "\\0\\a\\b\\e\\f\\n\\r\\v\\N\\_\\L\\P\\\\"\n',
    value: '\0\x07\b\x1b\f\n\r\v\u0085\u00a0\u2028\u2029\\',
    part: '\\',
    bytes: '\\\\',
  },
  {
    style: 'literal',
    text: `k: |\n  a\n  b ${REFERENCE}\n`,
    value: `a\nb ${REFERENCE}\n`,
    part: REFERENCE,
    bytes: REFERENCE,
  },
  { style: 'literal', text: 'k: |-\n  a\n\n   b\n\n', value: 'a\n\n b', part: 'b', bytes: 'b' },
  { style: 'literal', text: 'k: |+\n  a\n\n\nl: 1\n', value: 'a\n\n\n', part: 'a', bytes: 'a' },
  { style: 'literal', text: 'k: |2\n    a\n  b\n', value: '  a\nb\n', part: '  a', bytes: '  a' },
  { style: 'literal', text: 'k: |1-\n  a\n', value: ' a', part: ' a', bytes: ' a' },
  { style: 'literal', text: 'k: | # c\n\n  a\n', value: '\na\n', part: 'a', bytes: 'a' },
  { style: 'literal', text: 'k: |\n  a\n  b', value: 'a\nb\n', part: 'b', bytes: 'b' },
  { style: 'literal', text: 'k: |\n  é 中\n  x\n', value: 'é 中\nx\n', part: '中\nx', bytes: '中\n  x' },
  { style: 'folded', text: 'k: >\n  a\n  b\n', value: 'a b\n', part: 'b', bytes: 'b' },
  {
    style: 'folded',
    text: 'k: >-\n  a\n\n  b\n    c\n  d\n',
    value: 'a\nb\n  c\nd',
    part: '  c',
    bytes: '  c',
  },
  { style: 'folded', text: 'k: >+\n  a\n\n', value: 'a\n\n', part: 'a', bytes: 'a' },
  {
    style: 'folded',
    text: `k: >\n  x\n  ${REFERENCE}\n`,
    value: `x ${REFERENCE}\n`,
    part: 'org',
    bytes: 'org',
  },
];

describe.each<[name: string, change: (text: string) => string]>([
  ['line feeds', (text) => text],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['a byte-order mark', (text) => `\ufeff${text}`],
  ['non-ASCII text before', (text) => `# é中\nö: 'ü'\n${text}`],
  ['read by the library', (text) => `x: &anchor 1\n${text}`],
])('scalars with %s', (_, change) => {
  it.each(CASES)('$style $text', ({ style, text, value, part, bytes }) => {
    const changed = change(text);
    const scalar = scalarAt(readOne(changed), 'k');
    expect(scalar.style).toBe(style);
    expect(scalar.value).toBe(value);
    const from = value.indexOf(part);
    const held = bytesAt(changed, scalar.rangeOf(from, from + part.length));
    expect(held.replaceAll('\r\n', '\n')).toBe(bytes);
  });
});

describe('rangeOf', () => {
  it('gives an empty range for no characters', () => {
    const scalar = scalarAt(readOne('k: "a\\nb"\n'), 'k');
    expect(scalar.rangeOf(0, 0)).toEqual([4, 4]);
    expect(scalar.rangeOf(2, 2)).toEqual([7, 7]);
    expect(scalar.rangeOf(3, 3)).toEqual([8, 8]);
    expect(scalarAt(readOne("k: ''\n"), 'k').rangeOf(0, 0)).toEqual([4, 4]);
  });

  it.each([
    [-1, 1],
    [0, 9],
    [5, 6],
  ])('refuses characters %i to %i of a shorter value', (from, to) => {
    expect(() => scalarAt(readOne('k: abc\n'), 'k').rangeOf(from, to)).toThrow(RangeError);
  });

  it('takes half of a surrogate pair for the whole', () => {
    const scalar = scalarAt(readOne('k: a😀b\n'), 'k');
    expect(scalar.rangeOf(1, 2)).toEqual([4, 8]);
    expect(scalar.rangeOf(2, 3)).toEqual([4, 8]);
  });

  it('the whole range has quotes and header', () => {
    const text = 'a: "x"\nb: |\n  y\nc: z\n';
    const root = readOne(text);
    expect(['a', 'b', 'c'].map((key) => bytesAt(text, scalarAt(root, key).range))).toEqual([
      '"x"',
      '|\n  y\n',
      'z',
    ]);
  });
});
