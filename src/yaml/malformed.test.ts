import { describe, expect, it } from 'vitest';
import { readAll } from '../../test/support/yaml.ts';
import { SallyportError } from '../base/index.ts';

function fault(text: string | Buffer): SallyportError {
  try {
    readAll(text);
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error(`was read: ${JSON.stringify(text)}`);
}

describe('malformed YAML', () => {
  it.each<[name: string, text: string, position: string, reason: RegExp]>([
    ['deeper than its neighbours', 'a:\n  b: 1\n   c: 2\n', '2:6', /Nested mappings|indent/i],
    ['less deep than its neighbours', 'a:\n    b: 1\n  c: 2\n', '3:1', /same column/],
    ['a map item in a sequence', '- a\nb: 1\n', '2:1', /Unexpected|sequence/],
    ['a sequence item in a map', 'a: 1\n- b\n', '2:1', /block sequence|Unexpected|key/i],
    ['a tab as indentation', 'a:\n\tb: 1\n', '2:1', /[Tt]ab/],
    ['a tab before a dash', 'a:\n\t- b\n', '2:1', /[Tt]ab/],
    ['an unclosed double quote', 'a: 1\nb: "x\nc: 2\n', '2:4', /closing "quote/],
    ['an unclosed single quote', "a: 'x\n", '1:4', /closing 'quote/],
    ['a quote inside of single quotes', "a: 'it's'\n", '1:8', /Unexpected|quote/],
    ['text behind a quote', 'a: "x" y\n', '1:8', /Unexpected/],
    ['a comment that touches the quote', 'a: "x"# y\n', '1:7', /Comments must be separated/],
    ['an unknown escape', 'a: "\\q"\n', '1:5', /escape/],
    ['an escape that is cut off', 'a: "\\u12"\n', '1:5', /escape/],
    ['a code point that is none', 'a: "\\U00110000"\n', '1:5', /escape/],
    ['a quote that is not indented', 'a:\n  b: "x\n y"\n', '2:6', /closing "quote|indent/],
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', '3:1', /unique/],
    ['a duplicate key in other quotes', 'a: 1\n"a": 2\n', '2:1', /unique/],
    ['a duplicate key in a flow map', 'a: {b: 1, b: 2}\n', '1:11', /unique/],
    [
      'a duplicate among many keys',
      `${[...'abcdefghijkl'].map((c) => `${c}: 1\n`).join('')}l: 2\n`,
      '13:1',
      /unique/,
    ],
    ['an unclosed flow sequence', 'a: [1, 2\nb: 3\n', '1:4', /end with a \]/],
    ['an unclosed flow map', 'a: {b: 1\n', '1:4', /end with a \}/],
    ['an unclosed JSON object', '{"a": 1,\n', '1:1', /end with a \}/],
    ['brackets that do not match', 'a: [1}\n', '1:4', /end with a \]/],
    ['two colons', 'a: b: c\n', '1:4', /Nested mappings/],
    ['a key without a colon', 'a: 1\nb\nc: 2\n', '2:1', /key/i],
    ['a sequence behind a key', 'a: - b\n', '1:4', /same line/],
    ['a reserved character', 'a: @x\n', '1:4', /reserved character @/],
    ['a Helm template', 'a: {{ .Values.x }}-y\n', '1:19', /Unexpected/],
    ['a Helm template on its own', '{{- if .x }}\na: 1\n{{- end }}\n', '1:3', /render it first/],
    ['a block scalar with a bad header', 'a: |x\n  b\n', '1:5', /extra characters/],
    ['a block scalar with wide blank lines', 'a: |\n     \n  b\n', '3:3', /indentation indicator/],
    ['an alias without an anchor', 'a: *x\n', '1:4', /\*x has no anchor/],
    ['an alias before its anchor', 'a: *x\nb: &x 1\n', '1:4', /\*x has no anchor/],
    ['an alias of itself', 'a: &x\n  b: *x\n', '2:6', /\*x has no anchor/],
    ['a merge of text', 'a: &x text\nb:\n  <<: *x\n', '3:3', /merge key/],
    ['an end marker with content', 'a: 1\n... b\n', '2:5', /Unexpected/],
    ['a control character', 'a: x\u0007y\n', '1:5', /control characters/],
    ['a zero byte', 'a: abc\u0000\n', '1:7', /control characters/],
    ['the second document', 'a: 1\n---\nb: "x\n', '3:4', /closing "quote/],
  ])('%s', (_, text, position, reason) => {
    const error = fault(text);
    expect(error).toMatchObject({ code: 'YAML_INVALID', subject: `test.yaml:${position}` });
    expect(error.message).toMatch(reason);
  });

  it('is shown with its line and a caret under the place', () => {
    expect(fault('ok: 1\nx: *nothing\n').message).toContain('\n  x: *nothing\n     ^');
    expect(fault('kéy: "ü" x\n').message).toContain('\n  kéy: "ü" x\n           ^');
  });

  it('shows only the neighbourhood in a long line', () => {
    const { message } = fault(`a: [${'"quay.io/x", '.repeat(2000)} *b, ${'c, '.repeat(2000)}]\n`);
    const [, excerpt = '', caret = ''] = message.split('\n');
    expect(excerpt.length).toBeLessThan(80);
    expect(excerpt.slice(caret.indexOf('^'), caret.indexOf('^') + 2)).toBe('*b');
  });

  it('does not show the lines of a secret', () => {
    for (const kind of ['kind: Secret', '"kind": "Secret"', 'items:\n- kind: Secret']) {
      const { message } = fault(`${kind}\nstringData:\n  password: "hunter2\n`);
      expect(message).not.toContain('hunter2');
    }
  });

  it('survives nesting that would exhaust the stack', () => {
    for (const text of ['['.repeat(50_000), '{"a":'.repeat(50_000), `${'- '.repeat(50_000)}a\n`]) {
      expect(fault(text).code).toBe('YAML_INVALID');
    }
  });

  it('refuses aliases that stand for too much', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `l${i}: &l${i} [${Array(10)
          .fill(i === 0 ? 'x' : `*l${i - 1}`)
          .join(', ')}]\n`,
    );
    expect(fault(levels.join('')).message).toMatch(/too many nodes/);
  });
});
