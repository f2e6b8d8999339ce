import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import { type Config, type ConfigFlags, mergeConfig, parseRegistryFlag, readConfig } from './index.ts';

const HEAD = 'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\n';

const file = (text: string) => readConfig({ path: 'sallyport.yaml', bytes: Buffer.from(`${HEAD}${text}\n`) });

function refused(run: () => unknown): SallyportError {
  try {
    run();
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('mergeConfig without a file', () => {
  it('makes a whole configuration of flags', () => {
    const config = mergeConfig(undefined, {
      profile: { name: 'che', version: '7.121.0' },
      target: { prefix: 'registry.corp.example/che' },
    });
    expect(config).toEqual({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Relocation',
      metadata: { name: 'che' },
      sources: {
        profile: {
          name: 'che',
          version: '7.121.0',
          devworkspaceOperator: 'auto',
          platform: 'kubernetes',
          certManager: 'auto',
          only: [],
          without: [],
          editors: [],
          settings: { components: {} },
        },
        manifests: [],
        images: [],
        exclude: [],
      },
      platforms: [],
      registries: {},
      target: {
        prefix: 'registry.corp.example/che',
        naming: 'nested',
        reference: 'tag-and-digest',
        pullSecret: { name: 'registry-pull' },
      },
      render: { annotateOriginals: false, nodeConfig: [] },
    });
  });

  it('is what reading an equal file gives', async () => {
    const { written: _, ...read } = await file(
      'sources: {profile: {name: che, version: 7.121.0, only: [always]}, manifests: [a.yaml]}\nplatforms: [linux/arm64]\ntarget: {prefix: r.example/x, pullSecret: {name: p}}\nrender: {domain: d.example, nodeConfig: [crio]}',
    );
    expect(
      mergeConfig(undefined, {
        profile: { name: 'che', version: '7.121.0' },
        only: ['always'],
        manifests: ['a.yaml'],
        imagePlatforms: ['linux/arm64/v8'],
        target: { prefix: 'r.example/x', pullSecret: 'p' },
        render: { domain: 'd.example', nodeConfig: ['crio'] },
      }),
    ).toEqual(read);
  });

  it('calls what has no profile “platform”', () => {
    expect(mergeConfig(undefined, { manifests: ['a.yaml'] }).metadata.name).toBe('platform');
  });

  it.each<[string, ConfigFlags, string, RegExp]>([
    ['a version of nothing', { profile: { version: '7.121.0' } }, 'USAGE', /without --profile/],
    ['a profile without version', { profile: { name: 'che' } }, 'USAGE', /needs a version/],
    ['a choice within no profile', { editors: ['che-code'] }, 'USAGE', /without --profile/],
    ['names for no target', { target: { naming: 'flat' } }, 'USAGE', /without --to/],
    ['a prefix without host', { target: { prefix: 'che' } }, 'REFERENCE_INVALID', /registry host/],
    ['a platform that is none', { imagePlatforms: ['arm'] }, 'USAGE', /not a platform/],
    [
      'a reference that is none',
      { exclude: [{ reference: 'A b' }] },
      'REFERENCE_INVALID',
      /not an image reference/,
    ],
    [
      'a secret of no name',
      { target: { prefix: 'r.example', pullSecret: 'a b' } },
      'USAGE',
      /not the name of a secret/,
    ],
    ['a name for no object', { name: 'A' }, 'USAGE', /not a name/],
  ])('refuses %s', (_, flags, code, message) => {
    const error = refused(() => mergeConfig(undefined, flags));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('mergeConfig with a file', () => {
  const TEXT = `metadata: {name: x}
sources:
  profile: {name: che, version: 7.121.0, devworkspaceOperator: 0.42.0, platform: kubernetes, upstream: up, certManager: none, only: [always], without: [editors], editors: [a, b]}
  manifests: [a.yaml]
  images: [{reference: redis, reason: cache}]
platforms: [linux/amd64]
registries: {docker.io: {mirror: m.example/hub, caFile: ca.pem}}
target: {prefix: r.example/x, naming: nested, reference: digest, pullSecret: {name: p}}
render: {openVSXURL: "", externalDevfileRegistries: [], domain: d.example, annotateOriginals: false, nodeConfig: [crio]}`;

  /** Key, where it stands, the value of the file by flag, and another one. */
  const KEYS: [string, string, ConfigFlags, ConfigFlags, string][] = [
    ['metadata.name', '3:12', { name: 'x' }, { name: 'y' }, '“x” in … and “y” by --name'],
    [
      'sources.profile.name',
      '5:13',
      { profile: { name: 'che' } },
      { profile: { name: 'cert-manager' } },
      '“che” in … and “cert-manager” by --profile',
    ],
    [
      'sources.profile.version',
      '5:24',
      { profile: { version: '7.121.0' } },
      { profile: { version: '7.86.0' } },
      '“7.121.0” in … and “7.86.0” by --version',
    ],
    [
      'sources.profile.devworkspaceOperator',
      '5:42',
      { devworkspaceOperator: '0.42.0' },
      { devworkspaceOperator: 'auto' },
      '“0.42.0” in … and “auto” by --dwo',
    ],
    [
      'sources.profile.platform',
      '5:72',
      { platform: 'kubernetes' },
      { platform: 'openshift' },
      '“kubernetes” in … and “openshift” by --platform',
    ],
    [
      'sources.profile.upstream',
      '5:94',
      { upstream: 'up' },
      { upstream: 'down' },
      '“up” in … and “down” by --upstream',
    ],
    [
      'sources.profile.certManager',
      '5:108',
      { certManager: 'none' },
      { certManager: '1.15.3' },
      '“none” in … and “1.15.3” by --cert-manager',
    ],
    [
      'sources.profile.only',
      '5:127',
      { only: ['always'] },
      { only: ['default'] },
      '“always” in … and “default” by --only',
    ],
    [
      'sources.profile.without',
      '5:143',
      { without: ['editors'] },
      { without: [] },
      '“editors” in … and “” by --without',
    ],
    [
      'sources.profile.editors',
      '5:163',
      { editors: ['b', 'a'] },
      { editors: ['a'] },
      '“a,b” in … and “a” by --editors',
    ],
    [
      'sources.images',
      '7:3',
      { images: [{ reference: 'docker.io/library/redis:latest', reason: 'cache' }] },
      { images: [{ reference: 'redis', reason: 'else' }] },
      '“cache” in … and “else” by --image',
    ],
    [
      'platforms',
      '8:1',
      { imagePlatforms: ['linux/amd64'] },
      { imagePlatforms: ['linux/arm64'] },
      '“linux/amd64” in … and “linux/arm64” by --platform',
    ],
    [
      'registries.docker.io.mirror',
      '9:26',
      { registries: { 'docker.io': { mirror: 'm.example/hub' } } },
      { registries: { 'index.docker.io': { mirror: 'n.example' } } },
      '“m.example/hub” in … and “n.example” by --registry',
    ],
    [
      'target.prefix',
      '10:10',
      { target: { prefix: 'r.example/x' } },
      { target: { prefix: 'r.example/y' } },
      '“r.example/x” in … and “r.example/y” by --to',
    ],
    [
      'target.naming',
      '10:31',
      { target: { naming: 'nested' } },
      { target: { naming: 'flat' } },
      '“nested” in … and “flat” by --naming',
    ],
    [
      'target.reference',
      '10:47',
      { target: { reference: 'digest' } },
      { target: { reference: 'tag' } },
      '“digest” in … and “tag” by --reference',
    ],
    [
      'target.pullSecret.name',
      '10:79',
      { target: { pullSecret: 'p' } },
      { target: { pullSecret: 'q' } },
      '“p” in … and “q” by --pull-secret',
    ],
    [
      'render.openVSXURL',
      '11:10',
      { render: { openVSXURL: '' } },
      { render: { openVSXURL: 'https://v.example' } },
      '“” in … and “https://v.example” by --open-vsx-url',
    ],
    [
      'render.externalDevfileRegistries',
      '11:26',
      { render: { externalDevfileRegistries: [] } },
      { render: { externalDevfileRegistries: ['https://d.example'] } },
      '“” in … and “https://d.example” by --devfile-registry',
    ],
    [
      'render.domain',
      '11:57',
      { render: { domain: 'd.example' } },
      { render: { domain: 'e.example' } },
      '“d.example” in … and “e.example” by --domain',
    ],
    [
      'render.annotateOriginals',
      '11:76',
      { render: { annotateOriginals: false } },
      { render: { annotateOriginals: true } },
      '“false” in … and “true” by --annotate-originals',
    ],
    [
      'render.nodeConfig',
      '11:102',
      { render: { nodeConfig: ['crio'] } },
      { render: { nodeConfig: ['k3s'] } },
      '“crio” in … and “k3s” by --node-config',
    ],
  ];

  it.each(KEYS)('%s: neither wins silently', async (key, at, same, other, message) => {
    const config = await file(TEXT);
    const { written: _, ...plain } = config;
    const merged = mergeConfig(config, same);
    expect({
      ...merged,
      sources: { ...merged.sources, profile: { ...merged.sources.profile, editors: ['a', 'b'] } },
    }).toEqual(plain);
    const error = refused(() => mergeConfig(config, other));
    expect([error.code, error.subject]).toEqual(['CONFLICTING_OPTIONS', key]);
    expect(error.message).toBe(`is ${message.replace('…', `sallyport.yaml:${at}`)}`);
  });

  it('lets a flag replace what is only a default', async () => {
    const config = await file(
      'sources: {profile: {name: che, version: 7.121.0}}\ntarget: {prefix: r.example/x}',
    );
    const merged = mergeConfig(config, {
      name: 'x',
      devworkspaceOperator: '0.42.0',
      platform: 'openshift',
      certManager: 'none',
      editors: ['a'],
      imagePlatforms: ['linux/amd64'],
      target: { naming: 'flat', reference: 'tag' },
      render: { annotateOriginals: true, nodeConfig: ['k3s'] },
    });
    expect(merged.metadata.name).toBe('x');
    expect(merged.sources.profile).toMatchObject({
      devworkspaceOperator: '0.42.0',
      platform: 'openshift',
      certManager: 'none',
      editors: ['a'],
    });
    expect(merged.platforms).toEqual(['linux/amd64']);
    expect(merged.target).toEqual({
      prefix: 'r.example/x',
      naming: 'flat',
      reference: 'tag',
      pullSecret: { name: 'registry-pull' },
    });
    expect(mergeConfig(config, { target: { pullSecret: 'none' } }).target).not.toHaveProperty('pullSecret');
    expect(merged.render).toEqual({ annotateOriginals: true, nodeConfig: ['k3s'] });
  });

  it.each<[string, string, string | undefined, string | undefined]>([
    ['nobody names it', '', undefined, 'locked'],
    ['the file names it', ', pullSecret: {name: filed}', undefined, 'filed'],
    ['a flag names it', '', 'flagged', 'flagged'],
    ['a flag says none', '', 'none', undefined],
  ])('takes the secret of the lock only when %s', async (_, more, pullSecret, expected) => {
    const config = await file(`target: {prefix: r.example/x${more}}`);
    const merged = mergeConfig(config, {
      target: { lockedPullSecret: 'locked', ...(pullSecret === undefined ? {} : { pullSecret }) },
    });
    expect(merged.target?.pullSecret?.name).toBe(expected);
  });

  it('adds what the file leaves open', async () => {
    const merged = mergeConfig(await file('sources: {manifests: [a.yaml]}'), {
      target: { prefix: 'r.example/x' },
      registries: { 'quay.io': { plainHttp: true } },
    });
    expect(merged.target?.prefix).toBe('r.example/x');
    expect(merged.registries).toEqual({ 'quay.io': { plainHttp: true } });
  });

  it('joins manifests, images and exclusions', async () => {
    const merged = mergeConfig(await file(TEXT), {
      manifests: ['b.yaml', 'a.yaml'],
      images: [{ reference: 'redis:latest' }, { reference: 'quay.io/a/b:1' }],
      exclude: [{ reference: 'quay.io/a/c:1', reason: 'ours' }],
    });
    expect(merged.sources.manifests).toEqual(['a.yaml', 'b.yaml']);
    expect(merged.sources.images).toEqual([
      { reference: 'redis', reason: 'cache' },
      { reference: 'quay.io/a/b:1', reason: 'asked for on the command line' },
    ]);
    expect(merged.sources.exclude).toEqual([{ reference: 'quay.io/a/c:1', reason: 'ours' }]);
  });

  it('joins the keys of one registry', async () => {
    const merged = mergeConfig(await file(TEXT), {
      registries: { 'registry-1.docker.io': { authFile: 'auth.json' } },
    });
    expect(merged.registries).toEqual({
      'docker.io': { mirror: 'm.example/hub', caFile: 'ca.pem', authFile: 'auth.json' },
    });
  });

  it('reports all conflicts together', async () => {
    const config = await file(TEXT);
    const error = refused(() => mergeConfig(config, { name: 'y', target: { naming: 'flat' } }));
    expect(error.code).toBe('CONFLICTING_OPTIONS');
    expect(error.parts.map(({ subject }) => subject)).toEqual(['target.naming', 'metadata.name']);
  });

  it('takes every value of a configuration made by a program as said', () => {
    const made: Config = mergeConfig(undefined, { target: { prefix: 'r.example/x' } });
    expect(refused(() => mergeConfig(made, { target: { naming: 'flat' } })).message).toBe(
      'is “nested” in the configuration and “flat” by --naming',
    );
  });
});

describe('parseRegistryFlag', () => {
  it.each<[string, string, object]>([
    ['quay.io', 'quay.io', {}],
    [
      'quay.io,mirror=m.example/quay.io,caFile=a=b.pem',
      'quay.io',
      { mirror: 'm.example/quay.io', caFile: 'a=b.pem' },
    ],
    ['localhost:5000,plainHttp', 'localhost:5000', { plainHttp: true }],
    [
      'r.example, plainHttp=true, insecureSkipVerify=false',
      'r.example',
      { plainHttp: true, insecureSkipVerify: false },
    ],
    ['index.docker.io,concurrency=3', 'docker.io', { concurrency: 3 }],
    [
      'r.example,certFile=c,keyFile=k,authFile=a',
      'r.example',
      { certFile: 'c', keyFile: 'k', authFile: 'a' },
    ],
  ])('%s', (text, host, config) => {
    expect(parseRegistryFlag(text)).toEqual([host, config]);
  });

  it.each<[string, RegExp]>([
    ['', /not a registry host/],
    ['quay', /“quay” is not a registry host/],
    ['https://u:p,w/@r.example', /“https:\/\/r.example” is not a registry host/],
    ['plainHttp=true', /not a registry host/],
    ['quay.io,plainHTTP', /unknown key “plainHTTP” \(did you mean plainHttp\?\)/],
    ['quay.io,ca=x', /unknown key “ca”/],
    ['quay.io,__proto__=x', /unknown key/],
    ['quay.io,plainHttp=yes', /plainHttp is true or false/],
    ['quay.io,caFile', /caFile needs a file/],
    ['quay.io,caFile=', /caFile needs a file/],
    ['quay.io,mirror', /mirror needs HOST\/PATH/],
    ['quay.io,mirror=x', /mirror “x” does not begin with a registry host/],
    ['quay.io,concurrency=0', /whole number from 1/],
    ['quay.io,concurrency=many', /whole number from 1/],
    ['quay.io,caFile=a,caFile=b', /says caFile twice/],
  ])('refuses “%s”', (text, message) => {
    const error = refused(() => parseRegistryFlag(text));
    expect([error.code, error.subject]).toEqual(['USAGE', `--registry ${text.replace('u:p,w/@', '')}`]);
    expect(error.message).toMatch(message);
  });
});
