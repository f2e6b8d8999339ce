import { describe, expect, it } from 'vitest';
import { type LockWish, lockOf } from '../../../test/support/render-input.ts';
import { nodeFiles } from './index.ts';

const MORE = ['quay.io/a/b:1', 'quay.io/c/d:2', 'redis:7', 'reg.example:5000/x/y:1'];

function texts(
  kind: 'containerd' | 'crio' | 'openshift' | 'k3s',
  wish: LockWish = {},
  scheme: 'http' | 'https' = 'https',
) {
  const made = nodeFiles({ lock: lockOf([], { more: MORE, ...wish }), kinds: [kind], scheme });
  return { ...made, text: new Map(made.files.map(({ path, bytes }) => [path, bytes.toString()])) };
}

describe('node configuration from the lock', () => {
  it('containerd: a folder per host, and no way back to the source', () => {
    const { text, findings } = texts('containerd');
    expect([...text.keys()]).toEqual([
      'nodes/containerd/certs.d/docker.io/hosts.toml',
      'nodes/containerd/certs.d/quay.io/hosts.toml',
      'nodes/containerd/certs.d/reg.example:5000/hosts.toml',
    ]);
    const quay = text.get('nodes/containerd/certs.d/quay.io/hosts.toml');
    expect(quay).toContain('server = "https://registry.corp.example/v2/che/quay.io"\noverride_path = true\n');
    expect(quay).toContain('[host."https://registry.corp.example/v2/che/quay.io"]');
    expect(findings).toEqual([]);
  });

  it('containerd cannot change names, and that is said', () => {
    const { files, findings } = texts('containerd', { naming: 'flat' });
    expect(files).toEqual([]);
    expect(findings.map(({ level }) => level)).toEqual(['error', 'error', 'error']);
  });

  it('containerd with naming path at the root of a registry', () => {
    const { text } = texts(
      'containerd',
      { naming: 'path', prefix: 'mirror.example:5000', more: ['quay.io/a/b:1'] },
      'http',
    );
    expect(text.get('nodes/containerd/certs.d/quay.io/hosts.toml')).toContain(
      'server = "http://mirror.example:5000/v2"\n',
    );
  });

  it('CRI-O: another location for the host, or for each repository where names change', () => {
    expect(texts('crio').text.get('nodes/crio/50-sallyport.conf')).toContain(
      '[[registry]]\nprefix = "quay.io"\nlocation = "registry.corp.example/che/quay.io"\n',
    );
    expect(texts('crio', { naming: 'flat' }, 'http').text.get('nodes/crio/50-sallyport.conf')).toContain(
      '[[registry]]\nprefix = "quay.io/a/b"\nlocation = "registry.corp.example/che/quay-io-a-b"\ninsecure = true\n',
    );
  });

  it('OpenShift: mirror sets for digests and for tags that never ask the source', () => {
    const { text } = texts('openshift');
    expect(text.get('nodes/openshift/image-tag-mirror-set.yaml')).toBe(
      [
        'apiVersion: config.openshift.io/v1',
        'kind: ImageTagMirrorSet',
        'metadata:',
        '  name: sallyport-test',
        'spec:',
        '  imageTagMirrors:',
        ...[
          ['docker.io/library/redis', 'docker.io/library/redis'],
          ['quay.io/a/b', 'quay.io/a/b'],
          ['quay.io/c/d', 'quay.io/c/d'],
          ['reg.example:5000/x/y', 'reg.example-5000/x/y'],
        ].flatMap(([source, target]) => [
          `  - source: ${source}`,
          '    mirrors:',
          `    - registry.corp.example/che/${target}`,
          '    mirrorSourcePolicy: NeverContactSource',
        ]),
        '',
      ].join('\n'),
    );
    expect(text.get('nodes/openshift/image-digest-mirror-set.yaml')).toContain('  imageDigestMirrors:\n');
  });

  it('k3s: rewrites over the repository', () => {
    expect(texts('k3s').text.get('nodes/k3s/registries.yaml')).toContain(
      '  quay.io:\n    endpoint:\n    - https://registry.corp.example\n    rewrite:\n      "^(.*)$": "che/quay.io/$1"\n',
    );
    expect(texts('k3s', { naming: 'flat' }).text.get('nodes/k3s/registries.yaml')).toContain(
      '      "^a/b$": che/quay-io-a-b\n      "^c/d$": che/quay-io-c-d\n',
    );
  });
});
