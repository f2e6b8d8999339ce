import { describe, expect, it } from 'vitest';
import { discover } from '../src/discovery/index.ts';
import { normalizeReference, parseReference } from '../src/oci/index.ts';
import { type ProfileRequest, type ResolvedProfile, resolveProfile } from '../src/profiles/index.ts';
import type { UpstreamReader } from '../src/profiles/types.ts';
import {
  folderUpstream,
  hasRealUpstream,
  MINI_UPSTREAM,
  overlay,
  REAL_UPSTREAM,
} from './support/upstream.ts';

/** Mark → group → references: everything that a release pulls, no more and no less. */
type Expected = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const CERT_MANAGER = ['cainjector', 'controller', 'webhook'].map(
  (name) => `quay.io/jetstack/cert-manager-${name}:v1.8.2`,
);
const ASYNC_STORAGE = [
  'quay.io/eclipse/che-sidecar-workspace-data-sync:0.0.1',
  'quay.io/eclipse/che-workspace-data-sync-storage:0.0.1',
];
const UNNAMED = {
  acme: ['quay.io/jetstack/cert-manager-acmesolver:v1.8.2'],
  minikube: ['ghcr.io/dexidp/dex:v2.30.0'],
  'smoke-test': ['quay.io/wto/web-terminal-tooling:next'],
};
const EDITORS_7_117 = [
  'docker.io/tsl0922/ttyd:1.7.7-alpine',
  'quay.io/che-incubator/che-code-server:latest',
  'quay.io/che-incubator/che-code-server:next',
  'quay.io/che-incubator/che-code-sshd:insiders',
  'quay.io/che-incubator/che-code-sshd:next',
  'quay.io/che-incubator/che-code:insiders',
  'quay.io/che-incubator/che-idea-dev-server:latest',
  'quay.io/che-incubator/che-idea-dev-server:next',
  'registry.access.redhat.com/ubi9-minimal:9.7',
];

const CHE_7_121: Expected = {
  always: {
    'cert-manager': CERT_MANAGER,
    'control-plane': [
      'quay.io/brancz/kube-rbac-proxy:v0.22.0',
      'quay.io/che-incubator/configbump:7.121.0',
      'quay.io/devfile/devworkspace-controller:v0.43.0',
      'quay.io/eclipse/che--traefik:v3.7.10-9c3b91d5fb7770853ca5c1124a23c34bf2d9b47ffaebeab2614cbaf410dcb2ac',
      'quay.io/eclipse/che-dashboard:7.121.0',
      'quay.io/eclipse/che-operator:7.121.0',
      'quay.io/eclipse/che-server:7.121.0',
      'quay.io/oauth2-proxy/oauth2-proxy:v7.15.2',
    ],
  },
  default: {
    editors: ['quay.io/che-incubator/che-code:7.121.0'],
    workspaces: [
      'quay.io/devfile/project-clone:v0.43.0',
      'quay.io/devfile/universal-developer-image:latest',
      'quay.io/devfile/universal-developer-image:ubi9-latest',
      'registry.access.redhat.com/ubi9/ubi-micro:9.5-1733126338',
    ],
  },
  conditional: {
    ...UNNAMED,
    'async-storage': ASYNC_STORAGE,
    backup: ['quay.io/devfile/project-backup:v0.43.0'],
    editors: [...EDITORS_7_117, 'docker.io/tsl0922/ttyd:1.7.8-alpine', 'quay.io/che-incubator/chemuxer:next'],
    openshift: ['quay.io/openshift/origin-oauth-proxy:4.22'],
    openvsx: ['quay.io/che-incubator/che-openvsx:v1.1.0', 'quay.io/sclorg/postgresql-16-c9s:20260319'],
    'plugin-registry': ['quay.io/eclipse/che-plugin-registry:7.121.0'],
    'self-signed-tls': ['quay.io/eclipse/che-tls-secret-creator:9f9d4a6'],
    unused: ['quay.io/che-incubator/header-rewrite-proxy:latest'],
  },
};

const CHE_7_117: Expected = {
  always: {
    'cert-manager': CERT_MANAGER,
    'control-plane': [
      'quay.io/brancz/kube-rbac-proxy:v0.13.1',
      'quay.io/che-incubator/configbump:7.117.0',
      'quay.io/devfile/devworkspace-controller:v0.40.1',
      'quay.io/eclipse/che--traefik:v3.6.15-8cb20d16e01a53d8d7f7696ac2f1af7d200d5c9984d226ce2299731d9eab6d6c',
      'quay.io/eclipse/che-dashboard:7.117.0',
      'quay.io/eclipse/che-operator:7.117.0',
      'quay.io/eclipse/che-server:7.117.0',
      'quay.io/oauth2-proxy/oauth2-proxy:v7.6.0',
    ],
  },
  default: {
    editors: ['quay.io/che-incubator/che-code:7.117.0'],
    workspaces: [
      'quay.io/devfile/project-clone:v0.40.1',
      'quay.io/devfile/universal-developer-image:latest',
      'quay.io/devfile/universal-developer-image:ubi9-latest',
      'registry.access.redhat.com/ubi9/ubi-micro:9.5-1733126338',
    ],
  },
  conditional: {
    ...UNNAMED,
    'async-storage': ASYNC_STORAGE,
    backup: ['quay.io/devfile/project-backup:v0.40.1'],
    editors: EDITORS_7_117,
    openshift: ['quay.io/openshift/origin-kube-rbac-proxy:4.9', 'quay.io/openshift/origin-oauth-proxy:4.9'],
    'plugin-registry': ['quay.io/eclipse/che-plugin-registry:7.117.0'],
    'self-signed-tls': ['quay.io/eclipse/che-tls-secret-creator:9f9d4a6'],
    unused: ['quay.io/che-incubator/header-rewrite-proxy:latest'],
  },
};

/** With the DevWorkspace Operator 0.33.0, which still has kube-rbac-proxy; editors, samples and devfile registry are variables. */
const CHE_7_86: Expected = {
  always: {
    'cert-manager': CERT_MANAGER,
    'control-plane': [
      'quay.io/brancz/kube-rbac-proxy:v0.13.1',
      'quay.io/che-incubator/configbump:7.86.0',
      'quay.io/devfile/devworkspace-controller:v0.33.0',
      'quay.io/eclipse/che--traefik:v2.9.10-8d81a9df1435f9f3d36ac9398465ef2d5d61e671059974db753faaed14b627de',
      'quay.io/eclipse/che-dashboard:7.86.0',
      'quay.io/eclipse/che-operator:7.86.0',
      'quay.io/eclipse/che-server:7.86.0',
      'quay.io/oauth2-proxy/oauth2-proxy:v7.4.0',
    ],
  },
  default: {
    editors: [
      'quay.io/che-incubator/che-code@sha256:f7eed8fd36f11ded156d7bbdede3ec7656923df98e09c376165b7139c48e442a',
    ],
    workspaces: [
      'quay.io/devfile/project-clone:v0.33.0',
      'quay.io/devfile/universal-developer-image:ubi8-latest',
      'quay.io/devfile/universal-developer-image@sha256:ca448538b559c1edb51c9a71966182460a69a078d67e7075e00241ad394d0f0e',
      'registry.access.redhat.com/ubi9/ubi-micro:9.5-1733126338',
    ],
  },
  conditional: {
    ...UNNAMED,
    'async-storage': ASYNC_STORAGE,
    'devfile-registry': ['quay.io/eclipse/che-devfile-registry:7.86.0'],
    editors: [
      'docker.io/codercom/code-server@sha256:ef07281004909bb2c228422df2e99a5ba5e450fce7546b8fa186852f23bf6751',
      'docker.io/dirigiblelabs/dirigible-openshift@sha256:3365635d1e0403697dea0674bbbdc749c4be2db29818a93b8e1e53c3c5144113',
      'docker.io/ksmster/che-editor-jupyter@sha256:83439ae9edcaa3a97536742315a7912f93e499f49847da094c480031eae4ba47',
      'docker.io/wsskeleton/eclipse-broadway@sha256:57c82cd806a56f69aa8663f68405d0778b628a29a64fb16881b11ce9f484dda7',
      'quay.io/che-incubator/che-code@sha256:713817c5059210e013efe16f46e42577b4eab6f0773403ead1c24af08bcc9f88',
      'quay.io/che-incubator/che-idea-dev-server@sha256:55d433645dec56ea178df03f466623e045fde046e1cb43b37493999bdb9494de',
      'quay.io/che-incubator/che-idea-dev-server@sha256:5a255cb0db9cc212418f554ed283a9850424d6ac15bb14471aea054a071fa529',
      'quay.io/che-incubator/che-idea@sha256:5d6e1bf45bb705b1928409588a2a723841289201057ea6c43b233657c6913f03',
      'quay.io/che-incubator/che-idea@sha256:8aae69dc4b0c122491a75400639af0fe92b5e214c6e68ac97cda29fb58b44151',
      'quay.io/che-incubator/che-pycharm@sha256:7c0e3eabd62495201cf5ba0a913776d972a1e6fb9cf1bcdc78afcf4d7256af47',
      'quay.io/che-incubator/che-pycharm@sha256:88e856029ceb8fa1eda307178bb3298e586ca1128831bb463c4a6c9f7e04e75f',
    ],
    openshift: ['quay.io/openshift/origin-kube-rbac-proxy:4.9', 'quay.io/openshift/origin-oauth-proxy:4.9'],
    'plugin-registry': ['quay.io/eclipse/che-plugin-registry:7.86.0'],
    samples: [
      'quay.io/eclipse/che--centos--mongodb-36-centos7@sha256:a915db7beca87198fcd7860086989fe8a327a1a4f6508025b64ab28fcc7423b2',
      'quay.io/eclipse/che--centos--mongodb-36-centos7@sha256:ffdf2431bbc6d9a9d2a03e95bbbe8adb49ab9eac301f268a35038c84288259c1',
      'quay.io/eclipse/che--centos--mysql-57-centos7@sha256:e08ee4d43b7356607685b69bde6335e27cf20c020f345b6c6c59400183882764',
      'quay.io/eclipse/che--mariadb@sha256:5a8009369ee57c85b6f4a08406147bd9c505cde6b8250d16a27d2a5febfdead7',
      'registry.access.redhat.com/ubi8/ubi-minimal@sha256:2fa47fa9df7b98e2776f447855699c01d06c3271b2d7259b8b314084580cf591',
    ],
    'self-signed-tls': ['quay.io/eclipse/che-tls-secret-creator:alpine-01a4c34'],
    unused: ['quay.io/che-incubator/header-rewrite-proxy:latest'],
  },
};

const MINI_ALWAYS = [
  'quay.io/brancz/kube-rbac-proxy:v0.99.0',
  'quay.io/che-incubator/configbump:7.999.0',
  'quay.io/devfile/devworkspace-controller:v0.99.0',
  'quay.io/eclipse/che--traefik:v3.9.9-00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  'quay.io/eclipse/che-dashboard:7.999.0',
  'quay.io/eclipse/che-operator:7.999.0',
  'quay.io/eclipse/che-server:7.999.0',
];
const MINI_DEFAULT = {
  editors: ['quay.io/che-incubator/che-code:7.999.0'],
  workspaces: [
    'quay.io/devfile/project-clone:v0.99.0',
    'quay.io/devfile/universal-developer-image:latest',
    'quay.io/devfile/universal-developer-image:ubi9-latest',
    'registry.access.redhat.com/ubi9/ubi-micro:9.9-1',
  ],
};
const MINI_CONDITIONAL = {
  'async-storage': ASYNC_STORAGE,
  backup: ['quay.io/devfile/project-backup:v0.99.0'],
  editors: ['quay.io/che-incubator/che-code:insiders', 'quay.io/che-incubator/che-idea-dev-server:next'],
  'plugin-registry': ['quay.io/eclipse/che-plugin-registry:7.999.0'],
  'smoke-test': UNNAMED['smoke-test'],
};
const MINI_KUBERNETES: Expected = {
  always: {
    'cert-manager': CERT_MANAGER,
    'control-plane': [...MINI_ALWAYS, 'quay.io/oauth2-proxy/oauth2-proxy:v7.99.0'],
  },
  default: MINI_DEFAULT,
  conditional: { ...UNNAMED, ...MINI_CONDITIONAL, openshift: ['quay.io/openshift/origin-oauth-proxy:4.99'] },
};
const MINI_OPENSHIFT: Expected = {
  always: { 'control-plane': [...MINI_ALWAYS, 'quay.io/openshift/origin-oauth-proxy:4.99'] },
  default: MINI_DEFAULT,
  conditional: { ...MINI_CONDITIONAL, kubernetes: ['quay.io/oauth2-proxy/oauth2-proxy:v7.99.0'] },
};

async function resolve(
  upstream: UpstreamReader,
  version: string,
  more: Partial<ProfileRequest> = {},
): Promise<{ profile: ResolvedProfile; references: string[] }> {
  const request: ProfileRequest = {
    version,
    devworkspaceOperator: 'auto',
    certManager: 'auto',
    platform: 'kubernetes',
    only: [],
    without: [],
    editors: [],
    force: false,
    ...more,
  };
  const profile = await resolveProfile('che', request, upstream);
  const { discovery, failures } = discover(
    profile.inputs.map(({ path, bytes }) => ({ path, bytes })),
    { minConfidence: 'likely' },
  );
  expect(failures).toEqual([]);
  const found = [...discovery.uses, ...profile.images].map(({ reference }) =>
    normalizeReference(parseReference(reference)),
  );
  return { profile, references: [...new Set(found)].sort() };
}

function sorted(references: readonly string[], profile: ResolvedProfile): Expected {
  const out: Record<string, Record<string, string[]>> = {};
  for (const reference of references) {
    const { mark, group, condition, wanted } = profile.classify(reference);
    expect(wanted).toBe(true);
    expect(condition === undefined).toBe(mark !== 'conditional');
    out[mark] ??= {};
    const groups = out[mark];
    groups[group] = [...(groups[group] ?? []), reference];
  }
  return out;
}

/** Lists in any order. */
function unordered(expected: Expected): Expected {
  return Object.fromEntries(
    Object.entries(expected).map(([mark, groups]) => [
      mark,
      Object.fromEntries(Object.entries(groups).map(([group, list]) => [group, [...list].sort()])),
    ]),
  );
}

describe('the images of a release, each with its mark and group, and no others', () => {
  it.each<[string, Partial<ProfileRequest>, Expected]>([
    ['Kubernetes', {}, MINI_KUBERNETES],
    ['OpenShift', { platform: 'openshift' }, MINI_OPENSHIFT],
  ])('of the small upstream on %s', async (_what, more, expected) => {
    const { profile, references } = await resolve(folderUpstream(MINI_UPSTREAM), '7.999.0', more);
    expect(sorted(references, profile)).toEqual(unordered(expected));
  });

  it.skipIf(!hasRealUpstream).each<[string, number, Partial<ProfileRequest>, Expected]>([
    ['7.121.0', 39, {}, CHE_7_121],
    ['7.117.0', 36, {}, CHE_7_117],
    ['7.86.0', 43, { devworkspaceOperator: '0.33.0' }, CHE_7_86],
  ])('of Eclipse Che %s: %d images', async (version, count, more, expected) => {
    const { profile, references } = await resolve(folderUpstream(REAL_UPSTREAM), version, more);
    expect(references).toHaveLength(count);
    expect(sorted(references, profile)).toEqual(unordered(expected));
  });

  it.skipIf(!hasRealUpstream)('are the same where folders cannot be listed', async () => {
    const upstream = overlay(folderUpstream(REAL_UPSTREAM), { unlisted: true });
    const { profile, references } = await resolve(upstream, '7.121.0');
    expect(sorted(references, profile)).toEqual(unordered(CHE_7_121));
  });
});
