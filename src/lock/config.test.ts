import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import { type Config, type InitOptions, readConfig, writeConfig } from './index.ts';

const HEAD = 'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\n';

const read = (text: string) => readConfig({ path: 'sallyport.yaml', bytes: Buffer.from(text) });

async function refused(text: string): Promise<SallyportError> {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const plain = ({ written: _, ...config }: Config) => config;

describe('readConfig', () => {
  it('fills in every default', async () => {
    expect(plain(await read(HEAD))).toEqual({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Relocation',
      metadata: { name: 'platform' },
      sources: { manifests: [], images: [], exclude: [] },
      platforms: [],
      registries: {},
      render: { annotateOriginals: false, nodeConfig: [] },
    });
  });

  it('reads every key', async () => {
    const config = await read(`${HEAD}metadata: {name: che}
sources:
  profile:
    name: che
    version: 7.121.0
    devworkspaceOperator: 0.42.0
    platform: openshift
    upstream: ../upstream
    certManager: none
    only: [always, default]
    without: [editors=che-idea-server]
    editors: [che-code/latest]
  manifests: [extra/*.yaml]
  images: [{reference: redis, reason: cache}]
  exclude: [{reference: quay.io/a/b:1, reason: not used}]
platforms: [linux/amd64, linux/arm64/v8, linux/arm64]
registries:
  quay.io: {mirror: mirror.corp.example/quay.io, plainHttp: false, caFile: ca.pem, authFile: auth.json}
  index.docker.io: {insecureSkipVerify: true, certFile: c.pem, keyFile: k.pem, concurrency: 4}
target: {prefix: registry.corp.example/che, naming: flat, reference: digest, pullSecret: {name: pull}}
render:
  openVSXURL: ""
  externalDevfileRegistries: []
  domain: che.corp.example
  cheCluster: {spec: {components: null}}
  annotateOriginals: true
  nodeConfig: [containerd, k3s]
`);
    expect(plain(config)).toEqual({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Relocation',
      metadata: { name: 'che' },
      sources: {
        profile: {
          name: 'che',
          version: '7.121.0',
          devworkspaceOperator: '0.42.0',
          platform: 'openshift',
          upstream: '../upstream',
          certManager: 'none',
          only: ['always', 'default'],
          without: ['editors=che-idea-server'],
          editors: ['che-code/latest'],
          settings: { components: {} },
        },
        manifests: ['extra/*.yaml'],
        images: [{ reference: 'redis', reason: 'cache' }],
        exclude: [{ reference: 'quay.io/a/b:1', reason: 'not used' }],
      },
      platforms: ['linux/amd64', 'linux/arm64'],
      registries: {
        'quay.io': {
          mirror: 'mirror.corp.example/quay.io',
          plainHttp: false,
          caFile: 'ca.pem',
          authFile: 'auth.json',
        },
        'docker.io': { insecureSkipVerify: true, certFile: 'c.pem', keyFile: 'k.pem', concurrency: 4 },
      },
      target: {
        prefix: 'registry.corp.example/che',
        naming: 'flat',
        reference: 'digest',
        pullSecret: { name: 'pull' },
      },
      render: {
        openVSXURL: '',
        externalDevfileRegistries: [],
        domain: 'che.corp.example',
        cheCluster: { spec: { components: null } },
        annotateOriginals: true,
        nodeConfig: ['containerd', 'k3s'],
      },
    });
  });

  it('tells what the file says from what is a default', async () => {
    const { written } = await read(
      `${HEAD}target:\n  prefix: r.example/x\nregistries:\n  index.docker.io:\n    plainHttp: true\n`,
    );
    expect(written?.file).toBe('sallyport.yaml');
    expect(Object.fromEntries(written?.places ?? [])).toEqual({
      '/apiVersion': '1:1',
      '/kind': '2:1',
      '/target': '3:1',
      '/target/prefix': '4:3',
      '/registries': '5:1',
      '/registries/docker.io': '6:3',
      '/registries/docker.io/plainHttp': '7:5',
    });
  });

  const settings = (text: string) =>
    `${HEAD}sources:\n  profile:\n    name: che\n    version: 7.121.0\n    settings:\n${text}`;

  it('reads what is asked of components', async () => {
    const text =
      '      components:\n        che-operator: {replicas: 2, resources: {limits: {cpu: 1, memory: 2Gi}}, spread: [zone]}\n' +
      '        workspaces: {tolerations: [{key: dev, operator: Exists}]}\n' +
      '      proxy: {https: "http://proxy.corp.example:3128", no: [.svc]}\n      caBundle: ca.pem\n';
    expect((await read(settings(text))).sources.profile?.settings).toEqual({
      components: {
        'che-operator': { replicas: 2, resources: { limits: { cpu: 1, memory: '2Gi' } }, spread: ['zone'] },
        workspaces: { tolerations: [{ key: 'dev', operator: 'Exists' }] },
      },
      proxy: { https: 'http://proxy.corp.example:3128', no: ['.svc'] },
      caBundle: 'ca.pem',
    });
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a component that is none',
      'components: {che-operater: {replicas: 2}}',
      '8:20',
      /did you mean che-operator/,
    ],
    ['an unknown key', 'components: {che-server: {replica: 2}}', '8:33', /did you mean replicas/],
    ['a setting in the wrong place', 'replicas: 2', '8:7', /unknown key “replicas”/],
    [
      'the singular of one field',
      'components: {workspaces: {resources: {request: {cpu: 1}}}}',
      '8:45',
      /did you mean requests/,
    ],
    [
      'a quantity that is none',
      'components: {workspaces: {resources: {limits: {cpu: much}}}}',
      '8:54',
      /quantity/,
    ],
    ['half a pod', 'components: {che-operator: {replicas: 1.5}}', '8:35', /whole number/],
    [
      'an empty budget',
      'components: {che-operator: {disruptionBudget: {}}}',
      '8:35',
      /either minAvailable or maxUnavailable/,
    ],
    ['a proxy with a password', 'proxy: {http: "http://u:hunter2@p.example:1"}', '8:15', /holds credentials/],
  ])('refuses settings with %s', async (_, text, at, message) => {
    const error = await read(settings(`      ${text}\n`)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(error).toMatchObject({ subject: `sallyport.yaml:${at}` });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('calls the relocation as its profile', async () => {
    expect((await read(`${HEAD}sources: {profile: {name: che, version: 7.121.0}}`)).metadata.name).toBe(
      'che',
    );
  });

  it.each<[string, string, string, string]>([
    [
      'an unknown key at the top',
      'targets: {prefix: r.example}',
      '3:1',
      'unknown key “targets”: did you mean target?',
    ],
    [
      'an unknown key below',
      'target: {prefix: r.example, namming: flat}',
      '3:29',
      'unknown key “namming” in target: did you mean naming?',
    ],
    [
      'a key of another letter case',
      'render:\n  openVsxUrl: ""',
      '4:3',
      'unknown key “openVsxUrl” in render: did you mean openVSXURL?',
    ],
    [
      'an unknown key of a registry',
      'registries:\n  quay.io:\n    cafile: x',
      '5:5',
      'unknown key “cafile” in registries.quay.io: did you mean caFile?',
    ],
    [
      'an unknown key in a list',
      'sources:\n  images:\n    - reference: redis\n      reason: x\n      note: y',
      '7:7',
      'unknown key “note” in sources.images[0]',
    ],
    ['an unknown key like no other', 'zzzzzzzzzzz: 1', '3:1', 'unknown key “zzzzzzzzzzz”'],
    ['a missing key', 'target:\n  naming: flat', '3:1', 'target.prefix is missing'],
    [
      'a missing reason',
      'sources:\n  images:\n    - reference: redis',
      '5:7',
      'sources.images[0].reason is missing',
    ],
    [
      'a version that YAML reads as a number',
      'sources:\n  profile:\n    name: che\n    version: 7.100',
      '6:5',
      'sources.profile.version is a number but has to be text; put it in quotes',
    ],
    ['a list for a mapping', 'target: []', '3:1', 'target is a list but has to be a mapping'],
    ['text for a list', 'platforms: linux/amd64', '3:1', 'platforms is text but has to be a list'],
    ['a key without value', 'registries:', '3:1', 'registries has no value; give it one or remove the key'],
    [
      'another word',
      'target: {prefix: r.example, naming: nestd}',
      '3:29',
      'target.naming is none of nested, path, flat, not “nestd”: did you mean nested?',
    ],
    [
      'a mark that is none',
      'sources: {profile: {name: che, version: "1", only: [alway]}}',
      '3:53',
      'sources.profile.only[0] is none of always, default, conditional, not “alway”: did you mean always?',
    ],
    [
      'a prefix without host',
      'target: {prefix: che}',
      '3:10',
      'target.prefix “che” does not begin with a registry host',
    ],
    [
      'a platform that is none',
      'platforms: [linux/amd64, arm]',
      '3:26',
      'platforms[1] “arm” is not a platform',
    ],
    [
      'a reference that is none',
      'sources: {exclude: [{reference: "A b", reason: x}]}',
      '3:22',
      'sources.exclude[0].reference “A b” is not an image reference',
    ],
    [
      'a mirror without host',
      'registries: {quay.io: {mirror: x}}',
      '3:24',
      'registries.quay.io.mirror “x” does not begin with a registry host',
    ],
    [
      'a host that is none',
      'registries: {quay: {}}',
      '3:14',
      'registries.quay “quay” is not a registry host',
    ],
    [
      'Docker Hub twice',
      'registries: {docker.io: {}, index.docker.io: {}}',
      '3:29',
      'is docker.io, which is named already',
    ],
    [
      'no requests at all',
      'registries: {quay.io: {concurrency: 0}}',
      '3:24',
      'registries.quay.io.concurrency is not a whole number from 1 to 999',
    ],
    [
      'half a request',
      'registries: {quay.io: {concurrency: 1.5}}',
      '3:24',
      'registries.quay.io.concurrency is a number but has to be a whole number',
    ],
    [
      'too many requests',
      'registries: {quay.io: {concurrency: 1000}}',
      '3:24',
      'registries.quay.io.concurrency is not a whole number from 1 to 999',
    ],
    [
      'more than can be counted',
      'registries: {quay.io: {concurrency: 1e20}}',
      '3:24',
      'registries.quay.io.concurrency is not a whole number from 1 to 999',
    ],
    [
      'requests in words',
      'registries: {quay.io: {concurrency: many}}',
      '3:24',
      'registries.quay.io.concurrency is text but has to be a',
    ],
    ['an empty text', 'sources: {manifests: [""]}', '3:23', 'sources.manifests[0] is empty'],
    ['a name for no object', 'metadata: {name: Che 7}', '3:12', 'metadata.name is not a name'],
    [
      'a secret of no name',
      'target: {prefix: r.example, pullSecret: {name: A}}',
      '3:42',
      'target.pullSecret.name is not the name of a secret',
    ],
  ])('refuses %s', async (_, text, at, message) => {
    const error = await refused(`${HEAD}${text}\n`);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
    expect(error.subject).toBe(`sallyport.yaml:${at}`);
  });

  it.each([
    [
      'another kind',
      'apiVersion: sallyport.dev/v1alpha1\nkind: Lock\n',
      'kind has to be Relocation, not “Lock”',
      '2:1',
    ],
    ['a key twice', `${HEAD}kind: Relocation\n`, 'is not valid YAML', '3:1'],
    ['an empty file', '', 'the file is empty; `sallyport init` writes one', '1:1'],
  ])('refuses %s', async (_, text, message, at) => {
    const error = await refused(text);
    expect([error.code, error.subject]).toEqual(['CONFIG_INVALID', `sallyport.yaml:${at}`]);
    expect(error.message).toContain(message);
  });

  it('reports all problems together, each at its place', async () => {
    const error = await refused(`${HEAD}targt: {}\nplatforms: [x]\nsource: {}\n`);
    expect([error.code, error.subject, error.message]).toEqual([
      'CONFIG_INVALID',
      'sallyport.yaml',
      'has 3 problems',
    ]);
    expect(error.parts.map(({ code, subject }) => `${code} ${subject}`).sort()).toEqual([
      'CONFIG_INVALID sallyport.yaml:3:1',
      'CONFIG_INVALID sallyport.yaml:4:13',
      'CONFIG_INVALID sallyport.yaml:5:1',
    ]);
  });
});

describe('writeConfig', () => {
  const least: InitOptions = { name: 'platform', manifests: [], prefix: 'registry.corp.example' };
  it.each<[string, InitOptions]>([
    ['the least', least],
    ['Che', { ...least, name: 'che', profile: { name: 'che', version: '7.121.0' } }],
    ['a version that is a number to YAML', { ...least, profile: { name: 'cert-manager', version: '1.10' } }],
    [
      'everything',
      {
        name: 'che-7',
        manifests: ['a/*.yaml', '- : #', 'yes'],
        prefix: 'localhost:5000/x',
        profile: {
          name: 'che',
          version: '7.121.0',
          devworkspaceOperator: '0.42.0',
          certManager: 'none',
          platform: 'openshift',
          upstream: '/srv/up stream',
        },
        platforms: ['linux/amd64'],
        registries: { 'quay.io': { mirror: 'mirror.corp.example/quay.io', plainHttp: true } },
        naming: 'flat',
        reference: 'tag',
        pullSecret: 'pull.secret',
      },
    ],
  ])('gives back %s when it is read', async (_, options) => {
    const text = writeConfig(options);
    const config = await read(text);
    expect(config.metadata.name).toBe(options.name);
    expect(config.sources.manifests).toEqual(options.manifests);
    expect(config.sources.profile?.name).toBe(options.profile?.name);
    expect(config.sources.profile?.version).toBe(options.profile?.version);
    if (options.profile !== undefined) expect(config.sources.profile).toMatchObject(options.profile);
    expect(config.target).toEqual({
      prefix: options.prefix,
      naming: options.naming ?? 'nested',
      reference: options.reference ?? 'tag-and-digest',
      ...(options.pullSecret === undefined ? {} : { pullSecret: { name: options.pullSecret } }),
    });
    expect(config.platforms).toEqual(options.platforms ?? []);
    expect(config.registries).toEqual(options.registries ?? {});
  });

  it('names the schema first, so that editors complete the file', () => {
    expect(writeConfig(least).split('\n')[0]).toBe(
      '# yaml-language-server: $schema=https://sallyport.dev/schema/v1alpha1/sallyport.schema.json',
    );
  });

  it('has comments that are configuration once their marks are gone', async () => {
    const options = { ...least, name: 'che', profile: { name: 'che', version: '7.121.0' } };
    const active = writeConfig(options)
      .replace(/manifests: \[\]/, 'manifests: [a.yaml]')
      .split('\n')
      .map((line) =>
        /^ *# {0,5}(?:- \{|[a-zA-Z.]+:(?: |$)(?!.*\/schema\/))/.test(line)
          ? line.replace(/^( *)# ?/, '$1')
          : line,
      )
      .join('\n');
    const config = await read(active);
    expect(config.sources.images).toHaveLength(1);
    expect(config.sources.exclude).toHaveLength(1);
    expect(config.sources.profile).toMatchObject({
      platform: 'openshift',
      upstream: 'DIR',
      only: ['always', 'default'],
      editors: ['che-code'],
    });
    expect(config.registries['quay.io']?.caFile).toBe('ca.pem');
    expect(config.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(config.target?.pullSecret?.name).toBe('registry-pull');
    expect(config.render).toEqual({
      domain: 'che.corp.example',
      openVSXURL: 'https://open-vsx.corp.example',
      externalDevfileRegistries: ['https://devfiles.corp.example'],
      annotateOriginals: true,
      nodeConfig: ['containerd'],
    });
  });

  it.each<[string, Partial<InitOptions>, string]>([
    ['a prefix without host', { prefix: 'che' }, 'REFERENCE_INVALID'],
    ['a name for no object', { name: 'Che' }, 'USAGE'],
    ['a secret of no name', { pullSecret: 'a b' }, 'USAGE'],
  ])('refuses %s', (_, more, code) => {
    expect(() => writeConfig({ ...least, ...more })).toThrow(expect.objectContaining({ code }));
  });
});
