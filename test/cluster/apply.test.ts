import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, PROGRAM, sallyport } from '../support/cli.ts';
import { bareEnvironment } from '../support/environment.ts';
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { skipWithout } from './harness/needs.ts';
import { NEWER, real, upstream } from './harness/platform.ts';
import { BUILD_TIME } from './harness/tools.ts';

type Json = Readonly<Record<string, unknown>>;

const configMap = (name: string, data: Json, namespace = 'demo'): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
const namespace = (name: string): Json => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const crd = (description = 'a widget', versions = ['v1']): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.demo.example' },
  spec: {
    group: 'demo.example',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: versions.map((name, index) => ({
      name,
      served: true,
      storage: index === versions.length - 1,
      schema: {
        openAPIV3Schema: { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true },
      },
    })),
  },
});
const widget = (size: number): Json => ({
  apiVersion: 'demo.example/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'demo' },
  spec: { size },
});
const deployment = (image: string, label = 'web'): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'demo' },
  spec: {
    selector: { matchLabels: { app: label } },
    template: { metadata: { labels: { app: label } }, spec: { containers: [{ name: 'web', image }] } },
  },
});

describe.skipIf(skipWithout('control-plane'))('diff, apply and rollback on a real API server', () => {
  let plane: ControlPlane;
  const cwd = mkdtempSync(join(tmpdir(), 'sallyport-apply-'));
  beforeAll(async () => {
    plane = await startControlPlane();
  }, BUILD_TIME);
  afterAll(async () => {
    await plane?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  /** Writes a folder of manifests, one file an object, in the order opposite to the one they need. */
  function folder(name: string, objects: readonly Json[]): string {
    rmSync(join(cwd, name), { recursive: true, force: true });
    mkdirSync(join(cwd, name));
    objects.forEach((object, index) => {
      writeFileSync(
        join(cwd, name, `${String(objects.length - index).padStart(3, '0')}.json`),
        JSON.stringify(object),
      );
    });
    return name;
  }
  const run = (
    args: readonly string[],
    kubeconfig = plane.kubeconfig,
    env: Record<string, string> = {},
  ): Promise<CliRun> => sallyport(args, { cwd, env: { KUBECONFIG: kubeconfig, NO_COLOR: '1', ...env } });
  const apply = (...args: readonly string[]) => run(['apply', ...args, '--no-wait']);
  const get = async (...args: readonly string[]): Promise<string> =>
    (await plane.kubectl.run(['get', '--ignore-not-found', ...args])).stdout.trim();

  describe('a small release', () => {
    const first = [
      namespace('demo'),
      crd(),
      configMap('a', { x: '1' }),
      configMap('b', { x: '1' }),
      widget(1),
      deployment('quay.io/a/b:1'),
    ];

    it('shows what would come, with what the server cannot judge yet', async () => {
      const { stdout, status, stderr } = await run(['diff', folder('one', first)]);
      expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
      expect(stdout).toContain('+ ConfigMap demo/a  (simulated: its namespace does not exist yet)');
      expect(stdout).toContain('+ Widget demo/one  (simulated: its kind comes with this apply)');
      expect(stdout).toContain('6 to create, 0 unchanged');
      expect(await get('namespace', 'demo')).toBe('');
    });

    it('applies it in order, whatever the order of the files', async () => {
      const { stdout, status, stderr } = await apply(folder('one', first));
      expect({ status, stderr: stderr.includes('error') }).toEqual({ status: 0, stderr: false });
      expect(stdout).toContain('6 objects: 6 created, 0 changed, 0 unchanged');
      expect(stdout).toContain('revision 1');
      expect(await get('widgets.demo.example', '-n', 'demo', '-o', 'name')).toBe('widget.demo.example/one');
    });

    it('changes nothing the second time, and says so', async () => {
      const again = await apply('one');
      expect(again.stdout).toContain('0 created, 0 changed, 6 unchanged');
      expect(again.stdout).toContain('nothing changed');
      const diff = await run(['diff', 'one']);
      expect([diff.status, diff.stdout]).toEqual([0, '6 unchanged\n']);
    });

    it('shows a change by its meaning and applies it', async () => {
      const second = [
        namespace('demo'),
        crd(),
        configMap('a', { x: '2' }),
        widget(2),
        deployment('quay.io/a/b:2'),
      ];
      const diff = await run(['diff', folder('two', second)]);
      expect(diff.status).toBe(3);
      expect(diff.stdout).toContain('data.x: 1 → 2');
      expect(diff.stdout).toContain(
        'spec.template.spec.containers[name=web].image: quay.io/a/b:1 → quay.io/a/b:2',
      );
      expect(diff.stdout).toContain('- ConfigMap demo/b  no longer in the manifests; --prune deletes it');
      const applied = await apply('two');
      expect(applied.stdout).toContain('3 changed, 2 unchanged');
      expect(applied.stdout).toContain('left: ConfigMap demo/b  not asked to remove it (--prune)');
    });

    it('deletes what is no longer wanted only when it is told to', async () => {
      const asked = await run(['apply', 'two', '--prune']);
      expect([asked.status, asked.stderr]).toEqual([2, expect.stringContaining('add --yes')]);
      expect(await get('configmap', 'b', '-n', 'demo', '-o', 'name')).toBe('configmap/b');
      const pruned = await apply('two', '--prune', '--yes');
      expect(pruned.stdout).toContain('1 deleted');
      expect(await get('configmap', 'b', '-n', 'demo')).toBe('');
    });

    it('never deletes a CRD that has objects, nor a namespace', async () => {
      const { stderr, stdout, status } = await apply(
        folder('three', [configMap('a', { x: '2' })]),
        '--prune',
        '--yes',
      );
      expect(status).toBe(0);
      expect(stderr).toContain('keep   Namespace demo');
      // Its only object goes with the same command, so the definition may go the next time.
      expect(stdout).toMatch(/left: Namespace demo/);
      expect(await get('namespace', 'demo', '-o', 'name')).toBe('namespace/demo');
    });

    it('brings every state back, one after the other', async () => {
      const third = await run(['rollback']);
      expect(third.stdout).toMatch(/undid revision \d+ .*restored/);
      expect(await get('widgets.demo.example', 'one', '-n', 'demo', '-o', 'jsonpath={.spec.size}')).toBe('2');
      expect((await run(['diff', 'two'])).stdout).toContain('5 unchanged');
      await run(['rollback']);
      expect(await get('configmap', 'b', '-n', 'demo', '-o', 'name')).toBe('configmap/b');
      await run(['rollback']);
      expect((await run(['diff', 'one'])).stdout).toContain('6 unchanged');
      const none = await run(['rollback']);
      expect([none.status, none.stderr]).toEqual([
        1,
        expect.stringContaining('no state before an apply is kept'),
      ]);
    });

    it('deletes nothing by a rollback without being told to', async () => {
      const release = ['--release', 'asked'];
      await apply(folder('asked', [configMap('asked', {})]), ...release);
      const asked = await run(['rollback', ...release]);
      expect([asked.status, asked.stderr]).toEqual([
        2,
        expect.stringContaining('this would delete 1 object,'),
      ]);
      expect(await get('configmap', 'asked', '-n', 'demo', '-o', 'name')).toBe('configmap/asked');
      const told = await run(['rollback', ...release, '--yes']);
      expect(told.stdout).toContain('0 objects restored, 1 removed');
      expect(await get('configmap', 'asked', '-n', 'demo')).toBe('');
    });

    it('is not refused for what a rollback of its own set', async () => {
      expect((await apply('two')).status).toBe(0);
    });

    it('keeps the values of Secrets out of everything it shows', async () => {
      const secret = (value: string): Json => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'demo' },
        stringData: { password: value },
      });
      await apply('-f', folder('s1', [secret('hunter-one')]), '--release', 'secrets');
      folder('s2', [secret('hunter-two')]);
      for (const output of ['table', 'json', 'yaml']) {
        const diff = await run(['diff', 's2', '--release', 'secrets', '-o', output, '--verbose']);
        expect(diff.status).toBe(3);
        expect(diff.stdout).toContain('masked');
        for (const value of ['hunter-one', 'hunter-two'])
          for (const text of [value, Buffer.from(value).toString('base64')])
            expect(diff.stdout + diff.stderr).not.toContain(text);
      }
    });
  });

  describe('what would break is refused before anything is applied', () => {
    it('an immutable selector', async () => {
      const { status, stderr } = await apply(
        folder('selector', [configMap('new', {}), deployment('quay.io/a/b:2', 'other')]),
      );
      expect(status).toBe(3);
      expect(stderr).toContain('Deployment demo/web: `spec.selector` cannot be changed');
      expect(stderr).toContain('kubectl delete -n demo deployment.apps/web --cascade=orphan');
      expect(await get('configmap', 'new', '-n', 'demo')).toBe('');
    });

    it('a CRD version in which objects are stored', async () => {
      const { status, stderr } = await apply(folder('stored', [crd('a widget', ['v2'])]));
      expect(status).toBe(3);
      expect(stderr).toContain(
        'CustomResourceDefinition widgets.demo.example: objects may still be stored in the version v1',
      );
    });
  });

  describe('when something is wrong', () => {
    const release = ['--release', 'wrong'];
    const good = () => folder('good', [namespace('wrong'), configMap('c', { x: '1' }, 'wrong')]);
    const converges = async (name = good()) => {
      const { status, stderr } = await apply(name, ...release);
      expect({ status, stderr }).toMatchObject({ status: 0 });
    };

    it('no rights: names the object, the right and how to look', async () => {
      const guest = plane.kubeconfigFor({ user: 'guest', groups: ['visitors'] });
      const { status, stderr } = await run(['apply', good(), '--no-wait'], guest);
      expect(status).toBe(1);
      expect(stderr).toMatch(/Namespace wrong|ConfigMap/);
      expect(stderr).toContain('kubectl auth can-i get');
    });

    it('expired credentials, and none', async () => {
      for (const [user, says] of [
        ['{token: expired}', 'does not accept the credentials'],
        ['{}', 'takes us for nobody'],
      ] as const) {
        const { status, stderr } = await run(['apply', good()], otherUser(user));
        expect(status).toBe(1);
        expect(stderr).toContain(says);
      }
    });

    it('an exec plugin that is missing', async () => {
      const user =
        '{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-login, installHint: Get it from your administrator.}}';
      const { status, stderr } = await run(['diff', good()], otherUser(user));
      expect(status).toBe(1);
      expect(stderr).toContain('the exec plugin `no-such-login` is not installed here');
      expect(stderr).toContain('Get it from your administrator.');
    });

    it('a kubeconfig or context that is not there', async () => {
      const missing = await run(['diff', good(), '--kubeconfig', 'none']);
      expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('does not exist')]);
      const context = await run(['diff', good(), '--context', 'prod']);
      expect([context.status, context.stderr]).toEqual([
        2,
        expect.stringContaining('there is no context prod; there are:'),
      ]);
    });

    it('the server away in the middle', async () => {
      const name = folder('middle', [namespace('wrong'), deploymentIn('wrong')]);
      const running = run(['apply', name, ...release, '--timeout', '5m']);
      await plane.kubectl('wait', '-n', 'wrong', 'deployment/web', '--for=create', '--timeout=60s');
      await plane.pause();
      const { status, stderr } = await running;
      await plane.resume();
      expect(status).toBe(1);
      expect(stderr).toContain('the API server cannot be reached');
      expect(stderr).toContain('the same command continues');
      await converges(name);
    });

    it('a webhook that is down', async () => {
      await plane.kubectl.apply(brokenWebhook());
      const { status, stderr } = await apply(
        folder('hooked', [configMap('c', { x: '2' }, 'wrong')]),
        ...release,
      );
      await plane.kubectl('delete', 'validatingwebhookconfiguration', 'broken');
      expect(status).toBe(1);
      expect(stderr).toContain('ConfigMap wrong/c: a webhook that the server must ask does not answer');
      expect(stderr).toContain('broken.demo.example');
      expect(stderr).toContain('kubectl -n wrong get endpointslices,pods');
      await converges('hooked');
    });

    it('another field manager', async () => {
      await plane.kubectl.apply(configMap('held', { x: 'theirs' }, 'wrong'));
      const name = folder('held', [configMap('held', { x: 'ours' }, 'wrong')]);
      const diff = await run(['diff', name, ...release]);
      expect(diff.stdout).toContain('conflict .data.x is held by test');
      const { status, stderr } = await apply(name, ...release);
      expect(status).toBe(1);
      expect(stderr).toContain(
        'ConfigMap wrong/held: another manager set what we want to set: .data.x (test)',
      );
      expect((await apply(name, ...release, '--force-conflicts')).status).toBe(0);
      await converges(name);
    });

    it('a namespace that is being deleted', async () => {
      await plane.kubectl.apply(namespace('going'), {
        ...configMap('stuck', {}, 'going'),
        metadata: { name: 'stuck', namespace: 'going', finalizers: ['demo.example/wait'] },
      });
      await plane.kubectl('delete', 'namespace', 'going', '--wait=false');
      const name = folder('going', [namespace('going'), configMap('c', {}, 'going')]);
      const { status, stderr } = await apply(name, ...release);
      expect(status).toBe(1);
      expect(stderr).toContain('Namespace going: is being deleted');
      await plane.kubectl(
        'patch',
        '-n',
        'going',
        'configmap',
        'stuck',
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":null}}',
      );
      await plane.kubectl('wait', 'namespace/going', '--for=delete', '--timeout=60s');
      await converges(name);
    });

    it('an object whose finalizer nobody removes', async () => {
      const object = {
        ...configMap('blocked', {}, 'wrong'),
        metadata: { name: 'blocked', namespace: 'wrong', finalizers: ['demo.example/gone'] },
      };
      await plane.kubectl.apply(object);
      await plane.kubectl('delete', '-n', 'wrong', 'configmap', 'blocked', '--wait=false');
      const name = folder('blocked', [configMap('blocked', { x: '1' }, 'wrong')]);
      const { status, stderr } = await apply(name, ...release);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /ConfigMap wrong\/blocked: is being deleted since .* waits for its finalizers: demo.example\/gone/,
      );
      const command = /kubectl (patch .*) --type=merge/.exec(stderr)?.[1] ?? '';
      await plane.kubectl(...command.split(' '), '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
      await converges(name);
    });

    it('a CRD that is too large', async () => {
      const { status, stderr } = await apply(folder('large', [crd('x'.repeat(2_200_000))]), ...release);
      expect(status).toBe(1);
      expect(stderr).toContain(
        'CustomResourceDefinition widgets.demo.example: the object is larger than the cluster stores',
      );
      await converges(folder('large', [crd('x'.repeat(600_000))]));
    });

    it('a kind that nobody brings', async () => {
      const { status, stderr } = await apply(
        folder('unknown', [{ ...widget(1), apiVersion: 'other.example/v1' }]),
        ...release,
      );
      expect(status).toBe(1);
      expect(stderr).toContain('other.example/v1 Widget: the cluster knows no such kind');
    });

    it('undoes a failed apply when it is told to', async () => {
      await converges();
      const name = folder('undo', [
        configMap('c', { x: 'changed' }, 'wrong'),
        configMap('fresh', {}, 'wrong'),
        { ...deploymentIn('wrong'), spec: { replicas: -1 } },
      ]);
      const { status, stderr } = await apply(name, ...release, '--rollback-on-failure');
      expect(status).toBe(1);
      expect(stderr).toContain('rolled back: 1 object restored, 1 removed');
      expect(await get('configmap', 'c', '-n', 'wrong', '-o', 'jsonpath={.data.x}')).toBe('1');
      expect(await get('configmap', 'fresh', '-n', 'wrong')).toBe('');
    });

    it('says what was not ready and what it waits for; the same command goes on', async () => {
      const { status, stderr } = await run([
        'apply',
        folder('slow', [deploymentIn('wrong', 'other')]),
        ...release,
        '--timeout',
        '3s',
      ]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/Deployment wrong\/other: 0 of 1 replicas are available/);
      expect(stderr).toContain('kubectl describe -n wrong deployment.apps/other');
      await converges('slow');
    });

    const deploymentIn = (where: string, name = 'web'): Json => ({
      ...deployment('quay.io/a/b:1'),
      metadata: { name, namespace: where },
    });

    function otherUser(user: string): string {
      const path = join(cwd, 'other.yaml');
      const admin = plane.server;
      writeFileSync(
        path,
        `{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: "${admin}", insecure-skip-tls-verify: true}}], users: [{name: u, user: ${user}}]}`,
      );
      return path;
    }

    function brokenWebhook(): Json {
      return {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'broken' },
        webhooks: [
          {
            name: 'broken.demo.example',
            clientConfig: { service: { name: 'hook', namespace: 'wrong' } },
            failurePolicy: 'Fail',
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'wrong' } },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
          },
        ],
      };
    }
  });

  describe.skipIf(!real)('the real manifests of Che', () => {
    const manifest = (path: string) => join(upstream, path);
    const che = manifest(
      `eclipse-che/che-operator/${NEWER.version}/deploy/deployment/kubernetes/combined.yaml`,
    );
    const cheCluster = manifest(
      `eclipse-che/che-operator/${NEWER.version}/deploy/deployment/kubernetes/org_v2_checluster.yaml`,
    );
    const dwo = manifest(
      `devfile/devworkspace-operator/${NEWER.dwo}/deploy/deployment/kubernetes/combined.yaml`,
    );
    const certManager = manifest(
      `cert-manager/cert-manager/releases/download/${NEWER.certManager}/cert-manager.yaml`,
    );
    const release = ['--release', 'che'];

    it('want cert-manager, and the DevWorkspace Operator', async () => {
      const bare = await run(['apply', '-f', che, ...release]);
      expect([bare.status, bare.stderr]).toEqual([
        1,
        expect.stringContaining('cert-manager.io/v1 Certificate: the cluster knows no such kind'),
      ]);
      expect(bare.stderr).toContain('Install cert-manager first');
      const definitions = (await readFile(certManager, 'utf8'))
        .split(/^---$/m)
        .filter((text) => /^kind: CustomResourceDefinition/m.test(text));
      await plane.kubectl.apply(...definitions);
      await plane.kubectl.established('certificates.cert-manager.io');
      const without = await run(['apply', '-f', che, ...release]);
      expect(without.status).toBe(3);
      expect(without.stderr).toContain(
        'Deployment eclipse-che/che-operator: needs the kind devworkspaces.workspace.devfile.io, which is not there',
      );
      expect(without.stderr).toContain('Apply the DevWorkspace Operator first');
      expect(await get('namespace', 'eclipse-che')).toBe('');
    });

    it('are accepted whole, CRDs above the annotation limit included, and once more without a change', async () => {
      writeFileSync(join(cwd, 'dwo-namespace.json'), JSON.stringify(namespace('devworkspace-controller')));
      const all = ['-f', 'dwo-namespace.json', '-f', dwo, '-f', che, ...release];
      const first = await apply(...all);
      expect({ status: first.status, stderr: first.status === 0 ? '' : first.stderr }).toEqual({
        status: 0,
        stderr: '',
      });
      await plane.kubectl.established('checlusters.org.eclipse.che');
      expect((await apply(...all)).stdout).toContain('nothing changed');
      expect((await run(['diff', ...all])).status).toBe(0);
    });

    it('allow one CheCluster in a cluster', async () => {
      await plane.kubectl('delete', 'mutatingwebhookconfiguration', 'org.eclipse.che');
      await plane.kubectl('delete', 'validatingwebhookconfiguration', 'org.eclipse.che');
      expect((await apply('-f', cheCluster, '--release', 'instance')).status).toBe(0);
      const second = (await readFile(cheCluster, 'utf8')).replace('name: eclipse-che', 'name: second');
      writeFileSync(join(cwd, 'second.yaml'), second);
      const refused = await apply('-f', 'second.yaml', '--release', 'second');
      expect(refused.status).toBe(3);
      expect(refused.stderr).toContain(
        'CheCluster eclipse-che/second: there is CheCluster eclipse-che/eclipse-che already',
      );
    });

    it('stop on Ctrl-C, say so, and go on later', async () => {
      const child = spawn(process.execPath, [PROGRAM, 'apply', '-f', dwo, ...release, '--timeout', '5m'], {
        cwd,
        env: { ...bareEnvironment(cwd), KUBECONFIG: plane.kubeconfig },
      });
      let stderr = '';
      const waiting = new Promise<void>((done) => {
        child.stderr.on('data', (chunk: Buffer) => {
          stderr += chunk.toString('utf8');
          if (stderr.includes('wait for devworkspace-operator')) done();
        });
      });
      await waiting;
      child.kill('SIGINT');
      const status = await new Promise((done) => child.once('close', done));
      expect([status, stderr]).toEqual([130, expect.stringContaining('the same command continues')]);
      expect((await apply('-f', dwo, ...release)).status).toBe(0);
    });
  });
});
