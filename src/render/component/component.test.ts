import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyOperations } from '../../../test/support/json-patch.ts';
import { fc } from '../../../test/support/properties.ts';
import { discover, renderFile, renderInput } from '../../../test/support/render-input.ts';
import type { Json } from '../edit/index.ts';
import { render } from '../render.ts';
import { splitImages } from './images.ts';
import { operationsFor } from './json-patch.ts';

const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(null, true, 1, 'a', 'b', ''),
    fc.dictionary(fc.constantFrom('a', 'b/c', 'd~e'), tie('tree'), { maxKeys: 3 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}));

describe('patches', () => {
  it('make any value of any other', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        expect(applyOperations({ root: before }, operationsFor({ root: before }, { root: after }))).toEqual({
          root: after,
        });
      }),
    );
  });

  it('test what they replace', () => {
    const operations = operationsFor({ a: { b: 'old' } }, { a: { b: 'new' } });
    expect(() => applyOperations({ a: { b: 'other' } }, operations)).toThrow('test of /a/b failed');
  });
});

describe('container images', () => {
  const change = (before: string, after: string, path = '/spec/containers/0/image') =>
    operationsFor(before, after, path);

  it('become entries of the image transformer', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const { images, patches } = splitImages([change('quay.io/a/b:1', `reg:5000/m/a/b:1@${digest}`)]);
    expect(images).toEqual([{ name: 'quay.io/a/b', newName: 'reg:5000/m/a/b', newTag: '1', digest }]);
    expect(patches).toEqual([[]]);
  });

  it('stay patches where one name becomes two images, and outside of containers', () => {
    const made = splitImages([
      change('quay.io/a/b:1', 'reg/m/b:1'),
      change('quay.io/a/b:2', 'reg/m/b:2'),
      change('quay.io/a/c:1', 'reg/m/c:1', '/spec/image'),
    ]);
    expect(made.images).toEqual([]);
    expect(made.patches.map((operations) => operations.length)).toEqual([2, 2, 2]);
  });
});

const OPERATOR = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: operator
  namespace: demo
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: operator
  namespace: demo
spec:
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      serviceAccountName: operator
      containers:
      - name: manager
        image: quay.io/demo/operator:1
        args: ["--prober-image=quay.io/demo/prober:1"]
        env:
        - {name: RELATED_IMAGE_lamp, value: quay.io/demo/lamp:1}
        - name: DEFAULTS
          value: '[{"image": "quay.io/demo/tools:1"}]'
---
apiVersion: demo.example/v1
kind: Lamp
metadata: {name: lamp, namespace: demo}
spec:
  image: quay.io/demo/lamp:1
`;

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;

describe('the component', () => {
  it.skipIf(!hasKubectl)('gives with kustomize the same images and secrets as the rewritten files', () => {
    const input = renderInput([renderFile('extra', 'operator.yaml', OPERATOR)], { secret: 'pull' });
    const out = render(input);
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-overlay-'));
    try {
      for (const { path, bytes } of out.files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), bytes);
      }
      mkdirSync(join(folder, 'site'));
      writeFileSync(join(folder, 'site/operator.yaml'), OPERATOR);
      writeFileSync(
        join(folder, 'site/kustomization.yaml'),
        'resources: [operator.yaml]\ncomponents: [../component]\n',
      );
      const build = (name: string) => {
        const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', join(folder, name)]);
        expect(stderr.toString()).toBe('');
        expect(status).toBe(0);
        return stdout;
      };
      const overlay = build('site');
      expect(overlay.toString()).toBe(build('.').toString());
      const images = discover({ path: 'x', bytes: overlay }).uses.map(({ reference }) => reference);
      expect(images).toHaveLength(5);
      expect(images.filter((image) => !image.startsWith('registry.corp.example/che/'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
