import { describe, expect, it } from 'vitest';
import { look } from '../../../test/support/discovery.ts';

const crd = (...properties: string[]) =>
  [
    'apiVersion: apiextensions.k8s.io/v1',
    'kind: CustomResourceDefinition',
    'metadata: {name: things.example.com}',
    'spec:',
    '  versions:',
    '    - schema:',
    '        openAPIV3Schema:',
    '          properties:',
    ...properties.map((line) => `            ${line}`),
    '',
  ].join('\n');

describe('schemas', () => {
  it.each([
    [['image: {type: string, default: "quay.io/a/b:1"}'], 'quay.io/a/b:1'],
    [['image:', '  default: a/b:1', '  type: string'], 'a/b:1'],
    [['image: {type: string, default: quay.io/a/b}'], 'quay.io/a/b'],
    [['tools: {default: {image: "quay.io/a/b:1"}}'], 'quay.io/a/b:1'],
    [['tools:', '  default:', '    - name: x', '      image: quay.io/a/b:1'], 'quay.io/a/b:1'],
    [['tools:', '  "default": "quay.io/a/b:1"'], 'quay.io/a/b:1'],
    [['default:', '  properties:', '    image: {default: "quay.io/a/b:1"}'], 'quay.io/a/b:1'],
  ])('a default: %j', (lines, reference) => {
    expect(look(crd(...lines)).uses.map((use) => [use.reference, use.how, use.confidence])).toEqual([
      [reference, 'crd-default', 'likely'],
    ]);
  });

  it.each([
    [['image: {description: "for example quay.io/a/b:1"}']],
    [['image: {example: "quay.io/a/b:1"}']],
    [['image: {enum: ["quay.io/a/b:1"]}']],
    [['image: {pattern: "quay.io/a/b:1", default: ""}']],
    [['image: {default: IfNotPresent}']],
    [['default: {description: "quay.io/a/b:1"}']],
    [['url: {default: "https://example.org/a/b:1"}']],
    [['label: {default: example.org/part}']],
  ])('nothing in %j', (lines) => {
    expect(look(crd(...lines))).toEqual({ uses: [], unresolved: [], egress: [] });
  });

  it('cannot know the tag of a default that is a repository alone', () => {
    const found = look(
      crd('repository: {default: docker.io/team/db}', 'charts: {default: docker.io/team/charts}'),
    );
    expect(found.uses.map(({ confidence }) => confidence)).toEqual(['possible']);
    expect(found.unresolved.map(({ text, why }) => [text, why])).toEqual([
      ['docker.io/team/db', 'missing-tag'],
    ]);
  });

  it('does not read a schema without such a default, whatever else is in it', () => {
    expect(look(`${crd('image: {type: string}')}${'  broken: [\n'.repeat(3)}`).uses).toEqual([]);
  });
});
