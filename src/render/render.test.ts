import { describe, expect, it } from 'vitest';
import { discover, lockOf, renderFile, renderInput } from '../../test/support/render-input.ts';
import { writeLock } from '../lock/index.ts';
import type { RenderFile } from './input.ts';
import { render } from './render.ts';

const POD = (name: string, image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n  - name: c\n    image: ${image}\n`;

function paths(files: readonly RenderFile[]) {
  return render(renderInput(files)).files.map(({ path }) => path);
}

describe('the output folder', () => {
  it('is the same each time, in order, without dates and without paths of this machine', () => {
    const input = renderInput(
      [renderFile('extra', `${import.meta.dirname}/a.yaml`, POD('a', 'quay.io/a/b:1'))],
      {
        secret: 'pull',
        render: { nodeConfig: ['k3s', 'containerd', 'crio', 'openshift'], annotateOriginals: true },
      },
    );
    const [one, two] = [render(input), render(input)];
    expect(two.files).toEqual(one.files);
    const names = one.files.map(({ path }) => path);
    expect(names).toEqual([...names].sort());
    for (const { bytes } of one.files) {
      expect(bytes.toString()).not.toContain(import.meta.dirname);
      expect(bytes.toString()).not.toMatch(/\d{4}-\d{2}-\d{2}T|\d{1,2}:\d{2}:\d{2}/);
    }
  });

  it('keeps the order and the names of the user’s files, each once', () => {
    expect(
      paths([
        renderFile('extra', 'deploy/b.yaml', POD('b', 'quay.io/a/b:1')),
        renderFile('extra', 'other/b.yaml', POD('c', 'quay.io/a/b:1')),
        renderFile('extra', '-', POD('d', 'quay.io/a/b:1')),
        renderFile('extra', 'values.yaml', 'image:\n  repository: quay.io/a/b\n  tag: "1"\n'),
        renderFile('extra', 'x y.json', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}'),
        renderFile(
          'extra',
          'kustomization.yaml',
          'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
        ),
      ]).filter((path) => /^(?:manifests|files)\//.test(path)),
    ).toEqual([
      'files/4-values.yaml',
      'files/6-kustomization.yaml',
      'manifests/50-1-b.yaml',
      'manifests/50-2-b.yaml',
      'manifests/50-3-stdin.yaml',
      'manifests/50-5-x-y.json',
    ]);
  });

  it('holds files without images byte for byte', () => {
    const text = '\ufeffapiVersion: v1\r\nkind: ConfigMap # quay.io/a/b:1\r\nmetadata: {name: x}\r\n\r\n';
    const { files } = render(renderInput([renderFile('extra', 'c.yaml', text)]));
    expect(files.find(({ path }) => path === 'manifests/50-c.yaml')?.bytes.equals(Buffer.from(text))).toBe(
      true,
    );
  });
});

describe('original references as annotations', () => {
  it('stand on the object, one per reference, and do not break the proof', () => {
    const text = `${POD('a', 'quay.io/a/b:1')}  - name: d\n    image: quay.io/z/b:2\n  - name: e\n    image: quay.io/a/b:1\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n`;
    const out = render(
      renderInput([renderFile('extra', 'a.yaml', text)], { render: { annotateOriginals: true } }),
    );
    const made = out.files.find(({ path }) => path === 'manifests/50-a.yaml')?.bytes.toString();
    expect(made).toContain(
      'metadata:\n  name: a\n  annotations:\n    sallyport.dev/original-image.b: quay.io/a/b:1\n    sallyport.dev/original-image.b-2: quay.io/z/b:2\nspec:\n',
    );
    expect(made?.endsWith('---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n')).toBe(true);
    expect(out.closure.ok).toBe(true);
  });
});

describe('the closure proof', () => {
  it('names what still points elsewhere, with its place', () => {
    const file = renderFile('extra', 'a.yaml', POD('a', 'quay.io/a/b:1'));
    const other = renderFile('extra', 'b.yaml', POD('b', 'quay.io/not/locked:1'));
    const out = render(renderInput([file, other], { lock: lockOf([file]) }));
    expect(out.unknown.map(({ reference }) => reference)).toEqual(['quay.io/not/locked:1']);
    expect(out.closure.ok).toBe(false);
    expect(out.closure.outside.map(({ reference, file: path, line }) => ({ reference, path, line }))).toEqual(
      [{ reference: 'quay.io/not/locked:1', path: 'manifests/50-2-b.yaml', line: 8 }],
    );
  });

  it('lets pass what is left out on request, and a target that only begins alike is outside', () => {
    const left = renderFile('extra', 'a.yaml', POD('a', 'quay.io/left/out:1'));
    const { closure, files } = render(renderInput([left], { wish: { without: () => true } }));
    expect(closure.ok).toBe(true);
    expect(closure.leftOut.map(({ reference }) => reference)).toEqual(['quay.io/left/out:1']);
    expect(files.find(({ path }) => path === 'README.md')?.bytes.toString()).toContain(
      '- Not private on request: `quay.io/left/out:1` at spec.containers[0].image of Pod/a',
    );
    const alike = renderFile('extra', 'a.yaml', POD('a', 'registry.corp.example/che-other/x:1'));
    expect(render(renderInput([alike], { lock: lockOf([]) })).closure.ok).toBe(false);
  });

  it('is what a user sees who looks through the whole folder, the lock, the overlay and recorded originals in it', () => {
    const text = `${POD('a', 'quay.io/a/b:1')}    env: [{name: B_IMAGE, value: "quay.io/a/c:1"}]\n`;
    const file = renderFile('extra', 'a.yaml', text);
    const { files } = render(renderInput([file], { render: { annotateOriginals: true } }));
    const lock = { path: 'sallyport.lock.yaml', bytes: Buffer.from(writeLock(lockOf([file]))) };
    const looked = [...files, lock].filter(({ path }) => path.endsWith('.yaml'));
    expect(looked.map(({ path }) => path)).toContain('component/patches/01-pod-a.yaml');
    const uses = looked.flatMap((one) => discover(one).uses);
    expect(uses.length).toBeGreaterThan(3);
    expect(
      uses.map(({ reference }) => reference).filter((name) => !name.startsWith('registry.corp.example/che/')),
    ).toEqual([]);
  });

  it('counts what it does not cover once, though the overlay and the chectl tree hold it again', () => {
    const text = `${POD('a', 'quay.io/a/b:1')}    env:\n    - name: CONFIG\n      value: '{"image": "quay.io/a/c:1", "other": {"image": "\${IMAGE}"}}'\n`;
    const { closure } = render(renderInput([renderFile('extra', 'a.yaml', text)]));
    expect(closure.unresolved.map((one) => one.text)).toEqual(['${IMAGE}']);
  });

  it('counts what is alike in two files as two', () => {
    const text = 'a: {image: "quay.io/a/b:1"}\nother: {image: "${IMAGE}"}\n';
    const files = ['one.yaml', 'two.yaml'].map((path) => renderFile('extra', path, text));
    const { closure } = render(renderInput(files));
    expect(closure.unresolved.map((one) => one.text)).toEqual(['${IMAGE}', '${IMAGE}']);
  });

  it('has a command for the secret of objects that name no namespace', () => {
    const file = renderFile('extra', 'a.yaml', POD('a', 'quay.io/a/b:1'));
    const { files } = render(renderInput([file], { secret: 'registry-pull' }));
    expect(files.some(({ path }) => path.startsWith('secrets/'))).toBe(false);
    const readme = files.find(({ path }) => path === 'README.md')?.bytes.toString() ?? '';
    expect(readme).toContain('kubectl create secret generic registry-pull --namespace NAMESPACE');
    expect(readme).not.toContain('secrets/');
  });

  it('says what it does not cover', () => {
    const file = renderFile('extra', 'a.yaml', POD('a', '"${IMAGE:-quay.io/a/b:1}"'));
    const { closure, files } = render(renderInput([file]));
    expect(closure.unresolved).toHaveLength(1);
    expect(files.find(({ path }) => path === 'README.md')?.bytes.toString()).toContain(
      'Not covered by the proof',
    );
  });

  it('is not broken by other hosts, which the README lists once each', () => {
    const text = `${POD('a', 'quay.io/a/b:1')}    env:\n    - {name: OPENVSX_URL, value: "https://open-vsx.org"}\n    - {name: REGISTRY_URL, value: "https://open-vsx.org"}\n`;
    const { closure, files } = render(renderInput([renderFile('extra', 'a.yaml', text)]));
    expect(closure.ok).toBe(true);
    const readme = files.find(({ path }) => path === 'README.md')?.bytes.toString() ?? '';
    expect(readme.match(/- Other hosts: .*/g)).toEqual([
      '- Other hosts: `https://open-vsx.org` at spec.containers[0].env[0].value of Pod/a is asked at run time, which a closed network would miss.',
    ]);
  });

  it('proves nothing by a file that cannot be read', () => {
    expect(() => discover({ path: 'x.yaml', bytes: Buffer.from('a: [\n') })).toThrow(/not valid YAML/);
  });
});

it('a lock without a target is refused', () => {
  const file = renderFile('extra', 'a.yaml', POD('a', 'quay.io/a/b:1'));
  const { target: _, ...lock } = lockOf([file]);
  expect(() => render(renderInput([file], { lock }))).toThrow(/names no target/);
});
