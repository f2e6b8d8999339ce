import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../test/support/yaml.ts';
import { cutDocuments, topLevel } from './documents.ts';

describe('cutDocuments', () => {
  it.each<[name: string, text: string, documents: string[]]>([
    ['no marker', 'a: 1\n', ['a: 1\n']],
    ['a leading marker', '---\na: 1\n', ['---\na: 1\n']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['a: 1\n', '---\nb: 2\n']],
    ['a leading marker and two documents', '---\na: 1\n---\nb: 2', ['---\na: 1\n', '---\nb: 2']],
    ['CRLF', 'a: 1\r\n---\r\nb: 2\r\n', ['a: 1\r\n', '---\r\nb: 2\r\n']],
    ['empty documents', '---\n---\n\n---\na: 1\n---\n', ['---\na: 1\n']],
    ['comments only', '# license\n---\na: 1\n---\n# end\n', ['---\na: 1\n']],
    ['a comment behind the marker', '--- # first\na: 1\n', ['--- # first\na: 1\n']],
    ['content behind the marker', '--- {a: 1}\n--- text\n', ['--- {a: 1}\n', '--- text\n']],
    ['a marker with a tab', 'a: 1\n---\t\nb: 2\n', ['a: 1\n', '---\t\nb: 2\n']],
    ['dashes that are no marker', 'a: 1\n----\n---x\n ---\n', ['a: 1\n----\n---x\n ---\n']],
    ['the marker at the very end', 'a: 1\n---', ['a: 1\n']],
    ['an end marker', 'a: 1\n...\n---\nb: 2\n...\n', ['a: 1\n...\n', '---\nb: 2\n...\n']],
    ['an end marker without a new start', 'a: 1\n...\nb: 2\n', ['a: 1\n...\n', 'b: 2\n']],
    ['an end marker before anything', '...\na: 1\n', ['a: 1\n']],
    ['dots that are no marker', 'a: |\n ...\n....\n', ['a: |\n ...\n....\n']],
    ['directives', '%YAML 1.2\n---\na: 1\n---\nb: 2\n', ['%YAML 1.2\n---\na: 1\n', '---\nb: 2\n']],
    ['an indented marker in a block', 'a: |\n  x\n  ---\n  y\n', ['a: |\n  x\n  ---\n  y\n']],
    ['nothing', '', []],
    ['blank lines', '\n  \n\t\n', []],
    ['JSON', '{"a": [\n1\n]}\n', ['{"a": [\n1\n]}\n']],
    [
      'JSON values in a row',
      '{"a": "}{"}\n{"b": 1}{"c": "\\"}"}\n',
      ['{"a": "}{"}\n', '{"b": 1}', '{"c": "\\"}"}\n'],
    ],
    ['a flow map that is not closed', '{"a": 1\n{"b": 1}\n', ['{"a": 1\n{"b": 1}\n']],
    ['a flow map with something behind it', '{a: 1}\nb\n', ['{a: 1}\nb\n']],
  ])('%s', (_, text, documents) => {
    const slices = cutDocuments(sourceOf(text));
    expect(slices.map(({ start, end }) => text.slice(start, end))).toEqual(documents);
    expect(slices.map((slice) => slice.index)).toEqual(documents.map((_, index) => index));
  });

  it('skips a byte-order mark', () => {
    const source = sourceOf('\ufeff---\na: 1\n');
    expect(source.start).toBe(3);
    expect(cutDocuments(source)).toEqual([{ index: 0, start: 3, end: 12 }]);
  });
});

describe('topLevel', () => {
  it.each<[text: string, value: string | undefined]>([
    ['kind: Pod\n', 'Pod'],
    ['a: 1\nkind: Pod', 'Pod'],
    ['a: 1\r\nkind: Pod\r\nb: 2\r\n', 'Pod'],
    ['---\nkind: Pod # what\n', 'Pod'],
    ['kind: "Pod"\n', 'Pod'],
    ["kind: 'Pod' # what\n", 'Pod'],
    ['"kind": Pod\n', 'Pod'],
    ['kind:   Pöd  \n', 'Pöd'],
    ['kind: a#b\n', 'a#b'],
    ['spec:\n  kind: Pod\n', undefined],
    ['kinds: Pod\n', undefined],
    ['kind:Pod\n', undefined],
    ['kind:\n  Pod\n', undefined],
    ['kind: &a Pod\n', undefined],
    ['kind: |\n  Pod\n', undefined],
    ['{"kind": "Pod"}\n', undefined],
  ])('%j', (text, value) => {
    const source = sourceOf(text);
    const [document] = cutDocuments(source);
    expect(document && topLevel(source, document, 'kind')).toBe(value);
  });

  it('does not look into the next document', () => {
    const source = sourceOf('a: 1\n---\nkind: Pod\n');
    expect(cutDocuments(source).map((document) => topLevel(source, document, 'kind'))).toEqual([
      undefined,
      'Pod',
    ]);
  });
});
