import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/registry-session.ts';
import { testContext } from '../../test/support/workflow-context.ts';
import type { ClusterClient, KubeObject } from '../cluster/index.ts';
import type { Lock } from '../lock/index.ts';
import { type GuardOptions, guardFor, withGuard, writeGuard } from './guard.ts';

const LOCK: Lock = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'Lock',
  metadata: { name: 'guarded' },
  madeFrom: { inputs: [] },
  target: { prefix: 'registry.corp.example/che', naming: 'nested', reference: 'tag-and-digest' },
  platforms: [],
  images: [],
  excluded: [{ reference: 'docker.io/library/nginx:1.25', reason: 'the nodes have it' }],
};
const options = (more: Partial<GuardOptions> = {}): GuardOptions => ({
  lock: LOCK,
  name: 'g',
  mode: 'deny',
  namespaces: [],
  allow: [],
  mutate: false,
  pullSecrets: false,
  ...more,
});
const named = (objects: readonly KubeObject[], kind: string) =>
  Object.fromEntries(
    objects.filter((one) => one.kind === kind).map((one) => [one.metadata.name, one['spec']] as const),
  ) as Record<string, Record<string, unknown>>;

describe('a guard', () => {
  it.each<[Partial<GuardOptions>, Record<string, string>]>([
    [{ mode: 'deny' }, { g: 'Deny', 'g-workloads': 'Warn', 'g-cronjobs': 'Warn' }],
    [{ mode: 'warn' }, { g: 'Warn', 'g-workloads': 'Warn', 'g-cronjobs': 'Warn' }],
    [{ mode: 'audit' }, { g: 'Audit', 'g-workloads': 'Audit', 'g-cronjobs': 'Audit' }],
    [
      { mode: 'deny', workloads: 'deny' },
      { g: 'Deny', 'g-workloads': 'Deny', 'g-cronjobs': 'Deny' },
    ],
    [{ mode: 'deny', workloads: 'off' }, { g: 'Deny' }],
  ])('%j', (asked, expected) => {
    const bindings = Object.values(
      named(guardFor(options(asked)), 'ValidatingAdmissionPolicyBinding'),
    ) as unknown as { policyName: string; validationActions: string[] }[];
    const actions = Object.fromEntries(bindings.map((one) => [one.policyName, one.validationActions[0]]));
    expect(actions).toEqual(expected);
  });

  it('holds in the namespaces of the platform and of its users, or in those that are named alone', () => {
    const selectors = (more: Partial<GuardOptions>) =>
      Object.values(
        named(guardFor(options({ workloads: 'off', ...more })), 'ValidatingAdmissionPolicyBinding'),
      ).map((spec) => JSON.stringify(spec['matchResources']));
    const own = selectors({});
    expect(own).toHaveLength(2);
    for (const name of ['cert-manager', 'devworkspace-controller', 'eclipse-che'])
      expect(own[0]).toContain(`"${name}"`);
    expect(own[1]).toContain('workspaces-namespace');
    const [one, ...others] = selectors({ namespaces: ['team-a'] });
    expect(one).toContain('"values":["team-a"]');
    expect(others).toEqual([]);
  });

  it('lets pass what was left out under every spelling, and further prefixes', () => {
    const text = JSON.stringify(guardFor(options({ allow: ['registry.corp.example/base/'] })));
    for (const spelling of [
      'nginx:1.25',
      'docker.io/library/nginx:1.25',
      'index.docker.io/library/nginx:1.25',
    ])
      expect(text).toContain(`\\"${spelling}\\"`);
    expect(text).toContain('startsWith(\\"registry.corp.example/base/\\")');
  });

  it.each(['https://registry.corp.example/base', 'base/app', 'registry.corp.example/Base'])(
    'takes no prefix that nothing begins with: %s',
    (prefix) => {
      expect(() => guardFor(options({ allow: [prefix] }))).toThrow(
        expect.objectContaining({ code: 'REFERENCE_INVALID', subject: prefix }),
      );
    },
  );

  it('cannot be made of a lock without a target', async () => {
    const { target: _, ...rest } = LOCK;
    const error = await failureOf(writeGuard(testContext('/'), options({ lock: rest })));
    expect(error).toMatchObject({ code: 'LOCK_INVALID', subject: 'guarded' });
  });
});

describe('a guard beside manifests', () => {
  const client = (known: boolean) =>
    ({
      server: 'https://cluster.test',
      namespace: 'default',
      kinds: { find: () => Promise.resolve(known ? {} : undefined) },
    }) as unknown as ClusterClient;
  const deployment = (namespace: string | undefined, name: string): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  });
  const wish = { lock: LOCK, mode: 'warn' as const, allow: [] };

  it('holds where they start pods too, but never where Kubernetes itself is', async () => {
    const manifests = [
      deployment('operators', 'a'),
      deployment(undefined, 'b'),
      deployment('kube-system', 'c'),
    ];
    const objects = await withGuard(client(true), manifests, wish, undefined);
    expect(objects.slice(0, 3)).toEqual(manifests);
    const spec = named(objects, 'ValidatingAdmissionPolicyBinding')['sallyport-guard'];
    expect(JSON.stringify(spec)).toMatch(/"default","operators"\]/);
    expect(JSON.stringify(objects)).not.toMatch(/"values":\[[^\]]*kube-system/);
  });

  it('lets the same run and judges the same as one that is written by itself', async () => {
    const asked = { allow: ['registry.corp.example/base'], workloads: 'deny' as const };
    const beside = await withGuard(client(true), [], { ...wish, ...asked }, undefined);
    expect(beside).toEqual(guardFor(options({ ...asked, name: 'sallyport-guard', mode: 'warn' })));
    expect(JSON.stringify(beside)).toContain('startsWith(\\"registry.corp.example/base/\\")');
  });

  it('says which server cannot have it, and that there is one already', async () => {
    expect(await failureOf(withGuard(client(false), [], wish, undefined))).toMatchObject({
      code: 'KIND_UNKNOWN',
      hint: expect.stringContaining('1.30'),
    });
    const own = guardFor(options());
    expect(await failureOf(withGuard(client(true), own, wish, undefined))).toMatchObject({
      code: 'CONFLICTING_OPTIONS',
      subject: 'ValidatingAdmissionPolicy g',
    });
  });
});
