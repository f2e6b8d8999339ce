import { describe, expect, it } from 'vitest';
import { bytesOf, findings, look } from '../../../test/support/discovery.ts';

const configMap = (...lines: string[]) =>
  [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata: {name: c}',
    'data:',
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');

describe('text inside of values', () => {
  it('steps through JSON in YAML in a block', () => {
    const text = configMap(
      'pod.yaml: |',
      '  spec:',
      '    containers:',
      '      - image: quay.io/a/b:1',
      '        env:',
      `          - {name: X, value: '[{"image": "quay.io/a/c:1"}]'}`,
    );
    const { uses } = look(text);
    expect(uses.map(({ reference, path, how }) => [reference, path, how])).toEqual([
      ['quay.io/a/b:1', 'data["pod.yaml"]#spec.containers[0].image', 'embedded'],
      ['quay.io/a/c:1', 'data["pod.yaml"]#spec.containers[0].env[0].value#[0].image', 'embedded'],
    ]);
    for (const use of uses) expect(bytesOf(text, use)).toEqual([use.reference]);
  });

  it('finds the bytes through escapes', () => {
    const text = configMap('x: "{\\"image\\": \\"quay.io\\/a\\/b:1\\"}"');
    const [use] = look(text).uses;
    expect(use?.reference).toBe('quay.io/a/b:1');
    expect(text.slice(...(use?.range ?? [0, 0]))).toBe('quay.io\\/a\\/b:1');
  });

  it.each([
    [
      ['- image: a/b:1', '{{ if .X }}', '- image: "a/c:1"', '{{ end }}'],
      ['embedded likely a/b:1', 'embedded likely a/c:1'],
    ],
    [['- image: a/b:1', '[[ if .X ]]', '[[ end ]]'], ['embedded likely a/b:1']],
    [['#!/bin/sh', 'kubectl apply -f - <<EOF', 'image: a/b:1', 'EOF'], ['embedded likely a/b:1']],
    [['a.b=c', 'spark.container.image=a/b:1', 'x=y'], ['embedded likely a/b:1']],
    [
      ['3.9=quay.io/a/b:3.9', '3.8=quay.io/a/b:3.8'],
      ['list likely quay.io/a/b:3.9', 'list likely quay.io/a/b:3.8'],
    ],
    [['#!/bin/sh', 'docker pull quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [
      ['import "op"', 'build: op.#Step & {', '  image: "quay.io/a/b:1"', '  image: "the word"', '}'],
      ['embedded likely quay.io/a/b:1'],
    ],
  ])('reads %j', (lines, expected) => {
    expect(findings(configMap('x: |', ...lines.map((line) => `  ${line}`)))).toEqual(expected);
  });

  it('tells the templates in it', () => {
    const { unresolved } = look(configMap('x: |', '  image: "{{ .Hub }}/{{ .Image }}"', '  {{ end }}'));
    expect(unresolved.map(({ text, why, path }) => [text, why, path])).toEqual([
      ['{{ .Hub }}/{{ .Image }}', 'helm-template', 'data.x#image'],
    ]);
  });

  it.each([
    [['_example: |', '  image: quay.io/a/b:1']],
    [['notes: see quay.io/a/b:1 for more']],
    [['x: |', '  # image: quay.io/a/b:1', '  a: b']],
    [['x: |', '  Text about the image', '  quay.io/a/b:1 and how to pull it.']],
  ])('nothing in %j', (lines) => {
    expect(findings(configMap(...lines), {})).toEqual([]);
  });

  it('takes a CRD inside of text for a schema', () => {
    const crd = [
      'kind: CustomResourceDefinition',
      'spec:',
      '  versions:',
      '    - schema:',
      '        openAPIV3Schema:',
      '          properties:',
      '            image: {example: "quay.io/a/b:1", default: "quay.io/a/c:1"}',
    ];
    expect(findings(configMap('crd.yaml: |', ...crd.map((line) => `  ${line}`)))).toEqual([
      'crd-default likely quay.io/a/c:1',
    ]);
  });
});
