import { describe, expect, it } from 'vitest';
import { fc } from '../../../test/support/properties.ts';
import { applyEdits, cutDocuments, openSource, parseDocument } from '../../yaml/index.ts';
import {
  appendEdits,
  CannotPlace,
  documentText,
  editedText,
  isObject,
  type Json,
  joinEdits,
  mergePatch,
  patchEdits,
  readValue,
} from './index.ts';

function opened(text: string) {
  const source = openSource({ path: 'x.yaml', bytes: Buffer.from(text) });
  const [document] = cutDocuments(source);
  const node = document === undefined ? undefined : parseDocument(source, document);
  if (document === undefined || node?.type !== 'map') throw new Error('the test’s text is no map');
  return { source, node, from: document.start, edited: editedText(source.text) };
}

function patched(text: string, patch: Json): string {
  const { source, node, from, edited } = opened(text);
  return applyEdits(source.bytes, joinEdits(patchEdits(edited, node, from, patch))).toString();
}

function withSecret(text: string): string {
  const { source, node, from, edited } = opened(text);
  return applyEdits(
    source.bytes,
    joinEdits(appendEdits(edited, node, from, 'imagePullSecrets', [{ name: 'pull' }])),
  ).toString();
}

function valueOfText(text: string): Json {
  const { node } = opened(text);
  return readValue(node);
}

const ACCOUNTS: readonly { readonly name: string; readonly before: string; readonly after: string }[] = [
  {
    name: 'a plain account',
    before: 'kind: ServiceAccount\nmetadata:\n  name: a\n',
    after: 'kind: ServiceAccount\nmetadata:\n  name: a\nimagePullSecrets:\n- name: pull\n',
  },
  {
    name: 'no line break at the end',
    before: 'kind: ServiceAccount\nmetadata:\n  name: a',
    after: 'kind: ServiceAccount\nmetadata:\n  name: a\nimagePullSecrets:\n- name: pull',
  },
  {
    name: 'CRLF',
    before: 'kind: ServiceAccount\r\nmetadata:\r\n  name: a\r\n---\r\nkind: X\r\n',
    after:
      'kind: ServiceAccount\r\nmetadata:\r\n  name: a\r\nimagePullSecrets:\r\n- name: pull\r\n---\r\nkind: X\r\n',
  },
  {
    name: 'comments behind the last value and below it',
    before: 'kind: ServiceAccount\nmetadata:\n  name: a # the name\n# the end\n\n---\nkind: X\n',
    after:
      'kind: ServiceAccount\nmetadata:\n  name: a # the name\nimagePullSecrets:\n- name: pull\n# the end\n\n---\nkind: X\n',
  },
  {
    name: 'a list at the column of its key',
    before: 'kind: ServiceAccount\nimagePullSecrets:\n- name: old # mine\nmetadata:\n  name: a\n',
    after:
      'kind: ServiceAccount\nimagePullSecrets:\n- name: old # mine\n- name: pull\nmetadata:\n  name: a\n',
  },
  {
    name: 'an indented list, at the end',
    before: 'kind: ServiceAccount\nimagePullSecrets:\n    - name: old\n    -   name: older\n',
    after:
      'kind: ServiceAccount\nimagePullSecrets:\n    - name: old\n    -   name: older\n    - name: pull\n',
  },
  {
    name: 'a dash on a line of its own',
    before: 'kind: ServiceAccount\nimagePullSecrets:\n  -\n    name: old\nmetadata: {name: a}\n',
    after:
      'kind: ServiceAccount\nimagePullSecrets:\n  -\n    name: old\n  - name: pull\nmetadata: {name: a}\n',
  },
  {
    name: 'a list in flow form',
    before: 'kind: ServiceAccount\nimagePullSecrets: [{name: old}]\n',
    after: 'kind: ServiceAccount\nimagePullSecrets: [{"name":"pull"}, {name: old}]\n',
  },
  {
    name: 'a list in flow form over several lines with a comment and a trailing comma',
    before: 'kind: ServiceAccount\nimagePullSecrets: [\n  {name: old}, # ]\n]\n',
    after: 'kind: ServiceAccount\nimagePullSecrets: [\n  {"name":"pull"},\n  {name: old}, # ]\n]\n',
  },
  {
    name: 'an empty list',
    before: 'kind: ServiceAccount\nimagePullSecrets: [] # none\nmetadata: {name: a}\n',
    after: 'kind: ServiceAccount\nimagePullSecrets:\n- name: pull # none\nmetadata: {name: a}\n',
  },
  {
    name: 'nothing behind the key',
    before: 'kind: ServiceAccount\nimagePullSecrets:\nmetadata: {name: a}\n',
    after: 'kind: ServiceAccount\nimagePullSecrets:\n- name: pull\nmetadata: {name: a}\n',
  },
  {
    name: 'null',
    before: 'kind: ServiceAccount\nimagePullSecrets: null\nmetadata: {name: a}\n',
    after: 'kind: ServiceAccount\nimagePullSecrets:\n- name: pull\nmetadata: {name: a}\n',
  },
  {
    name: 'JSON',
    before: '{"kind": "ServiceAccount", "metadata": {"name": "a"}}',
    after: '{"imagePullSecrets": [{"name":"pull"}], "kind": "ServiceAccount", "metadata": {"name": "a"}}',
  },
  {
    name: 'JSON over several lines',
    before: '{\n  "kind": "ServiceAccount",\n  "imagePullSecrets": [\n    {"name": "old"}\n  ]\n}\n',
    after:
      '{\n  "kind": "ServiceAccount",\n  "imagePullSecrets": [\n    {"name":"pull"},\n    {"name": "old"}\n  ]\n}\n',
  },
  {
    name: 'a block scalar that keeps its line breaks at the end',
    before: 'kind: ServiceAccount\nnote: |+\n  text\n\n',
    after: 'kind: ServiceAccount\nnote: |+\n  text\n\nimagePullSecrets:\n- name: pull\n',
  },
  {
    name: 'a marker line, a byte-order mark and a comment above',
    before: '\ufeff# licence\n---\nkind: ServiceAccount\n',
    after: '\ufeff# licence\n---\nkind: ServiceAccount\nimagePullSecrets:\n- name: pull\n',
  },
];

describe('adding a pull secret to an account', () => {
  it.each(ACCOUNTS)('$name', ({ before, after }) => {
    const out = withSecret(before);
    expect(out).toBe(after);
    const value = valueOfText(out);
    const secrets = isObject(value) ? value['imagePullSecrets'] : undefined;
    expect(secrets).toContainEqual({ name: 'pull' });
  });

  it('refuses a list that is an alias, because its anchor would change too', () => {
    const text = 'kind: ServiceAccount\nother: &s\n- name: old\nimagePullSecrets: *s\n';
    expect(() => withSecret(text)).toThrow(CannotPlace);
  });
});

const PATCHES: readonly {
  readonly name: string;
  readonly before: string;
  readonly patch: Json;
  readonly after: string;
}[] = [
  {
    name: 'changes one scalar and leaves its comment',
    before: 'a:\n  b: 1 # one\n  c: 2\n',
    patch: { a: { b: 'x: y' } },
    after: 'a:\n  b: "x: y" # one\n  c: 2\n',
  },
  {
    name: 'does nothing when it is so already',
    before: 'a: "1"\nb: [x,  y]\n',
    patch: { a: '1', b: ['x', 'y'] },
    after: 'a: "1"\nb: [x,  y]\n',
  },
  {
    name: 'fills an empty map',
    before: 'a: {} # none\nb: 1\n',
    patch: { a: { c: { d: true } } },
    after: 'a:\n  c:\n    d: true # none\nb: 1\n',
  },
  {
    name: 'removes an entry with its lines',
    before: 'a:\n  b:\n    - 1\n  # c is\n  c: 2\n',
    patch: { a: { b: null } },
    after: 'a:\n  # c is\n  c: 2\n',
  },
  {
    name: 'removes the last entry and adds another',
    before: 'a:\n  b: 1\n  c: 2\nd: 3\n',
    patch: { a: { c: null, e: 4 } },
    after: 'a:\n  b: 1\n  e: 4\nd: 3\n',
  },
  {
    name: 'removes the only entry of a map',
    before: 'a:\n  b: 1\nc: 2\n',
    patch: { a: { b: null } },
    after: 'a: {}\nc: 2\n',
  },
  {
    name: 'replaces a list by an empty one',
    before: 'a:\n- 1\n- 2\nb: 1\n',
    patch: { a: [] },
    after: 'a: []\nb: 1\n',
  },
  {
    name: 'replaces a list by another',
    before: 'k:\n  a:\n    - u: 1\n  b: 1\n',
    patch: { k: { a: [{ u: 2, v: [] }] } },
    after: 'k:\n  a:\n  - u: 2\n    v: []\n  b: 1\n',
  },
  {
    name: 'edits inside a flow map',
    before: "a: {b: 1, c: it's, d: 4}\n",
    patch: { a: { b: null, c: 'x', e: 5 } },
    after: 'a: {"c":"x","d":4,"e":5}\n',
  },
  {
    name: 'quotes what would be read as something else',
    before: 'a: 1\n',
    patch: { n: 'no', y: 'y', v: '1.10', e: '', t: 'true', s: ' x' },
    after: 'a: 1\n"n": "no"\n"y": "y"\nv: "1.10"\ne: ""\nt: "true"\ns: " x"\n',
  },
];

describe('a merge patch as byte edits', () => {
  it.each(PATCHES)('$name', ({ before, patch, after }) => {
    expect(patched(before, patch)).toBe(after);
    expect(valueOfText(after)).toEqual(mergePatch(valueOfText(before), patch));
  });
});

const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('yes', 'null', '1e3', '- x', 'a: b', '# c', "it's", '{', '*a', 'é\n'),
  fc.integer(),
  fc.boolean(),
);
const { tree } = fc.letrec<{ tree: Json; map: Json }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, scalar, tie('map'), fc.array(tie('tree'), { maxLength: 3 })),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'no', 'x y', '1', 'é'), tie('tree'), { maxKeys: 4 }),
}));
const patches = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'no', 'x y'),
  fc.oneof(
    tree,
    fc.constant(null),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(tree, fc.constant(null))),
  ),
  { maxKeys: 4 },
);
const map = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'no', 'x y'), tree, { minKeys: 1, maxKeys: 4 });

describe('any document, any patch', () => {
  it('writes what reads back as the same value', () => {
    fc.assert(
      fc.property(map, (value) => {
        expect(valueOfText(documentText(value))).toEqual(value);
      }),
    );
  });

  it('gives the value that RFC 7396 says', () => {
    fc.assert(
      fc.property(
        map,
        patches,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (value, patch, newline, asJson) => {
          const block = asJson ? `${JSON.stringify(value, undefined, 1)}\n` : documentText(value);
          const before = `# head${newline}${block.replaceAll('\n', newline)}# tail${newline}`;
          // an edit of a document that ends up empty is nothing that rendering does
          fc.pre(Object.keys(mergePatch(value, patch) as object).length > 0);
          const after = patched(before, patch);
          expect(valueOfText(after)).toEqual(mergePatch(value, patch));
          expect(after.startsWith(`# head${newline}`)).toBe(true);
          expect(after.endsWith(`# tail${newline}`)).toBe(true);
        },
      ),
    );
  });
});
