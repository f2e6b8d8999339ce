import { describe, expect, it } from 'vitest';
import { readOne, scalarAt } from '../../test/support/yaml.ts';
import { applyEdits } from './edits.ts';
import { encodeIn } from './encode.ts';
import type { Edit } from './types.ts';

const bytes = Buffer.from('0123456789');
const edit = (start: number, end: number, text: string): Edit => ({ range: [start, end], text });

describe('applyEdits', () => {
  it.each<[name: string, edits: Edit[], result: string]>([
    ['one', [edit(2, 4, 'x')], '01x456789'],
    ['several, not sorted', [edit(8, 9, 'z'), edit(0, 1, ''), edit(2, 4, 'yy')], '1yy4567z9'],
    ['touching', [edit(2, 4, 'a'), edit(4, 6, 'b')], '01ab6789'],
    ['an insertion', [edit(3, 3, 'é')], '012é3456789'],
    ['an insertion before a replacement', [edit(3, 5, 'b'), edit(1, 1, 'a')], '0a12b56789'],
    ['at both ends', [edit(0, 0, '<'), edit(10, 10, '>')], '<0123456789>'],
    ['the same twice', [edit(2, 4, 'x'), edit(8, 9, ''), edit(2, 4, 'x')], '01x45679'],
  ])('%s', (_, edits, result) => {
    expect(applyEdits(bytes, edits).toString()).toBe(result);
  });

  it('without edits gives the bytes themselves', () => {
    expect(applyEdits(bytes, [])).toBe(bytes);
  });

  it.each<[name: string, edits: Edit[]]>([
    ['overlapping', [edit(2, 5, 'a'), edit(4, 6, 'b')]],
    ['within one another', [edit(2, 8, 'a'), edit(4, 5, 'b')]],
    ['of one range with two texts', [edit(2, 4, 'a'), edit(2, 4, 'b')]],
    ['two insertions at one place', [edit(2, 2, 'a'), edit(2, 2, 'b')]],
    ['behind the end', [edit(9, 11, 'a')]],
    ['reversed', [edit(4, 2, 'a')]],
    ['no numbers', [edit(Number.NaN, 2, 'a')]],
  ])('refuses edits %s', (_, edits) => {
    expect(() => applyEdits(bytes, edits)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

describe('encodeIn', () => {
  const texts = {
    plain: 'k: x/y:z\n',
    'plain in a flow map': 'k: [{a: x/y:z}, x/y:z]\n',
    single: "k: 'x/y:z'\n",
    double: 'k: "x/y:z"\n',
    literal: 'k: |\n  x/y:z\n',
    folded: 'k: >-\n  x/y:z\n',
  };

  it.each(Object.entries(texts))('references need no escaping in a %s scalar', (name, text) => {
    const reference = `Registry.Corp:5000/a__b/c-d.e@sha256:${'0'.repeat(64)}`;
    const path = name === 'plain in a flow map' ? ['k', 0, 'a'] : ['k'];
    const scalar = scalarAt(readOne(text), ...path);
    expect(encodeIn(scalar, reference)).toBe(reference);
    const edited = applyEdits(Buffer.from(text), [{ range: scalar.rangeOf(0, 5), text: reference }]);
    expect(scalarAt(readOne(edited), ...path).value.trimEnd()).toBe(reference);
  });

  it.each<[style: keyof typeof texts, text: string, encoded: string]>([
    ['single', "it's", "it''s"],
    ['single', 'a: b #c', 'a: b #c'],
    ['double', 'a "b" \\ \n', 'a \\"b\\" \\\\ \\n'],
    ['literal', 'it\'s "x" #', 'it\'s "x" #'],
  ])('%s: %j', (style, text, encoded) => {
    expect(encodeIn(scalarAt(readOne(texts[style]), 'k'), text)).toBe(encoded);
  });

  it.each<[style: keyof typeof texts, text: string]>([
    ['plain', 'a: b'],
    ['plain', 'a #b'],
    ['plain', 'a:'],
    ['plain', '@a'],
    ['plain', '{a}'],
    ['plain', 'a,b'],
    ['plain', '- a'],
    ['plain', 'a\nb'],
    ['plain', ''],
    ['single', 'a\nb'],
    ['literal', 'a\nb'],
    ['literal', ' a'],
    ['folded', 'a\tb'],
    ['double', ''],
  ])('refuses what a scalar cannot hold, %s: %j', (style, text) => {
    expect(() => encodeIn(scalarAt(readOne(texts[style]), 'k'), text)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});
