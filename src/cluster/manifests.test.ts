import { describe, expect, it } from 'vitest';
import { readObjects } from './manifests.ts';

const read = (text: string) => readObjects([{ path: 'a.yaml', bytes: Buffer.from(text) }]);

describe('objects of manifests', () => {
  it('reads documents and lists, in order, with the line each begins at', () => {
    const objects = read(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n- {apiVersion: v1, kind: Pod, metadata: {name: c}}\n',
    );
    expect(objects.map(({ object, line }) => `${object.kind} ${object.metadata.name} ${line}`)).toEqual([
      'ConfigMap a 1',
      'Secret b 4',
      'Pod c 4',
    ]);
  });

  it('leaves out what only a server writes', () => {
    const [first] = read(
      'apiVersion: v1\nkind: A\nmetadata: {name: a, uid: x, resourceVersion: "1", creationTimestamp: null, managedFields: [], labels: {x: z}}\nstatus: {a: b}\nspec: {c: 1}\n',
    );
    expect(first?.object).toEqual({
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'a', labels: { x: 'z' } },
      spec: { c: 1 },
    });
  });

  it('counts the same object once', () => {
    const one = 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n';
    expect(read(`${one}---\n${one}`)).toHaveLength(1);
  });

  it.each([
    ['kind: A\nmetadata: {name: a}\n', 'apiVersion or kind is missing'],
    ['- a\n', 'a map is expected'],
    ['apiVersion: v1\nkind: A\nmetadata: {}\n', 'has no metadata.name'],
    [
      'apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\nx: 1\n',
      'there twice with different content; the other is at a.yaml:1',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
