import { describe, expect, it } from 'vitest';
import { fc } from '../../test/support/properties.ts';
import { discover, type LockWish, lockOf, renderFile } from '../../test/support/render-input.ts';
import type { ImageUse } from '../discovery/index.ts';
import { digestOf, parseReference } from '../oci/index.ts';
import { cutDocuments, openSource, parseDocument } from '../yaml/index.ts';
import { readValue } from './edit/index.ts';
import { referencesOf } from './references.ts';
import { editsFor, rewriteFile } from './rewrite.ts';
import { verifyRewrite } from './verify-rewrite.ts';

function rewrite(
  text: string,
  wish: LockWish & { readonly isExcluded?: (reference: string) => boolean } = {},
) {
  const file = renderFile('extra', 'in.yaml', text);
  const options = {
    references: referencesOf(lockOf([file], wish)),
    isExcluded: wish.isExcluded ?? (() => false),
  };
  const after = rewriteFile(file, options);
  return {
    file,
    after,
    text: after.bytes.toString(),
    wrong: verifyRewrite(file, after, { ...options, discover }),
  };
}

const digest = (reference: string) => digestOf(Buffer.from(reference));
const A = 'quay.io/a/b:1.0';
const TO = `registry.corp.example/che/quay.io/a/b:1.0@${digest(A)}`;
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n';

const CASES: readonly { readonly name: string; readonly before: string; readonly after: string }[] = [
  {
    name: 'a plain value with its comment',
    before: `${POD}    image: ${A}   # tag: 1.0\n`,
    after: `${POD}    image: ${TO}   # tag: 1.0\n`,
  },
  { name: 'double quotes', before: `${POD}    image: "${A}"\n`, after: `${POD}    image: "${TO}"\n` },
  {
    name: 'single quotes, CRLF',
    before: `${POD}    image: '${A}'\n`.replaceAll('\n', '\r\n'),
    after: `${POD}    image: '${TO}'\n`.replaceAll('\n', '\r\n'),
  },
  { name: 'no line break at the end', before: `${POD}    image: ${A}`, after: `${POD}    image: ${TO}` },
  {
    name: 'a flow map',
    before: `apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: ${A}}]}\n`,
    after: `apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: ${TO}}]}\n`,
  },
  {
    name: 'JSON in a single-quoted variable',
    before: `${POD}    env:\n    - name: DEFAULTS\n      value: '[{"container": {"image": "${A}"}}]'\n`,
    after: `${POD}    env:\n    - name: DEFAULTS\n      value: '[{"container": {"image": "${TO}"}}]'\n`,
  },
  {
    name: 'JSON in a double-quoted variable with escapes',
    before: `${POD}    env:\n    - name: DEFAULTS\n      value: "[{\\"image\\": \\"${A.replace('/', '\\\\/')}\\", \\"x\\": 1}]"\n`,
    after: `${POD}    env:\n    - name: DEFAULTS\n      value: "[{\\"image\\": \\"${TO}\\", \\"x\\": 1}]"\n`,
  },
  {
    name: 'an argument',
    before: `${POD}    args: [--x-image=${A}, --other]\n`,
    after: `${POD}    args: [--x-image=${TO}, --other]\n`,
  },
  {
    name: 'lines of key=image',
    before: `kind: ConfigMap\napiVersion: v1\ndata:\n  images: |\n    one=${A}\n    two=${A}\n`,
    after: `kind: ConfigMap\napiVersion: v1\ndata:\n  images: |\n    one=${TO}\n    two=${TO}\n`,
  },
  {
    name: 'an anchor and its alias change once',
    before: `${POD}    image: &i ${A}\n  - name: d\n    image: *i\n`,
    after: `${POD}    image: &i ${TO}\n  - name: d\n    image: *i\n`,
  },
];

describe('rewriting references', () => {
  it.each(CASES)('$name', ({ before, after }) => {
    const out = rewrite(before);
    expect(out.text).toBe(after);
    expect(out.wrong).toEqual([]);
    expect(out.after.unknown).toEqual([]);
  });

  it.each([
    ['tag-and-digest', `registry.corp.example/che/quay.io/a/b:1.0@${digest(A)}`],
    ['digest', `registry.corp.example/che/quay.io/a/b@${digest(A)}`],
    ['tag', 'registry.corp.example/che/quay.io/a/b:1.0'],
  ] as const)('writes the form %s', (reference, to) => {
    expect(rewrite(`${POD}    image: ${A}\n`, { reference }).text).toBe(`${POD}    image: ${to}\n`);
  });

  it('writes a source that was named by digest by digest alone', () => {
    const source = `quay.io/a/b@${digest('x')}`;
    const out = rewrite(`${POD}    image: ${source}\n`);
    expect(out.text).toBe(`${POD}    image: registry.corp.example/che/quay.io/a/b@${digest('x')}\n`);
  });

  it('returns the very buffer of a file without images', () => {
    const { file, after } = rewrite('apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n');
    expect(after.bytes).toBe(file.file.bytes);
  });

  it('collects what the lock does not know, and leaves what it excludes', () => {
    const text = `${POD}    image: quay.io/a/unknown:1\n  - name: d\n    image: quay.io/a/left:1\n  - name: e\n    image: ${A}\n`;
    const out = rewrite(text, {
      without: (reference) => reference !== A,
      isExcluded: (reference) => reference === 'quay.io/a/left:1',
    });
    expect(out.text).toBe(text.replace(A, TO));
    expect(out.after.unknown.map(({ reference }) => reference)).toEqual(['quay.io/a/unknown:1']);
    expect(out.wrong).toEqual([]);
  });

  it('reports keys that one image changes and another needs as they are', () => {
    const use = (repository: string, at: number): ImageUse => ({
      reference: `quay.io/a/${repository}:1`,
      parsed: parseReference(`quay.io/a/${repository}:1`),
      file: 'in.yaml',
      document: 0,
      kind: '',
      name: '',
      path: repository,
      line: 1,
      column: 1,
      range: [at, at + 1],
      parts: [
        { part: 'registry', value: 'quay.io', range: [0, 7] },
        { part: 'repository', value: `a/${repository}`, range: [at, at + 3] },
        { part: 'tag', value: '1', range: [at + 4, at + 5] },
      ],
      how: 'split',
      confidence: 'certain',
      reason: '',
    });
    const uses = [use('b', 10), use('c', 20)];
    const lock = lockOf([{ role: 'extra', file: { path: 'in.yaml', bytes: Buffer.alloc(0) }, uses }], {
      without: (reference) => reference === 'quay.io/a/c:1',
    });
    const made = editsFor(uses, { references: referencesOf(lock), isExcluded: () => true });
    expect(made.findings).toEqual([
      {
        level: 'error',
        subject: 'in.yaml:1:1',
        message: expect.stringContaining('shares a key with quay.io/a/b:1'),
      },
    ]);
    const both = editsFor(uses, {
      references: referencesOf(
        lockOf([{ role: 'extra', file: { path: 'in.yaml', bytes: Buffer.alloc(0) }, uses }]),
      ),
      isExcluded: () => false,
    });
    expect(both.findings).toEqual([]);
    expect(both.edits.filter(({ range }) => range[0] === 0)).toEqual([
      { range: [0, 7], text: 'registry.corp.example' },
    ]);
  });

  it('leaves what kustomize searches for, and gives it a new name', () => {
    const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n';
    const out = rewrite(
      `${head}- name: quay.io/a/b\n  newTag: "2" # two\n- name: quay.io/a/c\n  newName: quay.io/a/d\n  newTag: "3"\n- {name: quay.io/a/e, newTag: "4"}\n`,
    );
    const to = (name: string) => `registry.corp.example/che/quay.io/a/${name}`;
    expect(out.text).toBe(
      `${head}- name: quay.io/a/b\n  newTag: "2" # two\n  newName: ${to('b')}\n  digest: ${digest('quay.io/a/b:2')}\n- name: quay.io/a/c\n  newName: ${to('d')}\n  newTag: "3@${digest('quay.io/a/d:3')}"\n- {"newName": "${to('e')}", "digest": "${digest('quay.io/a/e:4')}", name: quay.io/a/e, newTag: "4"}\n`,
    );
    expect(out.wrong).toEqual([]);
  });

  it('writes images that share a tag without digests, and says so', () => {
    const text =
      'a:\n  image: {repository: quay.io/a/b, tag: &t "1"}\nb:\n  image: {repository: quay.io/a/c, tag: *t}\n';
    const out = rewrite(text);
    expect(out.text).toBe(text.replaceAll('quay.io', 'registry.corp.example/che/quay.io'));
    expect(out.after.findings.map(({ level, message }) => ({ level, message }))).toEqual([
      { level: 'note', message: expect.stringContaining('share a tag') },
    ]);
    expect(out.wrong).toEqual([]);
  });

  it('is told when a byte outside of the references changed or a reference came out wrong', () => {
    const { file, after } = rewrite(`${POD}    image: ${A}\n`);
    const options = { references: referencesOf(lockOf([file])), isExcluded: () => false, discover };
    const spoilt = Buffer.from(after.bytes.toString().replace('name: c', 'name: d'));
    expect(verifyRewrite(file, { ...after, bytes: spoilt }, options)).toHaveLength(1);
    const other = Buffer.from(after.bytes.toString().replace('/a/b:', '/a/x:'));
    expect(verifyRewrite(file, { ...after, bytes: other }, options).map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining('came out as')]),
    );
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const reference = fc
  .tuple(fc.constantFrom('quay.io', 'docker.io', 'ghcr.io', 'reg.example:5000'), name, name, name)
  .map(([host, a, b, tag]) => `${host}/${a}/${b}:${tag}`);
const quote = fc.constantFrom('', '"', "'");
/** Containers with their images, between keys that look like something else. */
const pod = fc
  .array(fc.tuple(name, reference, quote, fc.constantFrom('', ' # note', ' # quay.io/x/y:1'), name), {
    minLength: 1,
    maxLength: 5,
  })
  .map((containers) =>
    [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: {name: p}',
      'spec:',
      '  containers:',
      ...containers.flatMap(([container, image, mark, comment, word]) => [
        `  - name: c-${container}`,
        `    image: ${mark}${image}${mark}${comment}`,
        `    workingDir: /${word}/${word}:1`,
        `    env: [{name: X_IMAGE, value: ${mark}${image}${mark}}, {name: NOTE, value: "${word} ${image}"}]`,
      ]),
    ].join('\n'),
  );

describe('any document', () => {
  it('changes in exactly the ranges of its references, and in no other value', () => {
    fc.assert(
      fc.property(
        pod,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('nested', 'path', 'flat'),
        (text, newline, naming) => {
          const before = text.replaceAll('\n', newline);
          const out = rewrite(before, { naming });
          expect(out.wrong).toEqual([]);
          expect(out.after.unknown).toEqual([]);
          const undo = new Map(out.file.uses.map((use) => [use.path, use.reference]));
          let restored = out.text;
          for (const use of discover({ path: 'x', bytes: out.after.bytes }).uses.toReversed())
            restored =
              restored.slice(0, use.range[0]) + (undo.get(use.path) ?? '?') + restored.slice(use.range[1]);
          expect(restored).toBe(before);
          expect(shape(out.text)).toEqual(shape(before));
        },
      ),
    );
  });
});

/** The value of a document with every image made the same. */
function shape(text: string): unknown {
  const source = openSource({ path: 'x', bytes: Buffer.from(text) });
  const [document] = cutDocuments(source);
  const value = document === undefined ? null : readValue(parseDocument(source, document));
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === 'image' || (key === 'value' && typeof inner === 'string' && !inner.includes(' '))
        ? 'IMAGE'
        : inner,
    ),
  );
}
