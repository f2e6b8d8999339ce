import { describe, expect, it } from 'vitest';
import { at, bytesAt, plain, readOne, scalarAt } from '../../test/support/yaml.ts';
import { applyEdits } from './edits.ts';
import { parseEmbedded, parseEmbeddedAll } from './embedded.ts';
import { encodeIn } from './encode.ts';
import type { ScalarNode } from './types.ts';

/** The scalar `k` of a document. */
function holder(text: string): ScalarNode {
  return scalarAt(readOne(text), 'k');
}

describe('parseEmbedded', () => {
  it.each<[name: string, text: string, path: (string | number)[], bytes: string]>([
    ['JSON in single quotes', `k: '{"a": ["x", "it''s"]}'\n`, ['a', 1], '"it\'\'s"'],
    ['JSON in double quotes', 'k: "{\\"a\\": \\"x/y\\"}"\n', ['a'], '\\"x/y\\"'],
    ['JSON in a literal', 'k: |\n  {\n    "a": {"b": 1}\n  }\n', ['a', 'b'], '1'],
    ['JSON in a folded scalar', 'k: >-\n  {"a":\n  "x"}\n', ['a'], '"x"'],
    ['a JSON array', `k: '[{"a": 1}]'\n`, [0, 'a'], '1'],
    ['JSON with escapes', `${String.raw`k: '{"a": "\u0041\/b"}'`}\n`, ['a'], String.raw`"\u0041\/b"`],
    ['YAML in a literal', 'k: |\n  # c\n  a:\n  - b: x\n', ['a', 0, 'b'], 'x'],
    ['YAML in a literal with CRLF', 'k: |\r\n  a:\r\n    b: x\r\n', ['a', 'b'], 'x'],
    ['YAML in double quotes', 'k: "a: 1\\nb: é\\n"\n', ['b'], 'é'],
    ['YAML with a marker', 'k: |\n  ---\n  a: x\n', ['a'], 'x'],
    ['YAML with anchors', 'k: |\n  a: &x y\n  b: *x\n', ['b'], 'y'],
    ['YAML that begins with a sequence', 'k: |\n  - a\n  - b\n', [1], 'b'],
    ['non-ASCII text before', 'k: |\n  é: 中😀\n  b: x\n', ['b'], 'x'],
    ['non-ASCII text itself', 'k: "é: 中\\u4e2d😀\\n"\n', ['é'], '中\\u4e2d😀'],
    ['several documents', 'k: |\n  a: 1\n  ---\n  b: 2\n', [1, 'b'], '2'],
  ])('%s', (_, text, path, bytes) => {
    for (const variant of [text, `\ufeff# ö\nx: &anchor 1\n${text}`]) {
      const node = parseEmbedded(holder(variant));
      expect(bytesAt(variant, scalarAt(node, ...path).range)).toBe(bytes);
    }
  });

  it.each([
    'k: quay.io/x/y:1\n',
    'k: "just text"\n',
    'k: "a: b"\n',
    'k: |\n  some words\n  and more\n',
    'k: |\n  #!/bin/sh\n  echo "a: b"\n  if [ -f x ]; then\n    y\n  fi\n',
    'k: |\n  Note: this is prose\n  that goes on.\n',
    'k: |\n  a=b\n  c=d\n',
    "k: '{{ .Values.x }}'\n",
    "k: '{x}'\n",
    "k: '{}'\n",
    "k: '[]'\n",
    'k: \'{"a": 1\'\n',
    'k: \'{"a": 1}}\'\n',
    'k: |\n  a: 1\n   b: 2\n',
    'k: ""\n',
  ])('leaves alone what is no data: %j', (text) => {
    expect(parseEmbeddedAll(holder(text))).toEqual([]);
    expect(parseEmbedded(holder(text))).toBeUndefined();
  });

  it('reads the documents that can be read', () => {
    const nodes = parseEmbeddedAll(holder('k: |\n  a: 1\n  ---\n  {{ broken\n  ---\n  b: 2\n'));
    expect(nodes.map(plain)).toEqual([new Map([['a', '1']]), new Map([['b', '2']])]);
  });

  it('goes to any depth, and text put there is escaped at every level', () => {
    const image = 'quay.io/org/app:v1';
    const innermost = `# c\nspec:\n  image: "${image}" # ü\n`;
    const json = JSON.stringify({ list: [{ yaml: innermost }] });
    const outer = `apiVersion: v1\ndata:\n  é: ${JSON.stringify(`a: 1\nb: '${json.replaceAll("'", "''")}'\n`)}\n`;
    const first = scalarAt(readOne(outer), 'data', 'é');
    const second = scalarAt(parseEmbedded(first), 'b');
    const third = scalarAt(parseEmbedded(second), 'list', 0, 'yaml');
    const scalar = scalarAt(parseEmbedded(third), 'spec', 'image');
    expect(third.within).toBe(second);
    expect(scalar.value).toBe(image);
    expect(bytesAt(outer, scalar.rangeOf(0, image.length))).toBe(image);

    const text = 'a "b" \\ c';
    const edit = { range: scalar.rangeOf(8, 11), text: encodeIn(scalar, text) };
    const edited = applyEdits(Buffer.from(outer), [edit]).toString();
    const again = scalarAt(
      parseEmbedded(
        scalarAt(
          parseEmbedded(scalarAt(parseEmbedded(scalarAt(readOne(edited), 'data', 'é')), 'b')),
          'list',
          0,
          'yaml',
        ),
      ),
      'spec',
      'image',
    );
    expect(again.value).toBe(`quay.io/${text}/app:v1`);
  });

  it('keys of embedded text have bytes of the file', () => {
    const text = 'k: "{\\"é\\": 1}"\n';
    const node = parseEmbedded(holder(text));
    expect(node?.type === 'map' && node.entries.map((entry) => bytesAt(text, entry.keyRange))).toEqual([
      '\\"é\\"',
    ]);
    expect(at(node, 'é')).toBeDefined();
  });
});
