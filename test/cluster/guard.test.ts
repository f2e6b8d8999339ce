import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MUTATING_VERSIONS, mutatingGuard } from '../../src/cluster/guard/mutate.ts';
import { pullSecretPolicy } from '../../src/cluster/guard/pull-secret.ts';
import type { GuardMode } from '../../src/cluster/guard/types.ts';
import { validatingGuard } from '../../src/cluster/guard/validate.ts';
import { type Lock, writeLock } from '../../src/lock/index.ts';
import { type Digest, spellingsOf } from '../../src/oci/index.ts';
import { sallyport } from '../support/cli.ts';
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { skipWithout } from './harness/needs.ts';
import { BUILD_TIME } from './harness/tools.ts';

const PREFIX = 'registry.corp.example/che';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const GOOD = `${PREFIX}/app:1@${DIGEST}`;
const LEFT_OUT = 'quay.io/left/out:1';
const FROM_HUB = 'docker.io/library/nginx:1.25';

const pod = (name: string, namespace: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
});
const template = (image: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }] },
});
const withImage = (image: string) => ({ containers: [{ name: 'c', image }] });

describe.skipIf(skipWithout('control-plane'))('guard on a real API server', () => {
  let plane: ControlPlane;
  const create = (object: object) => plane.kubectl.run(['create', '-f', '-'], JSON.stringify(object));
  const until = (check: () => Promise<boolean>) =>
    vi.waitFor(
      async () => {
        if (!(await check())) throw new Error('not yet');
      },
      { timeout: 30_000, interval: 200 },
    );
  const probe = (namespace: string) => JSON.stringify(pod('probe', namespace, withImage('quay.io/x/y:1')));
  /** Policies take effect a moment after they are stored. */
  const untilDenied = (namespace: string) =>
    until(async () => {
      const tried = await plane.kubectl.run(['create', '--dry-run=server', '-f', '-'], probe(namespace));
      return /denied request/.test(tried.stderr);
    });

  beforeAll(async () => {
    plane = await startControlPlane();
    for (const name of ['denied', 'warned', 'strict', 'labelled', 'free', 'rewritten']) {
      await plane.kubectl('create', 'namespace', name);
      await until(async () => (await plane.kubectl.run(['-n', name, 'get', 'sa', 'default'])).status === 0);
    }
    await plane.kubectl('label', 'namespace', 'labelled', 'part=workspaces');
    const guard = (
      name: string,
      mode: GuardMode,
      scope: { namespaces?: string[]; labels?: Record<string, string>[] },
      workloads?: GuardMode,
    ) =>
      validatingGuard({
        name,
        mode,
        prefixes: [PREFIX],
        exact: [LEFT_OUT, FROM_HUB].flatMap(spellingsOf),
        workloads,
        scope: { namespaces: scope.namespaces ?? [], labels: scope.labels ?? [] },
      });
    // A pod from before the guard: it may still be changed.
    expect((await create(pod('old', 'denied', withImage('quay.io/x/old:1')))).status).toBe(0);
    await plane.kubectl.apply(
      ...guard('deny', 'deny', { namespaces: ['denied'], labels: [{ part: 'workspaces' }] }),
      ...guard('warn', 'warn', { namespaces: ['warned'] }, 'warn'),
      ...guard('strict', 'deny', { namespaces: ['strict'] }, 'deny'),
    );
    await untilDenied('denied');
    await untilDenied('labelled');
    await untilDenied('strict');
  }, BUILD_TIME);
  afterAll(() => plane?.stop());

  it('has policies that the server finds no fault with', async () => {
    for (const name of ['deny', 'warn', 'warn-workloads', 'warn-cronjobs', 'strict-workloads']) {
      const policy = await plane.kubectl.get<{
        status?: { typeChecking?: { expressionWarnings?: unknown[] } };
      }>('validatingadmissionpolicy', name);
      expect(policy.status?.typeChecking?.expressionWarnings ?? []).toEqual([]);
    }
  });

  const image = (reference: string) => ({ name: 'v', image: { reference, pullPolicy: 'Always' } });
  it.each<[string, string, object]>([
    ['an image of the target by digest', 'good-1', withImage(GOOD)],
    ['what was left out on purpose', 'good-2', withImage(LEFT_OUT)],
    ['it by its short name', 'good-4', withImage('nginx:1.25')],
    ['it with its host', 'good-5', withImage('docker.io/nginx:1.25')],
    ['it written out', 'good-6', withImage('docker.io/library/nginx:1.25')],
    ['it by the other name of Docker Hub', 'good-7', withImage('index.docker.io/library/nginx:1.25')],
    [
      'containers of every sort',
      'good-3',
      {
        initContainers: [{ name: 'i', image: GOOD }],
        containers: [{ name: 'c', image: `${PREFIX}/deep/er/app@${DIGEST}` }],
        volumes: [{ name: 'e', emptyDir: {} }],
      },
    ],
  ])('lets pass: %s', async (_, name, spec) => {
    expect(await create(pod(name, 'denied', spec))).toMatchObject({ status: 0 });
  });

  it.each<[string, string, object, RegExp]>([
    [
      'another registry',
      'bad-1',
      withImage('quay.io/x/y:1'),
      /not from registry\.corp\.example\/che: quay\.io\/x\/y:1/,
    ],
    ['a tag without a digest', 'bad-2', withImage(`${PREFIX}/app:1`), /not by digest: registry/],
    ['a prefix that only begins alike', 'bad-3', withImage(`${PREFIX}-evil/app@${DIGEST}`), /not from/],
    ['a short name', 'bad-4', withImage('busybox'), /not from/],
    ['another tag of what was left out', 'bad-7', withImage('nginx:1.26'), /not from/],
    [
      'an init container',
      'bad-5',
      { initContainers: [{ name: 'i', image: 'quay.io/x/init:1' }], ...withImage(GOOD) },
      /quay\.io\/x\/init:1/,
    ],
    [
      'an image volume',
      'bad-6',
      { ...withImage(GOOD), volumes: [image('quay.io/x/volume:1')] },
      /quay\.io\/x\/volume:1/,
    ],
  ])('refuses %s', async (_, name, spec, words) => {
    for (const namespace of ['denied', 'labelled']) {
      const refused = await create(pod(name, namespace, spec));
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(words);
    }
  });

  it('refuses an ephemeral container that is added later', async () => {
    const debug = await plane.kubectl.run([
      '-n',
      'denied',
      'debug',
      'good-1',
      '--image=quay.io/x/debugger:1',
      '--container=d',
      '--',
      'true',
    ]);
    expect(debug.stderr).toMatch(/quay\.io\/x\/debugger:1/);
    const allowed = await plane.kubectl.run([
      '-n',
      'denied',
      'debug',
      'good-1',
      `--image=${GOOD}`,
      '--container=e',
      '--',
      'true',
    ]);
    expect(allowed.stderr).not.toMatch(/denied request/);
  });

  it('lets a pod from before it be labelled and deleted, but not take another image', async () => {
    await plane.kubectl('-n', 'denied', 'label', 'pod', 'old', 'a=b');
    const changed = await plane.kubectl.run(['-n', 'denied', 'set', 'image', 'pod/old', 'c=quay.io/x/new:1']);
    expect(changed.stderr).toMatch(/quay\.io\/x\/new:1/);
    await plane.kubectl('-n', 'denied', 'delete', 'pod', 'old', '--force');
  });

  it('warns where it is to warn, and leaves other namespaces alone', async () => {
    const warned = await create(pod('w', 'warned', withImage('quay.io/x/y:1')));
    expect(warned.status).toBe(0);
    expect(warned.stderr).toMatch(/Warning: .*quay\.io\/x\/y:1/);
    const free = await create(pod('f', 'free', withImage('quay.io/x/y:1')));
    expect(free).toMatchObject({ status: 0, stderr: '' });
  });

  const workloads: readonly [string, (name: string, image: string) => object][] = [
    ...['Deployment', 'DaemonSet', 'ReplicaSet'].map(
      (kind): [string, (name: string, image: string) => object] => [
        kind,
        (_, image) => ({
          apiVersion: 'apps/v1',
          kind,
          spec: { selector: { matchLabels: { app: 'a' } }, template: template(image) },
        }),
      ],
    ),
    [
      'StatefulSet',
      (name, image) => ({
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        spec: { serviceName: name, selector: { matchLabels: { app: 'a' } }, template: template(image) },
      }),
    ],
    ['Job', (_, image) => ({ apiVersion: 'batch/v1', kind: 'Job', spec: { template: once(image) } })],
    [
      'CronJob',
      (_, image) => ({
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: once(image) } } },
      }),
    ],
  ];
  const once = (image: string) => {
    const { spec, ...rest } = template(image);
    return { ...rest, spec: { ...spec, restartPolicy: 'Never' } };
  };

  it.each(workloads)('judges the template of a %s', async (kind, make) => {
    const name = kind.toLowerCase();
    const at = (namespace: string, image: string) =>
      create({ ...make(name, image), metadata: { name, namespace } });
    const foreign = /not from registry\.corp\.example\/che: quay\.io\/x\/y:1/;
    const warned = await at('warned', 'quay.io/x/y:1');
    expect(warned.status, warned.stderr).toBe(0);
    expect(warned.stderr).toMatch(foreign);
    const refused = await at('strict', 'quay.io/x/y:1');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(foreign);
    expect(await at('strict', GOOD)).toMatchObject({ status: 0, stderr: '' });
    expect(await at('denied', 'quay.io/x/y:1')).toMatchObject({ status: 0, stderr: '' });
  });

  it('leaves what a Deployment makes of its own template to the Deployment, and lets an old one be scaled', async () => {
    const old = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'old', namespace: 'warned' } };
    const spec = { selector: { matchLabels: { app: 'a' } }, template: template('quay.io/x/y:1') };
    expect((await create({ ...old, spec })).stderr).toMatch(/Warning/);
    const scaled = await plane.kubectl.run(['-n', 'warned', 'scale', 'deployment/old', '--replicas=2']);
    expect(scaled).toMatchObject({ status: 0, stderr: '' });
    const labelled = await plane.kubectl.run(['-n', 'warned', 'label', 'deployment/old', 'a=b']);
    expect(labelled).toMatchObject({ status: 0, stderr: '' });
    const { metadata } = await plane.kubectl.get<{ metadata: { uid: string } }>(
      '-n',
      'warned',
      'deployment',
      'old',
    );
    const made = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'of-old',
        namespace: 'warned',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old', uid: metadata.uid, controller: true },
        ],
      },
      spec,
    };
    expect(await create(made)).toMatchObject({ status: 0, stderr: '' });
  });

  describe('with a release', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'sallyport-guard-'));
    afterAll(() => rmSync(cwd, { recursive: true, force: true }));
    const run = (...args: readonly string[]) =>
      sallyport(args, { cwd, env: { KUBECONFIG: plane.kubeconfig, NO_COLOR: '1' } });
    const policies = async () =>
      (await plane.kubectl('get', 'validatingadmissionpolicies', '-o', 'name'))
        .split('\n')
        .filter((name) => name.includes('sallyport-guard'));

    it('is applied with it, refuses what it should, changes its mode, and goes when it is left out', async () => {
      const lock: Lock = {
        apiVersion: 'sallyport.dev/v1alpha1',
        kind: 'Lock',
        metadata: { name: 'guarded' },
        madeFrom: { inputs: [] },
        target: { prefix: PREFIX, naming: 'nested', reference: 'tag-and-digest' },
        platforms: [],
        images: [
          {
            reference: 'quay.io/x/app:1',
            digest: DIGEST as Digest,
            mediaType: 'application/vnd.oci.image.index.v1+json',
            size: 1,
            platforms: [],
            referrers: [],
            target: { repository: `${PREFIX}/app`, tag: '1' },
            uses: [],
          },
        ],
        excluded: [{ reference: FROM_HUB, reason: 'the nodes have it' }],
      };
      writeFileSync(join(cwd, 'sallyport.lock.yaml'), writeLock(lock));
      const objects = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guarded' } },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'app', namespace: 'guarded' },
          spec: { replicas: 0, selector: { matchLabels: { app: 'a' } }, template: template(GOOD) },
        },
      ];
      writeFileSync(
        join(cwd, 'release.json'),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      );
      const apply = (...more: readonly string[]) =>
        run('apply', '-f', 'release.json', '--release', 'guarded', '--no-wait', ...more);

      const planned = await run('diff', '-f', 'release.json', '--release', 'guarded', '--guard', 'deny');
      expect(planned.status, planned.stderr).toBe(3);
      expect(planned.stdout).toContain('+ ValidatingAdmissionPolicy sallyport-guard');
      const first = await apply('--guard', 'deny');
      expect(first.status, first.stderr).toBe(0);
      expect(await policies()).toHaveLength(3);
      await until(
        async () => (await plane.kubectl.run(['-n', 'guarded', 'get', 'sa', 'default'])).status === 0,
      );
      await untilDenied('guarded');
      const tried = await create(pod('foreign', 'guarded', withImage('quay.io/x/y:1')));
      expect(tried.stderr).toMatch(/not from registry\.corp\.example\/che/);
      expect(await create(pod('left-out', 'guarded', withImage('nginx:1.25')))).toMatchObject({ status: 0 });

      const base = withImage(`registry.corp.example/base/app@${DIGEST}`);
      expect((await create(pod('base', 'guarded', base))).status).not.toBe(0);

      expect((await apply('--guard', 'deny')).stdout).toContain('nothing changed');
      expect((await apply('--guard', 'deny', '--allow', 'registry.corp.example/base')).stdout).toMatch(
        /\d+ changed/,
      );
      await until(async () => (await create(pod('base', 'guarded', base))).status === 0);
      expect((await apply('--guard', 'warn')).stdout).toMatch(/\d+ changed/);
      await until(
        async () => (await create(pod('warned', 'guarded', withImage('quay.io/x/y:1')))).status === 0,
      );

      const left = await apply();
      expect(left.stdout).toContain('left: ValidatingAdmissionPolicy sallyport-guard');
      const pruned = await apply('--prune', '--yes');
      expect(pruned.status, pruned.stderr).toBe(0);
      expect(await policies()).toEqual([]);
      expect(await plane.kubectl('get', 'validatingadmissionpolicybindings', '-o', 'name')).not.toContain(
        'sallyport',
      );
    });

    it('says what is wrong with how it is asked for', async () => {
      const none = await run('apply', '-f', 'release.json', '--guard', 'warn', '--lock', 'no.yaml');
      expect(none).toMatchObject({ status: 1, stderr: expect.stringMatching(/no\.yaml.*does not exist/) });
      const alone = await run('apply', '-f', 'release.json', '--lock', 'sallyport.lock.yaml');
      expect(alone).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no --guard') });
      const idle = await run('diff', '-f', 'release.json', '--allow', 'registry.corp.example/base');
      expect(idle).toMatchObject({ status: 2, stderr: expect.stringMatching(/--allow is about the guard/) });
      writeFileSync(join(cwd, 'guard.yaml'), (await run('guard')).stdout);
      const twice = await run(
        'apply',
        '-f',
        'release.json',
        '-f',
        'guard.yaml',
        '--guard',
        'warn',
        '--no-wait',
      );
      expect(twice.stderr).toMatch(/the manifests bring a guard, and --guard makes one/);
    });
  });

  it('gives new pods the pull secret beside those that they have, where it is asked to', async () => {
    const kinds = await plane.kubectl('api-resources', '--api-group=admissionregistration.k8s.io');
    const [, apiVersion = ''] = /(\S+)\s+false\s+MutatingAdmissionPolicy\n/.exec(kinds) ?? [];
    const scope = { namespaces: [], labels: [{ part: 'users' }] };
    await plane.kubectl.apply(
      ...pullSecretPolicy({ name: 'secrets', apiVersion, scope, secret: 'registry-pull' }),
    );
    // The namespace comes later than the policy.
    await plane.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'later', labels: { part: 'users' } },
    });
    await until(async () => (await plane.kubectl.run(['-n', 'later', 'get', 'sa', 'default'])).status === 0);
    let made = 0;
    const secrets = async (spec: object) => {
      const name = `s${++made}`;
      expect(await create(pod(name, 'later', { ...spec, ...withImage(GOOD) }))).toMatchObject({ status: 0 });
      return plane.kubectl(
        '-n',
        'later',
        'get',
        'pod',
        name,
        '-o',
        'jsonpath={.spec.imagePullSecrets[*].name}',
      );
    };
    await expect.poll(() => secrets({}), { timeout: 30_000, interval: 500 }).toBe('registry-pull');
    expect(await secrets({ imagePullSecrets: [{ name: 'own' }] })).toBe('own registry-pull');
    expect(await secrets({ imagePullSecrets: [{ name: 'registry-pull' }] })).toBe('registry-pull');
    await plane.kubectl.apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'cleanup', namespace: 'later' },
      spec: { template: once(GOOD) },
    });
    const ofJob = ['-n', 'later', 'get', 'pods', '-l', 'batch.kubernetes.io/job-name=cleanup'];
    await expect
      .poll(() => plane.kubectl(...ofJob, '-o', 'jsonpath={.items[*].spec.imagePullSecrets[*].name}'), {
        timeout: 30_000,
      })
      .toBe('registry-pull');
  });

  it('puts copies in place of their sources where manifests are left as they are', async () => {
    const kinds = await plane.kubectl('api-resources', '--api-group=admissionregistration.k8s.io');
    const [, served = ''] = /(\S+)\s+false\s+MutatingAdmissionPolicy\n/.exec(kinds) ?? [];
    const apiVersion = MUTATING_VERSIONS.find((version) => version === served) ?? '';
    await plane.kubectl.apply(
      ...mutatingGuard({
        name: 'rewrite',
        apiVersion,
        scope: { namespaces: ['rewritten'], labels: [] },
        images: { 'quay.io/x/app:1': GOOD, 'quay.io/x/init:1': `${PREFIX}/init@${DIGEST}` },
      }),
    );
    const spec = {
      initContainers: [{ name: 'i', image: 'quay.io/x/init:1' }],
      containers: [
        { name: 'c', image: 'quay.io/x/app:1', env: [{ name: 'KEPT', value: 'yes' }], args: ['a'] },
        { name: 'other', image: 'quay.io/x/unknown:1' },
      ],
    };
    let made = 0;
    const images = async () => {
      const name = `m${++made}`;
      await plane.kubectl.apply(pod(name, 'rewritten', spec));
      const stored = await plane.kubectl.get<{
        spec: {
          containers: { image: string; env?: object[]; args?: string[] }[];
          initContainers: { image: string }[];
        };
      }>('-n', 'rewritten', 'pod', name);
      return [...stored.spec.initContainers, ...stored.spec.containers]
        .map((one) => one.image)
        .concat(JSON.stringify([stored.spec.containers[0]?.env, stored.spec.containers[0]?.args]));
    };
    await expect
      .poll(images, { timeout: 30_000, interval: 500 })
      .toEqual([
        `${PREFIX}/init@${DIGEST}`,
        GOOD,
        'quay.io/x/unknown:1',
        JSON.stringify([[{ name: 'KEPT', value: 'yes' }], ['a']]),
      ]);
    await plane.kubectl.apply(pod('alone', 'rewritten', withImage('quay.io/x/app:1')));
    expect(
      await plane.kubectl(
        '-n',
        'rewritten',
        'get',
        'pod',
        'alone',
        '-o',
        'jsonpath={.spec.containers[0].image}{.spec.initContainers}',
      ),
    ).toBe(GOOD);
  });
});
