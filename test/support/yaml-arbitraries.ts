import { fc } from './properties.ts';

/** Documents as people and tools write them: random structure, every scalar style, comments and blank lines. */

type Model =
  | {
      readonly kind: 'scalar';
      readonly style: Style;
      readonly lines: readonly (readonly string[])[];
      readonly header: string;
    }
  | { readonly kind: 'map'; readonly entries: readonly Entry[] }
  | { readonly kind: 'seq'; readonly items: readonly (Model | undefined)[]; readonly flush: boolean }
  | { readonly kind: 'flow'; readonly json: string };
type Style = 'plain' | 'single' | 'double' | 'literal' | 'folded';

interface Entry {
  readonly key: string;
  readonly quote: '' | "'" | '"';
  readonly comment: string;
  readonly ownLine: boolean;
  readonly value: Model | undefined;
}

const word = fc.constantFrom(
  'a',
  'app',
  'quay.io/org/app:v1.2',
  'docker.io/library/redis@sha256:0123',
  'é',
  '中文',
  '😀',
  'x#y',
  '-v',
  "it's",
  'say"s',
  '[x',
  '{y}',
  'http://u:1/p?q=1',
  'a:b',
  'c,',
  '100%',
  '--image=q.io/x:1',
  '$(VAR)',
  '{{t}}',
  '1',
  'true',
  '\\d',
  '*',
  '&',
  '!',
  '|',
  '>',
  '@',
  '`',
);
const line = fc.array(word, { minLength: 1, maxLength: 4 });
const style: fc.Arbitrary<Style> = fc.constantFrom('plain', 'single', 'double', 'literal', 'folded');
const scalar = fc.record({
  kind: fc.constant('scalar' as const),
  style,
  lines: fc.array(fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: fc.constant([]) }), {
    minLength: 1,
    maxLength: 4,
  }),
  header: fc.constantFrom('', '', '-', '+', '2', '-1', '2+', ' # comment: with a colon'),
});
const flow = fc.record({
  kind: fc.constant('flow' as const),
  json: fc
    .tuple(fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }), fc.constantFrom(undefined, 1, 2))
    .map(([value, indent]) => JSON.stringify([value, { k: value }], null, indent)),
});
const node = fc.letrec<{ node: Model; entry: Entry }>((tie) => ({
  entry: fc.record({
    key: fc.constantFrom('image', 'name', 'a b', 'é', 'spec', 'x.y/z', 'k:l', 'on'),
    quote: fc.constantFrom('', '', "'" as const, '"' as const),
    comment: fc.constantFrom('', '', ' # note: well', '\n\n', '\n  # indented', '\n# flush'),
    ownLine: fc.boolean(),
    value: fc.option(tie('node'), { nil: undefined, freq: 8 }),
  }),
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'yaml' },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: flow },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('map' as const),
        entries: fc.uniqueArray(tie('entry'), { minLength: 1, maxLength: 4, selector: (entry) => entry.key }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('seq' as const),
        items: fc.array(fc.option(tie('node'), { nil: undefined, freq: 8 }), { minLength: 1, maxLength: 3 }),
        flush: fc.boolean(),
      }),
    },
  ),
})).node;

/** Valid YAML files of one to three documents, some with CRLF or a byte-order mark. */
export const yamlFile: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(node, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '---\n', '# head\n---\n'),
    fc.constantFrom('', '\n', '\n# tail', '\n...\n'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([models, head, tail, crlf, mark]) => {
    const text = head + models.map((model) => render(model, -1, '').replace(/^ /, '')).join('\n---\n') + tail;
    return (mark ? '\ufeff' : '') + (crlf ? text.replaceAll('\n', '\r\n') : text);
  });

/** The node behind a key or dash: begins with the blank or line break that parts it from them. `parent` is their column. */
function render(model: Model | undefined, parent: number, breakBefore: string): string {
  if (model === undefined) return '';
  const column = parent + 2 - (parent === -1 ? 1 : 0);
  const pad = ' '.repeat(column);
  switch (model.kind) {
    case 'scalar':
      return renderScalar(model, parent, breakBefore);
    case 'flow':
      return ` ${model.json.replaceAll('\n', `\n${pad} `)}`;
    case 'map': {
      // behind a dash the first entry stands on the same line, as tools write it
      const before = breakBefore === 'dash' ? ' ' : parent === -1 ? '' : `\n${pad}`;
      return before + model.entries.map((entry) => renderEntry(entry, column)).join(`\n${pad}`);
    }
    case 'seq': {
      const behindDash = breakBefore === 'dash';
      const dash = parent >= 0 && model.flush && !behindDash ? parent : column;
      const indent = ' '.repeat(dash);
      const items = model.items.map((item) => `-${render(item, dash, 'dash')}`);
      const before = behindDash && !model.flush ? ' ' : parent === -1 ? '' : `\n${indent}`;
      return before + items.join(`\n${indent}`);
    }
  }
}

function renderEntry({ key, quote, comment, ownLine, value }: Entry, column: number): string {
  const shown = quote === '' && key === 'k:l' ? key : `${quote}${key}${quote}`;
  const rendered = render(value, column, ownLine ? 'line' : '');
  // a comment between key and value goes with values on lines of their own
  return `${shown}:${rendered.startsWith('\n') || rendered === '' ? comment : ''}${rendered}`;
}

function renderScalar(
  model: Model & { readonly kind: 'scalar' },
  parent: number,
  breakBefore: string,
): string {
  const pad = ' '.repeat(Math.max(parent + 1, 1));
  const before = breakBefore === 'line' ? `\n${pad}` : ' ';
  const lines = model.lines.map((words) => words.join(' '));
  switch (model.style) {
    case 'plain': {
      // words of colons, flow indicators and quotes are harmless behind a letter
      const text = lines.map((words) => (words === '' ? '' : `w${words.replaceAll(' #', ' w#')}`));
      return before + text.join(`\n${pad}`).trim().replace(/^$/, 'w');
    }
    case 'single':
      return `${before}'${lines.join(`\n${pad} `).replaceAll("'", "''")}'`;
    case 'double':
      return `${before}"${lines
        .map((words) =>
          JSON.stringify(words)
            .slice(1, -1)
            .replace('é', '\\u00e9')
            .replace('😀', '\\ud83d\\ude00')
            .replaceAll('/o', '\\/o'),
        )
        .join(`\n${pad}`)}"`;
    case 'literal':
    case 'folded':
      return renderBlock(model, parent, lines);
  }
}

function renderBlock(
  model: Model & { readonly kind: 'scalar' },
  parent: number,
  lines: readonly string[],
): string {
  if (parent === -1) return ` w${lines.join('').length}`;
  const indicator = /\d/.exec(model.header)?.[0];
  const pad = ' '.repeat(parent + Number(indicator ?? 2));
  const body = lines.map((words, index) =>
    words === '' ? '' : pad + (index > 0 && index % 2 === 0 ? '  ' : '') + words,
  );
  return ` ${model.style === 'literal' ? '|' : '>'}${model.header}\n${pad}first\n${body.join('\n')}`;
}

/** Text that is often almost YAML: what breaks parsers. */
export const yamlNoise: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'key',
      'k1',
      'k2',
      ': ',
      ':',
      '- ',
      '-',
      '\n',
      '\n',
      '\n  ',
      '\n  ',
      '\n    ',
      '\n ',
      '  ',
      ' ',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ', ',
      ',',
      '# c',
      ' #c',
      '|',
      '>',
      '|-',
      '>+',
      '|2',
      '\t',
      '\\n',
      '\\',
      '\r\n',
      '...',
      '---',
      'é',
      '? ',
      '&a ',
      '*a',
      '!t ',
      '<<: ',
      'k: v\n',
      'x: |\n  t\n   u\n\n',
      'y: >\n  a\n\n  b\n',
      '- q: 1\n  r: 2\n',
      'z: "a\n  b"\n',
      'f: {a: 1, "b":2}\n',
      '  s: t\n',
      'l:\n- 1\n- 2\n',
      'http://x:1',
      '%',
      '@',
      'k: {',
      'k: [',
      '"y":',
      '"a: 1"',
      '\n}',
      '\n]',
      '{a: 1, b: [c, "d"]}',
    ),
    { minLength: 1, maxLength: 16 },
  )
  .map((tokens) => tokens.join(''));
