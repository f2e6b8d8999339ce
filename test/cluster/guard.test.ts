import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MUTATING_VERSIONS, mutatingGuard } from '../../src/cluster/guard/mutate.ts';
import type { GuardMode } from '../../src/cluster/guard/types.ts';
import { validatingGuard } from '../../src/cluster/guard/validate.ts';
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { skipWithout } from './harness/needs.ts';
import { BUILD_TIME } from './harness/tools.ts';

const PREFIX = 'registry.corp.example/che';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const GOOD = `${PREFIX}/app:1@${DIGEST}`;
const LEFT_OUT = 'quay.io/left/out:1';

const pod = (name: string, namespace: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
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
    for (const name of ['denied', 'warned', 'labelled', 'free', 'rewritten']) {
      await plane.kubectl('create', 'namespace', name);
      await until(async () => (await plane.kubectl.run(['-n', name, 'get', 'sa', 'default'])).status === 0);
    }
    await plane.kubectl('label', 'namespace', 'labelled', 'part=workspaces');
    const guard = (
      name: string,
      mode: GuardMode,
      scope: { namespaces?: string[]; labels?: Record<string, string>[] },
    ) =>
      validatingGuard({
        name,
        mode,
        prefixes: [PREFIX],
        exact: [LEFT_OUT],
        scope: { namespaces: scope.namespaces ?? [], labels: scope.labels ?? [] },
      });
    // A pod from before the guard: it may still be changed.
    expect((await create(pod('old', 'denied', withImage('quay.io/x/old:1')))).status).toBe(0);
    await plane.kubectl.apply(
      ...guard('deny', 'deny', { namespaces: ['denied'], labels: [{ part: 'workspaces' }] }),
      ...guard('warn', 'warn', { namespaces: ['warned'] }),
    );
    await untilDenied('denied');
    await untilDenied('labelled');
  }, BUILD_TIME);
  afterAll(() => plane?.stop());

  it('has policies that the server finds no fault with', async () => {
    for (const name of ['deny', 'warn']) {
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
