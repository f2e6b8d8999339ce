import { describe, expect, it } from 'vitest';
import { deployment, findings, look } from '../../test/support/discovery.ts';
import { discover } from './index.ts';
import { RULES } from './rules.ts';

const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });

describe('discover', () => {
  it('gives uses in the order of files and bytes', () => {
    const { discovery } = discover([
      file('b.yaml', `${deployment('image: b/b:1')}---\n${deployment('image: b/a:1')}`),
      file('a.yaml', deployment('env: [{name: A_IMAGE, value: a/b:1}]', 'image: a/a:1')),
    ]);
    expect(discovery.uses.map((use) => `${use.file} ${use.document} ${use.reference}`)).toEqual([
      'b.yaml 0 b/b:1',
      'b.yaml 1 b/a:1',
      'a.yaml 0 a/b:1',
      'a.yaml 0 a/a:1',
    ]);
  });

  it('reports every unreadable document and looks through the others', () => {
    const { discovery, failures } = discover([
      file('bad.yaml', 'a: [\n'),
      file('half.yaml', `${deployment('image: a/b:1')}---\nb: "x\n---\n${deployment('image: a/c:1')}`),
      file('good.yaml', deployment('image: a/d:1')),
    ]);
    expect(discovery.uses.map(({ reference }) => reference)).toEqual(['a/b:1', 'a/c:1', 'a/d:1']);
    expect(failures.map(({ code }) => code)).toEqual(['YAML_INVALID', 'YAML_INVALID']);
    expect(failures.map(({ subject }) => subject)).toEqual([
      expect.stringContaining('bad.yaml'),
      expect.stringContaining('half.yaml'),
    ]);
  });

  it('stops when asked to', () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    expect(() => discover([file('a.yaml', '')], { signal: controller.signal })).toThrow('enough');
  });

  it('keeps what is sure enough', () => {
    const text = `${deployment('image: a/b:1', 'env: [{name: A_IMAGE, value: a/c:1}, {name: B, value: a/d:1}]')}`;
    expect(findings(text, { minConfidence: 'certain' })).toEqual(['field certain a/b:1']);
    expect(findings(text, {})).toHaveLength(2);
    expect(findings(text, { minConfidence: 'possible' })).toHaveLength(3);
  });

  it('reports bytes that an alias shows again once', () => {
    expect(findings('kind: X\na: {image: &i "quay.io/a/b:1"}\nb: {image: *i}\n')).toHaveLength(1);
  });

  it.each([
    ['a lock', 'apiVersion: sallyport.dev/v1alpha1\nkind: Lock\nimages: [{reference: "quay.io/a/b:1"}]\n'],
    [
      'a configuration',
      'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\nsources: {images: [{reference: "quay.io/a/b:1", reason: x}]}\n',
    ],
    ['what a patch tests', '- {op: test, path: /spec/image, value: "quay.io/a/b:1"}\n'],
    [
      'what a patch records',
      '- {op: add, path: /metadata/annotations/sallyport.dev~1original-image.b, value: "quay.io/a/b:1"}\n',
    ],
    [
      'the annotation with the original',
      'kind: Pod\nmetadata: {annotations: {sallyport.dev/original-image.b: "quay.io/a/b:1"}}\n',
    ],
  ])('%s says what was there before, and nothing runs it', (_, text) => {
    expect(findings(text, {})).toEqual([]);
    expect(
      findings(text.replaceAll('sallyport.dev', 'other.example').replace('op: test', 'op: add'), {}),
    ).toEqual([expect.stringContaining('quay.io/a/b:1')]);
  });

  it('takes the items of lists and templates for objects of their own', () => {
    const list =
      'kind: List\nitems:\n  - {kind: Pod, metadata: {name: p}, spec: {containers: [{image: a/b}]}}\n  - {kind: Template, objects: [{kind: Pod, metadata: {name: q}, spec: {containers: [{image: a/c}]}}]}\n';
    expect(look(list).uses.map(({ kind, name, path, document }) => [kind, name, path, document])).toEqual([
      ['Pod', 'p', 'items[0].spec.containers[0].image', 0],
      ['Pod', 'q', 'items[1].objects[0].spec.containers[0].image', 0],
    ]);
  });

  it('keeps the parameters of a template that holds objects', () => {
    expect(
      findings('kind: Template\nparameters: [{name: WORKER_IMAGE, value: "a/b:1"}]\nobjects: []\n'),
    ).toEqual(['field likely a/b:1']);
  });

  it('does not read access rules, but resources of other groups with their names', () => {
    const role = (group: string) => `apiVersion: ${group}/v1\nkind: Role\nspec: {image: "quay.io/a/b:1"}\n`;
    expect(findings(role('rbac.authorization.k8s.io'))).toEqual([]);
    expect(findings(role('db.example.com'))).toEqual(['field certain quay.io/a/b:1']);
  });

  it.each([
    ['CRLF and a byte-order mark', (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`],
    ['a document marker', (text: string) => `# comment\n---\n${text}...\n`],
    ['JSON', () => '{"kind": "Pod", "spec": {"containers": [{"image": "quay.io/a/b:1"}]}}'],
  ])('reads %s', (_, change) => {
    const text = change(deployment('image: quay.io/a/b:1'));
    const [use] = look(text).uses;
    expect(
      Buffer.from(text)
        .subarray(...(use?.range ?? [0, 0]))
        .toString(),
    ).toBe('quay.io/a/b:1');
  });

  it('is a table in which every rule says why and where it is from', () => {
    for (const rule of Object.values(RULES)) {
      expect(rule.reason).not.toBe('');
      expect(rule.source).not.toBe('');
    }
  });
});
