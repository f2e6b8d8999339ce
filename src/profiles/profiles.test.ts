import { describe, expect, it } from 'vitest';
import {
  folderUpstream,
  hasRealUpstream,
  MINI_UPSTREAM,
  overlay,
  REAL_UPSTREAM,
} from '../../test/support/upstream.ts';
import { type ProfileRequest, type ResolvedProfile, resolveProfile } from './index.ts';

const request = (version: string, more: Partial<ProfileRequest> = {}): ProfileRequest => ({
  version,
  devworkspaceOperator: 'auto',
  certManager: 'auto',
  platform: 'kubernetes',
  only: [],
  without: [],
  editors: [],
  force: false,
  ...more,
});
const mini = (more: Partial<ProfileRequest> = {}, version = '7.999.0') =>
  resolveProfile('che', request(version, more), folderUpstream(MINI_UPSTREAM));
const wanted = (profile: ResolvedProfile, references: readonly string[]) =>
  references.filter((reference) => profile.classify(reference).wanted);

describe('the Che profile', () => {
  it('finds the operator that belongs to a version, and every file of both', async () => {
    const profile = await mini();
    expect(profile.components).toEqual({
      'che-operator': '7.999.0',
      'devworkspace-operator': '0.99.0',
      'cert-manager': 'v1.8.2',
    });
    expect(profile.inputs.map(({ role }) => role)).toEqual([
      'cert-manager',
      'devworkspace-operator',
      'che-operator',
      'che-cluster',
      'editor-definition',
      'editor-definition',
      'editor-definition',
    ]);
    expect(profile.notes).toEqual([]);
  });

  it.each([
    ['quay.io/devfile/devworkspace-controller:v0.99.0', 'always', 'control-plane'],
    ['quay.io/eclipse/che--traefik:v3.9.9-00', 'always', 'control-plane'],
    ['quay.io/devfile/project-clone:v0.99.0', 'default', 'workspaces'],
    ['quay.io/che-incubator/che-code:7.999.0', 'default', 'editors'],
    ['quay.io/che-incubator/che-code:insiders', 'conditional', 'editors'],
    ['quay.io/openshift/origin-oauth-proxy:4.99', 'conditional', 'openshift'],
    ['registry.example.com/somebody/else:1', 'always', 'control-plane'],
  ])('%s is %s (%s)', async (reference, mark, group) => {
    expect((await mini()).classify(reference)).toMatchObject({ mark, group });
  });

  it.each<[string, Partial<ProfileRequest>, string[]]>([
    ['nothing left out', {}, ['latest', 'insiders', 'idea', 'backup']],
    ['--only always,default', { only: ['always', 'default'] }, ['latest']],
    ['--without editors keeps the default editor', { without: ['editors'] }, ['latest', 'backup']],
    [
      '--without editors=che-code/insiders',
      { without: ['editors=che-code/insiders'] },
      ['latest', 'idea', 'backup'],
    ],
    [
      '--without editors=che-code keeps the default version of it',
      { without: ['editors=che-code'] },
      ['latest', 'idea', 'backup'],
    ],
    [
      'another default editor is kept in its place',
      { without: ['editors'], defaultEditor: 'che-incubator/che-idea-server/next' },
      ['idea', 'backup'],
    ],
    [
      'which may then be left out by name',
      { without: ['editors=che-code/latest'], defaultEditor: 'che-incubator/che-idea-server/next' },
      ['insiders', 'idea', 'backup'],
    ],
    [
      'another default editor is on the default path',
      { only: ['default'], defaultEditor: 'che-incubator/che-idea-server/next' },
      ['idea'],
    ],
    [
      '--editors che-idea-server keeps the default editor',
      { editors: ['che-idea-server'] },
      ['latest', 'idea', 'backup'],
    ],
    ['--without backup', { without: ['backup'] }, ['latest', 'insiders', 'idea']],
  ])('%s', async (_what, more, expected) => {
    const images: Record<string, string> = {
      latest: 'quay.io/che-incubator/che-code:7.999.0',
      insiders: 'quay.io/che-incubator/che-code:insiders',
      idea: 'quay.io/che-incubator/che-idea-dev-server:next',
      backup: 'quay.io/devfile/project-backup:v0.99.0',
    };
    const kept = wanted(await mini(more), Object.values(images));
    expect(Object.keys(images).filter((name) => kept.includes(images[name] ?? ''))).toEqual(expected);
  });

  it.each<[string, Partial<ProfileRequest>, RegExp | undefined]>([
    ['all editors', { without: ['editors'] }, /the images of che-code\/latest stay/],
    ['an editor whose images are its own', { without: ['editors=che-code/insiders'] }, undefined],
    [
      'an editor whose images others have too',
      { without: ['editors=che-idea-server'], defaultEditor: 'che-incubator/che-idea-server/next' },
      /leaving out che-idea-server removes no image/,
    ],
    ['something else', { without: ['backup'] }, undefined],
  ])('says what stays when %s is left out', async (_what, more, note) => {
    const notes = (await mini(more)).notes.filter((text) => /stay:|removes no image/.test(text));
    if (note === undefined) expect(notes).toEqual([]);
    else expect(notes.join('\n')).toMatch(note);
  });

  it.each<[string, Partial<ProfileRequest>, string, string, RegExp]>([
    [
      'a version that does not exist',
      {},
      '7.998.0',
      'VERSION_UNKNOWN',
      /no manifests of Eclipse Che 7\.998\.0/,
    ],
    ['text that is no version', {}, 'latest', 'VERSION_UNKNOWN', /is not a version/],
    [
      'an operator that upstream does not have',
      { devworkspaceOperator: 'v0.98.0' },
      '7.999.0',
      'UPSTREAM_NOT_FOUND',
      /DevWorkspace Operator 0\.98\.0/,
    ],
    [
      'a cert-manager that upstream does not have',
      { certManager: 'v9.9.9' },
      '7.999.0',
      'UPSTREAM_NOT_FOUND',
      /cert-manager v9\.9\.9/,
    ],
    ['an unknown group', { without: ['nothing'] }, '7.999.0', 'USAGE', /no group/],
    ['an unknown editor', { editors: ['vim'] }, '7.999.0', 'USAGE', /no editor/],
    [
      'leaving out the default editor by name',
      { without: ['editors=che-code/latest'] },
      '7.999.0',
      'USAGE',
      /is the default editor/,
    ],
  ])('refuses %s with the reason', async (_what, more, version, code, message) => {
    await expect(mini(more, version)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('says the exact file that it looked for', async () => {
    await expect(mini({}, '7.998.0')).rejects.toMatchObject({
      subject: expect.stringMatching(
        /eclipse-che\/che-operator\/7\.998\.0\/deploy\/deployment\/kubernetes\/combined\.yaml$/,
      ),
    });
  });

  it.each<[string, string, Partial<ProfileRequest>, boolean, RegExp]>([
    ['names a version near by', '7.998.0', {}, false, /There are 7\.999\.0;/],
    ['names one where folders cannot be listed', '7.999.3', {}, true, /There are 7\.999\.0;/],
    ['asks for the third part', '7.999', {}, false, /did you mean 7\.999\.0\?/],
    ['wants a release in place of a name that moves', 'next', {}, false, /cannot be locked/],
  ])('%s', async (_what, version, more, unlisted, hint) => {
    const upstream = overlay(folderUpstream(MINI_UPSTREAM), { unlisted });
    await expect(resolveProfile('che', request(version, more), upstream)).rejects.toMatchObject({
      code: 'VERSION_UNKNOWN',
      hint: expect.stringMatching(hint),
    });
  });

  it('says of a version that no platform file is there for', async () => {
    const upstream = overlay(folderUpstream(MINI_UPSTREAM), { without: /openshift/ });
    await expect(
      resolveProfile('che', request('7.999.0', { platform: 'openshift' }), upstream),
    ).rejects.toMatchObject({
      code: 'UPSTREAM_NOT_FOUND',
      message: 'this upstream has Eclipse Che 7.999.0 for kubernetes, but not for openshift',
      hint: expect.stringContaining('deploy/deployment/openshift'),
    });
  });

  it('on OpenShift marks what is pulled there, and needs neither cert-manager nor minikube', async () => {
    const profile = await mini({ platform: 'openshift' });
    expect(profile.components).not.toHaveProperty('cert-manager');
    expect(profile.images.map(({ reference }) => reference)).toEqual([
      'quay.io/wto/web-terminal-tooling:next',
    ]);
    expect(profile.classify('quay.io/openshift/origin-oauth-proxy:4.99')).toMatchObject({ mark: 'always' });
    expect(profile.classify('quay.io/oauth2-proxy/oauth2-proxy:v7.99.0')).toMatchObject({
      mark: 'conditional',
      condition: 'on plain Kubernetes',
    });
  });

  it('says when the default editor is a definition of the user’s own', async () => {
    const profile = await mini({ defaultEditor: 'https://files.corp.example/editor.yaml' });
    expect(profile.notes).toEqual([expect.stringContaining('https://files.corp.example/editor.yaml')]);
    expect(profile.classify('quay.io/che-incubator/che-code:7.999.0').mark).toBe('conditional');
  });

  it('knows the images of cert-manager where its manifest is not to be had, and says so', async () => {
    const upstream = overlay(folderUpstream(MINI_UPSTREAM), { without: /cert-manager/ });
    const profile = await resolveProfile('che', request('7.999.0'), upstream);
    expect(profile.inputs.map(({ role }) => role)).not.toContain('cert-manager');
    expect(
      profile.images.map(({ reference }) => reference).filter((name) => name.includes('jetstack')),
    ).toEqual(
      ['controller', 'webhook', 'cainjector', 'acmesolver'].map(
        (name) => `quay.io/jetstack/cert-manager-${name}:v1.8.2`,
      ),
    );
    expect(profile.notes).toEqual([expect.stringContaining('its manifest is not rendered')]);
  });

  it('leaves cert-manager out on request', async () => {
    const profile = await mini({ certManager: 'none' });
    expect(profile.components).not.toHaveProperty('cert-manager');
    expect(profile.inputs.map(({ role }) => role)).not.toContain('cert-manager');
  });

  it('refuses a name that is no profile, naming those that are', async () => {
    await expect(
      resolveProfile('chey', request('1.0.0'), folderUpstream(MINI_UPSTREAM)),
    ).rejects.toMatchObject({ code: 'PROFILE_UNKNOWN', hint: expect.stringContaining('che, cert-manager') });
  });
});

describe.skipIf(!hasRealUpstream)('the Che profile on real releases', () => {
  const real = (version: string, more: Partial<ProfileRequest> = {}) =>
    resolveProfile('che', request(version, more), folderUpstream(REAL_UPSTREAM));

  it.each([
    ['7.121.0', '0.43.0', 26],
    ['7.117.0', '0.40.1', 24],
  ])('%s belongs with %s and has %d editor definitions', async (version, dwo, editors) => {
    const profile = await real(version);
    expect(profile.components['devworkspace-operator']).toBe(dwo);
    expect(profile.inputs.filter(({ role }) => role === 'editor-definition')).toHaveLength(editors);
  });

  it('an old release, which has no editor definitions, knows its editors all the same', async () => {
    const profile = await real('7.86.0', { devworkspaceOperator: '0.33.0' });
    const code = (digest: string) => profile.classify(`quay.io/che-incubator/che-code@sha256:${digest}`);
    expect(code('f7eed8fd36f11ded156d7bbdede3ec7656923df98e09c376165b7139c48e442a')).toMatchObject({
      mark: 'default',
      members: ['che-code/latest'],
    });
    expect(code('713817c5059210e013efe16f46e42577b4eab6f0773403ead1c24af08bcc9f88')).toMatchObject({
      mark: 'conditional',
      members: ['che-code/insiders'],
    });
  });

  it('a newer cert-manager brings its manifest', async () => {
    const profile = await real('7.121.0', { certManager: '1.18.0' });
    expect(profile.inputs[0]?.role).toBe('cert-manager');
    expect(profile.images.map(({ reference }) => reference)).toContain(
      'quay.io/jetstack/cert-manager-acmesolver:v1.18.0',
    );
  });
});
