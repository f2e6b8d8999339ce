import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cutDocuments } from './documents.ts';
import { parseDocument } from './parse.ts';
import { openSource } from './source.ts';
import { jsonValueOf } from './values.ts';

function read(text: string): unknown {
  const source = openSource({ path: 'a.yaml', bytes: Buffer.from(text) });
  const [document] = cutDocuments(source);
  return document === undefined ? undefined : jsonValueOf(parseDocument(source, document));
}

describe('values as kubectl reads them', () => {
  it.each([
    ['yes', true],
    ['Off', false],
    ['TRUE', true],
    ['n', false],
    ['~', null],
    ['Null', null],
    ['', null],
    ['"yes"', 'yes'],
    ["'8080'", '8080'],
    ['8080', 8080],
    ['-1', -1],
    ['0644', 420],
    ['0o644', 420],
    ['0x1f', 31],
    ['1_000', 1000],
    ['08', 8],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1.2.3', '1.2.3'],
    ['1:30', '1:30'],
    ['2001-12-14', '2001-12-14'],
    ['500m', '500m'],
    ['!!str 8080', '8080'],
    ['!!str true', 'true'],
    ['!!int "8080"', 8080],
    ['v1', 'v1'],
    ['trUe', 'trUe'],
  ])('%s', (text, value) => {
    expect(read(`a: ${text}\nb: 1\n`)).toEqual({ a: value, b: 1 });
  });

  it('reads collections, anchors and merge keys', () => {
    expect(read('a: &x {p: 1, q: [true, no]}\nb: *x\nc:\n  <<: *x\n  p: 2\n')).toEqual({
      a: { p: 1, q: [true, false] },
      b: { p: 1, q: [true, false] },
      c: { p: 2, q: [true, false] },
    });
  });

  it('keeps a key that is called __proto__', () => {
    expect(Object.keys(read('__proto__: {a: 1}\nb: 2\n') as object)).toEqual(['__proto__', 'b']);
  });

  it('agrees with the YAML library where YAML 1.1 and 1.2 do', () => {
    const text =
      'a: 1\nb: -2.5\nc: true\nd: null\ne: |\n  x\n  y\nf: >-\n  p\n  q\ng: "\\u00e9"\nh: [1, {i: j}]\n';
    expect(read(text)).toEqual(parse(text));
  });
});
