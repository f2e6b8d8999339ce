import { describe, expect, it, vi } from 'vitest';
import { bytesOf, findings, look } from '../../../test/support/discovery.ts';
import { KeyBook } from '../keys.ts';

const HEX = '3f8a1c5e'.repeat(8);

describe('references spread over keys', () => {
  it.each([
    ['image: {registry: quay.io, repository: a/b, tag: v1}', 'quay.io/a/b:v1', ['quay.io', 'a/b', 'v1']],
    ['image: {repository: quay.io/a/b, tag: v1}', 'quay.io/a/b:v1', ['quay.io/a/b', 'v1']],
    ['image: {repository: a/b, tag: "1"}', 'a/b:1', ['a/b', '1']],
    ['image: {repository: quay.io/a/b, tag: v1, digest: ""}', 'quay.io/a/b:v1', ['quay.io/a/b', 'v1']],
    [
      `image: {repository: quay.io/a/b, tag: v1, digest: "sha256:${HEX}"}`,
      `quay.io/a/b:v1@sha256:${HEX}`,
      ['quay.io/a/b', 'v1', `sha256:${HEX}`],
    ],
    [`image: {repository: quay.io/a/b, sha: "${HEX}"}`, `quay.io/a/b@sha256:${HEX}`, ['quay.io/a/b', HEX]],
    [
      'driver: {repository: nvcr.io/nvidia, image: driver, version: "550"}',
      'nvcr.io/nvidia/driver:550',
      ['nvcr.io/nvidia', 'driver', '550'],
    ],
    [
      `driver: {repository: nvcr.io/nvidia, image: driver, version: "sha256:${HEX}"}`,
      `nvcr.io/nvidia/driver@sha256:${HEX}`,
      ['nvcr.io/nvidia', 'driver', `sha256:${HEX}`],
    ],
    [
      'spec: {baseImage: quay.io/a/prometheus, version: v2.5}',
      'quay.io/a/prometheus:v2.5',
      ['quay.io/a/prometheus', 'v2.5'],
    ],
    ['agent: {image: a/b, defaultImageVersion: v1}', 'a/b:v1', ['a/b', 'v1']],
    ['image: {registry: docker.io, name: a/b, tag: v1}', 'docker.io/a/b:v1', ['docker.io', 'a/b', 'v1']],
    ['image: {name: a/b, version: "1.5"}', 'a/b:1.5', ['a/b', '1.5']],
    [
      'image: {repository: quay.io/a/team, name: b, tag: v1}',
      'quay.io/a/team/b:v1',
      ['quay.io/a/team', 'b', 'v1'],
    ],
    ['image: {repository: quay.io/a/b, name: b, tag: v1}', 'quay.io/a/b:v1', ['quay.io/a/b', 'v1']],
    ['hub: {imageRepository: a/b, imageTag: v1}', 'a/b:v1', ['a/b', 'v1']],
    [
      'spec: {engineImageSpec: {repository: quay.io/a/b, versionTag: v1}}',
      'quay.io/a/b:v1',
      ['quay.io/a/b', 'v1'],
    ],
    [
      'kind: ConfigMap\ndata: {scan.repository: quay.io/a/scan, scan.tag: "1.2"}',
      'quay.io/a/scan:1.2',
      ['quay.io/a/scan', '1.2'],
    ],
    [
      'artifact: {image: {repository: a/rules, tag: v1}, registry: {name: ghcr.io}}',
      'ghcr.io/a/rules:v1',
      ['a/rules', 'v1', 'ghcr.io'],
    ],
    [
      'mesh: {hub: quay.io/mesh, tag: v1, proxy: {image: sidecar}}',
      'quay.io/mesh/sidecar:v1',
      ['quay.io/mesh', 'v1', 'sidecar'],
    ],
    [
      'global: {hub: quay.io/mesh, tag: v1}\npilot: {hub: "", tag: "", image: pilot}',
      'quay.io/mesh/pilot:v1',
      ['quay.io/mesh', 'v1', 'pilot'],
    ],
    [
      'global: {hub: quay.io/mesh, tag: v1}\nhub: ""\ntag: ""\nimage: cni',
      'quay.io/mesh/cni:v1',
      ['quay.io/mesh', 'v1', 'cni'],
    ],
    [
      'kind: Policy\nspec: {global: {repository: nvcr.io/a, version: v2}, driver: {image: driver}}',
      'nvcr.io/a/driver:v2',
      ['nvcr.io/a', 'v2', 'driver'],
    ],
    [
      'kind: Policy\nspec: {global: {repository: nvcr.io/a, version: v2}, driver: {image: driver, version: v3}}',
      'nvcr.io/a/driver:v3',
      ['nvcr.io/a', 'driver', 'v3'],
    ],
    [
      'global: {imageRegistry: quay.io/a, imageTag: v1}\ndb: {image: {repository: b/db, tag: "8"}}',
      'b/db:8',
      ['b/db', '8'],
    ],
    [
      'images: {registry: ghcr.io, tag: v1}\nimage: {registry: "", repository: a/b, tag: ""}',
      'ghcr.io/a/b:v1',
      ['ghcr.io', 'v1', 'a/b'],
    ],
    [
      'images: {registry: ghcr.io, tag: v1}\nimage: {registry: "", repository: a/b, tag: v2}',
      'ghcr.io/a/b:v2',
      ['ghcr.io', 'a/b', 'v2'],
    ],
    ['jobs: {defaultJobImage: a/b, defaultJobTag: v1}', 'a/b:v1', ['a/b', 'v1']],
    [
      'base: quay.io/team\ntools: {cli: {image: cli, tag: v1}}',
      'quay.io/team/cli:v1',
      ['quay.io/team', 'cli', 'v1'],
    ],
    [
      'basic: {uiImageName: team/ui, imageRegistry: quay.io, imageTagVersion: v1}',
      'quay.io/team/ui:v1',
      ['team/ui', 'quay.io', 'v1'],
    ],
    [
      `ui: {base: quay.io/team/ui, digest: "sha256:${HEX}"}`,
      `quay.io/team/ui@sha256:${HEX}`,
      ['quay.io/team/ui', `sha256:${HEX}`],
    ],
    ['proxy: quay.io/team/proxy\nproxyTag: v1', 'quay.io/team/proxy:v1', ['quay.io/team/proxy', 'v1']],
    ['image_web: team/web\nimage_web_version: v1', 'team/web:v1', ['team/web', 'v1']],
    [
      'kind: Db\nspec: {repository: docker.io/team/db, version: 5.1.0}',
      'docker.io/team/db:5.1.0',
      ['docker.io/team/db', '5.1.0'],
    ],
    [
      `kind: Db\nspec: {agentRepository: docker.io/team/agent, agentVersion: "1.2@sha256:${HEX}"}`,
      `docker.io/team/agent:1.2@sha256:${HEX}`,
      ['docker.io/team/agent', `1.2@sha256:${HEX}`],
    ],
    [
      'defaultImageRegistry: quay.io\ndefaultImageRepository: team\ndefaultImageTag: v1\nimage: {registry: "", repository: "", name: app, tag: ""}',
      'quay.io/team/app:v1',
      ['quay.io', 'team', 'v1', 'app'],
    ],
    [
      'defaultImageRegistry: quay.io\ndefaultImageRepository: team\nui: {image: {registry: "", repository: , name: ui, tag: v2}}',
      'quay.io/team/ui:v2',
      ['quay.io', 'team', 'ui', 'v2'],
    ],
    [
      'image: {registry: quay.io/team}\nui: {image: {name: ui, tag: v1}}',
      'quay.io/team/ui:v1',
      ['quay.io/team', 'ui', 'v1'],
    ],
    [
      'image: {baseRepo: quay.io/team, ui: {repository: /ui, tag: v1}}',
      'quay.io/team/ui:v1',
      ['quay.io/team', 'ui', 'v1'],
    ],
    ['ui: {baseImage: team/ui, version: v1}', 'team/ui:v1', ['team/ui', 'v1']],
    ['kind: Db\nspec: {version: v6, kv: {baseImage: team/kv}}', 'team/kv:v6', ['v6', 'team/kv']],
  ])('%s', (text, reference, pieces) => {
    const found = look(`${text}\n`, {}).uses;
    expect(found.map((use) => [use.reference, use.how])).toEqual([[reference, 'split']]);
    for (const use of found) expect(bytesOf(text, use)).toEqual(pieces);
  });

  it.each([
    'app: {name: db, version: v1}',
    'source: {repository: "https://example.org/a/b", tag: v1}',
    'source: {repository: team/app.git, tag: v1}',
    'image: {registry: quay.io, tag: v1}',
    'image: {repository: null, tag: v1}',
    'chart: {name: a/b, version: 1.0.0}',
    'ref: {name: main, digest: x}',
    'chart: {repository: quay.io/a/charts, version: 1.0.0}',
    'global: {repository: nvcr.io/a, version: v2}',
    'db.repository: team/app\ndb.tag: v1',
    'components: {ui: {image: ui, version: v1}}',
    'images: {registry: ghcr.io, tag: v1}\nhelper: {image: busybox}',
    'defaultImageRegistry: quay.io\ndefaultImageRepository: team\ndefaultImageTag: v1',
    'defaultImageRegistry: quay.io\ndefaultImageRepository: team\nui: {name: ui, tag: ""}',
    'image: {registry: quay.io/team}\nui: {name: ui, tag: v1}',
    'backup: {repository: /ui, tag: v1}',
    'registry: quay.io\nbackup: {repository: /var/backups, tag: nightly}',
    'helm: {repository: ghcr.io/team/app, version: 1.0.0}',
    'source: {repository: ghcr.io/team/charts/app, version: 1.0.0}',
    'chart: app\nrepository: ghcr.io/team/app\nversion: 1.0.0',
    'global: {repository: nvcr.io/a/b, version: v2}',
    'kind: Policy\nspec: {global: {repository: nvcr.io/a/b}}',
    'source: quay.io/a/b\nmirror: quay.io/a/c\ndigest: sha256:3f8a',
    'proxy: quay.io/a/b\nagentTag: v1',
    'mirrors: [quay.io/a/b]\nsource: quay.io/a/c',
    'registry: {url: "https://quay.io"}\ndb: {image: {registry: "", tag: v1}}',
  ])('nothing in %s', (text) => {
    expect(findings(`${text}\n`, {})).toEqual([]);
  });

  it.each([
    'spec: {image: "quay.io/a/b:1", repository: "https://${GIT_HOST}/app.git"}',
    'source: {repoURL: ghcr.io/team/app, chart: app, targetRevision: 1.0.0}',
  ])('does not call the sources or chart of a program an image that cannot be known: %s', (text) => {
    expect(look(`kind: App\n${text}\n`).unresolved).toEqual([]);
  });

  it.each([
    (index: number) => `k${index}ATag: v1\nk${index}B: quay.io/team/b\n`,
    (index: number) => `k${index}ImageTag: v1\nk${index}ImageRepository: team/b\n`,
  ])('looks at a key as often in a large map as in a small one', (pair) => {
    const of = vi.spyOn(KeyBook.prototype, 'of');
    const looks = (count: number): number => {
      of.mockClear();
      look(Array.from({ length: count }, (_, index) => pair(index)).join(''));
      return of.mock.calls.length / count;
    };
    const few = looks(10);
    expect(looks(100)).toBeLessThan(few * 2);
    of.mockRestore();
  });

  it('says nothing of what a release says for all', () => {
    expect(look('kind: Policy\nspec: {global: {repository: nvcr.io/a/b, version: v2}}\n').unresolved).toEqual(
      [],
    );
  });

  it('leaves a whole reference beside the version of something else alone', () => {
    expect(findings('kind: Db\nspec: {image: "quay.io/a/b:1", version: "16"}\n')).toEqual([
      'field certain quay.io/a/b:1',
    ]);
  });

  it.each([
    ['image: {repository: quay.io/a/b, tag: ""}', 'quay.io/a/b'],
    ['image: {repository: quay.io/a/b}', 'quay.io/a/b'],
    ['image: {registry: quay.io, repository: a/b, tag: null}', 'quay.io/a/b'],
    ['image: {repository: quay.io/a, name: b, tag: ""}', 'quay.io/a/b'],
    ['agent: {image: a/b, tag: ""}', 'a/b'],
    ['controllerImage: quay.io/a/b\ncontrollerImageVersion: ""', 'quay.io/a/b'],
    ['defaultImageRepository: a/b\ndefaultImageTag:', 'a/b'],
    ['validator: {repository: nvcr.io/a, image: b}', 'nvcr.io/a/b'],
    ['node: {registry: quay.io/a, image: b}', 'quay.io/a/b'],
    ['image: {repository: a/b}', 'a/b'],
    [
      'defaultImageRegistry: quay.io\ndefaultImageRepository: a\nimage: {registry: "", repository: "", name: b, tagPrefix: ""}',
      'quay.io/a/b',
    ],
    ['controller:\n  image: quay.io/a/b\n  tag: {{ tag }}', 'quay.io/a/b'],
    ['scan: {dbRegistry: quay.io, dbRepository: a/db}', 'quay.io/a/db'],
    ['scan: {dbRepository: quay.io/a/db}', 'quay.io/a/db'],
    ['_image: quay.io/a/b\n_image_version: "{{ version }}"', 'quay.io/a/b'],
  ])('cannot know the tag of %s', (text, reference) => {
    const found = look(`${text}\n`);
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map((one) => [one.text, one.why])).toEqual([[reference, 'missing-tag']]);
  });

  it.each([
    'kind: Db\nspec: {image: quay.io/a/b}\n',
    'build: {baseImage: quay.io/a/b}\n',
    'kind: Db\nspec: {image: quay.io/a/b, version: ""}\n',
  ])('leaves a whole name without a tag alone: %s', (text) => {
    const found = look(text);
    expect(found.uses.map(({ reference }) => reference)).toEqual(['quay.io/a/b']);
    expect(found.unresolved).toEqual([]);
  });

  it.each([
    ['image: {registry: "${REGISTRY}", repository: a/b, tag: v1}', 'a/b', 'shell-template'],
    ['db_repo: "{{ base }}/db"\ndb_image: db\ndb_tag: v1', 'db', 'helm-template'],
  ])('cannot know what stands before the name in %s', (text, name, why) => {
    const found = look(`${text}\n`, {});
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map((one) => [one.text, one.why])).toContainEqual([name, why]);
  });

  it.each([
    ['image: {repository: "quay.io/a/b:1"}', 'quay.io/a/b:1'],
    ['backup: {repository: "quay.io/a/b:1"}', 'quay.io/a/b:1'],
    ['image: quay.io/a/b:1\nrepository: "{{ sources }}"', 'quay.io/a/b:1'],
    ['image: {registry: "{{ registry }}", repository: quay.io/a/b, tag: v1}', 'quay.io/a/b:v1'],
    ['kind: Task\nspec: {image: golang, repository: "{{ sources }}"}', 'golang'],
  ])('takes a whole reference under the repository: %s', (text, reference) => {
    expect(look(`${text}\n`, {}).uses.map((use) => use.reference)).toEqual([reference]);
  });

  it('cannot know which of several registries is meant', () => {
    const found = look(
      'global: {aImageRegistry: quay.io, bImageRegistry: ghcr.io}\nui: {imageRepository: team/ui, tag: v1}\ndb: {image: "quay.io/a/db:1"}\n',
      {},
    );
    expect(found.uses.map(({ reference }) => reference)).toEqual(['quay.io/a/db:1']);
    expect(found.unresolved.map(({ text, why }) => [text, why])).toEqual([['team/ui', 'missing-registry']]);
  });

  it('gives containers nothing of the registry and tag around them', () => {
    expect(
      findings('kind: App\nspec: {registry: quay.io/a, tag: v1, containers: [{image: nginx}]}\n', {}),
    ).toEqual(['field certain nginx']);
  });

  it('says where the pieces stand', () => {
    const reasons = [
      'image: {repository: a/b, tag: v1}\n',
      'hub: quay.io/a\ntag: v1\nproxy: {image: b}\n',
      'env: [{name: B_IMAGE, value: a/b}, {name: B_TAG, value: v1}]\n',
    ].map((text) => look(text, {}).uses.map(({ reason }) => reason));
    expect(reasons).toEqual([
      ['the fields beside each other make up one reference'],
      ['the fields here and the registry or tag around them make up one reference'],
      ['variables of the same container make up one reference'],
    ]);
  });

  it('tells two versions of one name', () => {
    expect(
      findings('serving: {image: a/b, defaultImageVersion: v1, defaultGpuImageVersion: v1-gpu}\n', {}),
    ).toEqual(['split likely a/b:v1', 'split likely a/b:v1-gpu']);
  });

  it('tells two images that share one tag', () => {
    expect(findings('image: {repository: a/b, nftRepository: a/c, tag: v1}\n')).toEqual([
      'split likely a/b:v1',
      'split likely a/c:v1',
    ]);
  });

  it('reports the bytes of the repository as the range', () => {
    const text = 'image:\n  tag: v1\n  repository: quay.io/a/b\n';
    const [use] = look(text).uses;
    expect(
      Buffer.from(text)
        .subarray(...(use?.range ?? [0, 0]))
        .toString(),
    ).toBe('quay.io/a/b');
    expect(use?.parts?.map(({ part }) => part)).toEqual(['tag', 'repository']);
    expect(use?.line).toBe(3);
  });
});

describe('kustomize', () => {
  const kustomization = (entry: string) => `kind: Kustomization\nimages:\n  - ${entry}\n`;

  it.each([
    ['{name: app, newName: quay.io/a/b, newTag: v1}', 'quay.io/a/b:v1'],
    [`{name: quay.io/a/b, digest: "sha256:${HEX}"}`, `quay.io/a/b@sha256:${HEX}`],
    ['{name: app, newTag: v1}', 'app:v1'],
    ['{name: app, newName: quay.io/a/b}', 'quay.io/a/b'],
  ])('%s', (entry, reference) => {
    expect(look(kustomization(entry)).uses.map((use) => use.reference)).toEqual([reference]);
  });

  it('takes a name alone for what to search for', () => {
    expect(findings(kustomization('{name: quay.io/a/b}'), {})).toEqual([]);
  });

  it('reads assignments among the literals of a generator', () => {
    expect(findings('kind: Kustomization\nconfigMapGenerator: [{literals: [A_IMAGE=a/b:1, B=c]}]\n')).toEqual(
      ['list likely a/b:1'],
    );
  });
});
