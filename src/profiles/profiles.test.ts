import { describe, expect, it } from 'vitest';
import {
  folderUpstream,
  hasRealUpstream,
  MINI_UPSTREAM,
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
    ['--without editors=che-code', { without: ['editors=che-code'] }, ['idea', 'backup']],
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
      'an operator far too old',
      { devworkspaceOperator: '0.19.0' },
      '7.999.0',
      'VERSION_INCOMPATIBLE',
      /released with the DevWorkspace Operator 0\.99\.0/,
    ],
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
    [
      'OpenShift, which this upstream lacks',
      { platform: 'openshift' },
      '7.999.0',
      'VERSION_UNKNOWN',
      /for openshift/,
    ],
    ['an unknown group', { without: ['nothing'] }, '7.999.0', 'USAGE', /no group/],
    ['an unknown editor', { editors: ['vim'] }, '7.999.0', 'USAGE', /no editor/],
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

  it('with force goes on over a pair that does not fit and says what it overrides', async () => {
    await expect(mini({ devworkspaceOperator: '0.19.0', force: true })).rejects.toMatchObject({
      code: 'UPSTREAM_NOT_FOUND',
    });
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

  it('an old release goes through the same rules', async () => {
    const profile = await real('7.86.0', { devworkspaceOperator: '0.33.0' });
    expect(profile.notes.join()).toMatch(/newer and was not tried/);
    expect(
      profile.classify(
        'quay.io/eclipse/che--mariadb@sha256:5a8009369ee57c85b6f4a08406147bd9c505cde6b8250d16a27d2a5febfdead7',
      ).group,
    ).toBe('samples');
  });

  it('a newer cert-manager brings its manifest', async () => {
    const profile = await real('7.121.0', { certManager: '1.18.0' });
    expect(profile.inputs[0]?.role).toBe('cert-manager');
    expect(profile.images.map(({ reference }) => reference)).toContain(
      'quay.io/jetstack/cert-manager-acmesolver:v1.18.0',
    );
  });
});
