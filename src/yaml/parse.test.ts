import { describe, expect, it } from 'vitest';
import { at, bytesAt, plain, readAll, readOne, scalarAt } from '../../test/support/yaml.ts';
import { scanBlock } from './scan-block.ts';
import { TreeBuilder } from './tree.ts';
import { viewOfFile } from './view.ts';

function isFast(text: string): boolean {
  const view = Buffer.from(text).toString('latin1');
  return scanBlock(view, 0, view.length, new TreeBuilder(viewOfFile(view)));
}

/** A map as the trees' plain form has it. */
function map(entries: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(entries));
}

describe('parseDocument', () => {
  it.each<[name: string, text: string, value: unknown]>([
    ['a map', 'a: 1\nb:\n  c: x y\n', map({ a: '1', b: map({ c: 'x y' }) })],
    ['empty values', 'a:\nb: # c\n- 1\n-\n- 2\nc:\n', map({ a: null, b: ['1', null, '2'], c: null })],
    [
      'a sequence under its key',
      'a:\n- 1\n- b: 2\n  c: 3\nd: 4\n',
      map({ a: ['1', map({ b: '2', c: '3' })], d: '4' }),
    ],
    ['nested sequences', '- - 1\n  - 2\n-   - 3\n', [['1', '2'], ['3']]],
    ['a scalar alone', 'just text\n  and more\n', 'just text and more'],
    ['quoted keys', '"a b": 1\n\'c\': 2\n"\\u00e9": 3\n', map({ 'a b': '1', c: '2', é: '3' })],
    ['keys with colons and spaces', 'a:b : 1\nhttp://x: 2\n', map({ 'a:b': '1', 'http://x': '2' })],
    [
      'flow collections',
      'a: {b: [1, "2", \'3\'], c: {}, d: []}\n',
      map({ a: map({ b: ['1', '2', '3'], c: map({}), d: [] }) }),
    ],
    [
      'flow over several lines',
      'a: [\n  1,\n  2,\n]\nb: {\n  c: 3\n}\n',
      map({ a: ['1', '2'], b: map({ c: '3' }) }),
    ],
    ['empty flow values', '{a, b: , "c":1}\n', map({ a: null, b: null, c: '1' })],
    ['JSON', '{"a":{"b":[1,true,null,"x"]}}', map({ a: map({ b: ['1', 'true', 'null', 'x'] }) })],
    ['JSON indented by tabs', '{\n\t"a": [\n\t\t1\n\t]\n}\n', map({ a: ['1'] })],
    [
      'comments everywhere',
      '# 1\na: # 2\n  # 3\n  b: 1 # 4\n # 5\n# 6\nc: 2\n',
      map({ a: map({ b: '1' }), c: '2' }),
    ],
    ['a block scalar between keys', 'a: |\n  x\n\n# c\nb: >-\n  y\n', map({ a: 'x\n', b: 'y' })],
    [
      'a key of the prototype',
      '__proto__: 1\nconstructor: 2\n',
      map({ ['__proto__']: '1', constructor: '2' }),
    ],
  ])('reads by the scanner: %s', (_, text, value) => {
    expect(isFast(text)).toBe(true);
    expect(plain(readOne(text))).toEqual(value);
  });

  it.each<[name: string, text: string, value: unknown]>([
    ['an alias', 'a: &x 1\nb: *x\n', map({ a: '1', b: '1' })],
    ['an anchor given twice', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n', map({ a: '1', b: '1', c: '2', d: '2' })],
    [
      'a merge',
      'a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n',
      map({ a: map({ p: '1', q: '2' }), b: map({ q: '3', p: '1' }) }),
    ],
    [
      'a merge of several',
      'a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}\n',
      map({ a: map({ p: '1' }), b: map({ p: '2', q: '2' }), c: map({ p: '1', q: '2' }) }),
    ],
    ['a quoted merge key is a key', 'a: !t {"<<": 1}\n', map({ a: map({ '<<': '1' }) })],
    ['tags', 'a: !!str 1\nb: !mine {c: 2}\n', map({ a: '1', b: map({ c: '2' }) })],
    ['a tag with a directive', '%TAG !e! tag:example.com,2000:\n---\na: !e!x 1\n', map({ a: '1' })],
    ['an explicit key', '? a\n: 1\n', map({ a: '1' })],
    ['an alias as key', 'a: &x k\n*x : 1\n', map({ a: 'k', k: '1' })],
    ['a pair in a flow sequence', '[a: 1]\n', [map({ a: '1' })]],
    ['flow with comments', 'a: [1, # one\n  2]\n', map({ a: ['1', '2'] })],
    ['a flow collection as key', '{[a, b]: 1}\n', map({ '[a, b]': '1' })],
    ['content behind the marker', '--- {a: 1}\n', map({ a: '1' })],
    ['a block scalar behind the marker', '--- |\n  x\n y\n', null],
    ['tabs behind a colon', 'a:\t1\n', map({ a: '1' })],
  ])('reads by the library: %s', (name, text, value) => {
    expect(isFast(text)).toBe(false);
    if (value === null)
      expect(() => readAll(text), name).toThrow(expect.objectContaining({ code: 'YAML_INVALID' }));
    else expect(plain(readOne(text))).toEqual(value);
  });

  it('an alias is the very node of its anchor', () => {
    const root = readOne('a: &x {b: 1}\nc: *x\n');
    expect(at(root, 'c')).toBe(at(root, 'a'));
  });

  it('keys have their bytes, quotes included', () => {
    const text = 'é: 1\n"b" : {c: 2}\nd: &x 1\n';
    for (const variant of [text, text.replace('&x ', '')]) {
      const root = readOne(variant);
      const keys = root.type === 'map' ? root.entries.map((entry) => bytesAt(variant, entry.keyRange)) : [];
      expect(keys).toEqual(['é', '"b"', 'd']);
    }
  });

  it('a document of comments has no tree', () => {
    expect(readAll('# nothing\n---\n# here\n')).toEqual([]);
    expect(readAll('--- # nothing\n!!null\n')).toEqual([undefined]);
  });

  it.each([
    'a: &x |\n  b\n  c\n',
    'a: &x |2-\n   b\n  c\n',
    'a: &x >+ # c\n  b\n\nd: 1\n',
    '- &x "b\n  c"\n',
    "- &x 'b'\n",
  ])('the library way gives the same scalars as the scanner: %j', (text) => {
    const path = text.startsWith('-') ? [0] : ['a'];
    const slow = scalarAt(readOne(text), ...path);
    const fast = scalarAt(readOne(text.replace('&x ', '')), ...path);
    expect(slow.value).toBe(fast.value);
    expect(slow.range.map((byte) => byte - 3)).toEqual([...fast.range]);
    expect(slow.rangeOf(0, slow.value.length).map((byte) => byte - 3)).toEqual([
      ...fast.rangeOf(0, fast.value.length),
    ]);
  });
});
