import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sallyport } from '../support/cli.ts';
import type { Cluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import { developerImage, NEWER, type PlatformBench, type Relocated, startBench } from './harness/platform.ts';
import { BUILD_TIME } from './harness/tools.ts';
import { bringUser, untilPhase, workspace } from './harness/workspace.ts';

const NAMESPACE = 'eclipse-che';
const DOCTOR = ['doctor', '--cluster', '-f', 'out', '--lock', 'out/sallyport.lock.yaml'];

/** What runs on a real node, judged by the built program: the platform as it was applied, and what somebody slips in. */
describe.skipIf(skipWithout('node'))(`apply and verify of Che ${NEWER.version}`, () => {
  let bench: PlatformBench;
  let cluster: Cluster;
  let relocated: Relocated;

  beforeAll(async () => {
    bench = await startBench();
    cluster = bench.cluster;
    relocated = await bench.relocate(NEWER);
  }, BUILD_TIME);
  afterAll(() => bench?.stop());

  it('apply with a wrong password says what, where, why and what mends it; a second one converges', async () => {
    const file = join(relocated.out, 'secrets', 'pull-secrets.yaml');
    const right = readFileSync(file, 'utf8');
    const wrong = cluster.pullSecret({ name: 'registry-pull', namespace: NAMESPACE, password: 'old' });
    const data = Buffer.from(wrong.stringData['.dockerconfigjson']).toString('base64');
    writeFileSync(file, right.replaceAll(/(".dockerconfigjson": )".*"/g, `$1"${data}"`));
    const failed = await relocated.run(['apply', 'out', '--timeout', '25s']);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/Deployment cert-manager\/cert-manager: .*\n?.*refuse/);
    expect(failed.stderr).toMatch(/kubectl -n cert-manager create secret docker-registry registry-pull/);
    expect(failed.stderr).not.toContain('s3cret');
    writeFileSync(file, right);
    const applied = await relocated.run(['apply', 'out', '--timeout', '240s']);
    expect(applied.status, applied.stderr).toBe(0);
  });

  it('is content with the platform and with a workspace of a user', async () => {
    await bringUser(cluster, 'alice');
    await cluster.kubectl.apply(
      workspace({ namespace: 'alice', name: 'work', image: developerImage(relocated) }),
    );
    await untilPhase(cluster, 'alice', 'work', 'Running');
    const { status, stdout, stderr } = await verify();
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/containers in alice, cert-manager, devworkspace-controller, eclipse-che: /);
  });

  it('finds a pod that was slipped in from another registry, and discover offers it', async () => {
    await cluster.push('tools/miner:1');
    const image = `${cluster.registry.otherHost}/tools/miner:1`;
    await slipIn('slipped', image, [
      cluster.pullSecret({ name: 'other', namespace: NAMESPACE, host: cluster.registry.otherHost }),
    ]);
    const found = await verify();
    expect(found.status).toBe(3);
    expect(found.stdout).toMatch(/slipped/);
    expect(found.stdout).toContain(image);
    const discovered = await verify('--discover');
    expect(discovered.stdout).toContain(image);
    expect((await verify('--discover', '-o', 'name')).stdout).toBe(`${image}\n`);
    expect(JSON.parse((await verify('--discover', '-o', 'json')).stdout)).toMatchObject({
      images: [{ reference: image }],
    });
    await remove('slipped');
  });

  it('finds an image whose name is right and whose digest is not', async () => {
    const name = 'che/quay.io/eclipse/che-dashboard';
    const digest = await cluster.registry.push(
      `${name}:patched`,
      cluster.image({ seed: 'patched dashboard' }),
    );
    await slipIn('changed', `${cluster.registry.host}/${name}:${NEWER.version}@${digest}`);
    const found = await verify();
    expect(found.status).toBe(3);
    expect(found.stdout).toMatch(/changed/);
    expect(found.stdout).toContain(digest.slice(0, 19));
    await remove('changed');
  });

  it('finds a tag that was moved under a pod that asks for it by tag alone', async () => {
    const name = 'che/quay.io/eclipse/che-dashboard';
    const moved = cluster.image({ seed: 'another dashboard' });
    await cluster.registry.push(`${name}:${NEWER.version}`, moved);
    await slipIn('moved', `${cluster.registry.host}/${name}:${NEWER.version}`);
    const found = await verify();
    expect(found.status).toBe(3);
    expect(found.stdout).toMatch(/moved/);
    await remove('moved');
  });

  it('finds an ephemeral container in a pod that is right otherwise', async () => {
    const image = await cluster.push('tools/debug:1');
    const pods = await cluster.kubectl('-n', NAMESPACE, 'get', 'pods', '-o', 'name');
    const pod = pods.split('\n').find((line) => /^pod\/che-dashboard-/.test(line)) ?? '';
    await cluster.kubectl('-n', NAMESPACE, 'debug', pod, `--image=${image}`, '--container=peek');
    await expect.poll(async () => (await verify()).stdout, { timeout: 30_000 }).toMatch(/peek/);
    const report = await verify('-o', 'junit');
    expect(report.status).toBe(3);
    expect(report.stdout).toMatch(/<failure[^>]*>/);
    await cluster.kubectl('-n', NAMESPACE, 'delete', pod, '--grace-period=1');
  });

  it('never says verified where nothing runs', async () => {
    await cluster.kubectl('create', 'namespace', 'empty');
    const { status, stdout, stderr } = await verify('-n', 'empty');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/no pod runs in empty/);
  });

  it('finds a volume that is an image from another registry', async () => {
    await cluster.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'mounts', namespace: NAMESPACE },
      spec: {
        nodeSelector: { 'no-such': 'node' },
        containers: [{ name: 'main', image: 'quay.io/x/main:1' }],
        volumes: [{ name: 'slipped', image: { reference: 'quay.io/x/data:1' } }],
      },
    });
    const found = await verify();
    expect(found.status).toBe(3);
    expect(found.stdout).toMatch(/other registry +eclipse-che\/mounts volume slipped +quay\.io\/x\/data:1/);
    await remove('mounts');
  });

  it('is content again when they are gone', async () => {
    await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/che-dashboard', '--timeout=60s');
    await expect.poll(async () => (await verify()).status, { timeout: 30_000 }).toBe(0);
  });

  it('starts a workspace of its own, uses it, deletes it, sees the job after it, and leaves nothing behind', async () => {
    await cluster.kubectl.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'kubernetes.io/no-provisioner',
    });
    const { status, stdout, stderr } = await verify('--smoke', '--timeout', '120s');
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/✓ run a command in it {2}sh -c echo sallyport → sh/);
    expect(stdout).toMatch(/✓ clean up after it {2}cleanup-\S+ (?:ran|succeeded)/);
    expect(stdout).toMatch(/a workspace starts and stops/);
    expect(await cluster.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('sallyport-smoke');
  });

  it('takes everything away when it is interrupted in the middle', async () => {
    const trying = start('--smoke', '--timeout', '120s');
    await expect.poll(() => trying.said(), { timeout: 60_000 }).toMatch(/✓ smoke: make a namespace/);
    trying.interrupt();
    const { status, stderr } = await trying.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(
      /Namespace sallyport-smoke-\w+: is being removed; Ctrl-C now would leave it there/,
    );
    await expect
      .poll(() => cluster.kubectl('get', 'namespaces', '-o', 'name'), { timeout: 60_000 })
      .not.toContain('sallyport-smoke');
  });

  it('says why a workspace of its own does not start, and leaves nothing behind', async () => {
    const secret = JSON.parse(
      await cluster.kubectl('-n', 'devworkspace-controller', 'get', 'secret', 'registry-pull', '-o', 'json'),
    ) as object;
    await cluster.kubectl('-n', 'devworkspace-controller', 'delete', 'secret', 'registry-pull');
    // An image that is on the node already would start without a secret.
    const { status, stdout } = await verify(
      '--smoke',
      '--timeout',
      '60s',
      '--smoke-image',
      'quay.io/devfile/universal-developer-image:ubi9-latest',
    );
    await cluster.kubectl.apply(without(secret));
    expect(status, stdout).toBe(3);
    expect(stdout).toMatch(/✗ start a workspace/);
    expect(stdout).toMatch(/may not be read without credentials/);
    expect(await cluster.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('sallyport-smoke');
  });

  it('examines the cluster: what is there, the nodes, and a pull with the login of this machine', async () => {
    const { status, stdout, stderr } = await doctor();
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/ok +server +v1\.\d+/);
    expect(stdout).toMatch(/ok +rights +\d+ asked for/);
    expect(stdout).toMatch(/che-operator \S+ in eclipse-che, kept by sallyport/);
    expect(stdout).toMatch(/warning +ingress +no ingress class/);
    expect(stdout).toMatch(/ok +nodes +1 ready, linux\/amd64/);
    expect(stdout).toMatch(/ok +pull +\S+ pulled \S+@sha256:/);
    await expect
      .poll(async () => cluster.kubectl('get', 'namespaces', '-o', 'name'), { timeout: 60_000 })
      .not.toContain('sallyport-preflight');
  });

  it('says which rights a user lacks, and why a node cannot pull', async () => {
    const kubeconfig = cluster.kubeconfigFor({ user: 'guest', groups: ['visitors'] });
    const guest = await doctor('--kubeconfig', kubeconfig);
    expect(guest.status).toBe(3);
    expect(guest.stdout).toMatch(/failed +rights +may not .*create/);
    const wrong = join(relocated.out, '..', 'wrong-auth.json');
    const auth = Buffer.from('somebody:wrong').toString('base64');
    writeFileSync(wrong, JSON.stringify({ auths: { [cluster.registry.host]: { auth } } }));
    const { host, caFile } = cluster.registry;
    const refused = await relocated.run([
      ...DOCTOR,
      '--registry',
      `${host},caFile=${caFile},authFile=${wrong}`,
    ]);
    expect(refused.status).toBe(3);
    expect(refused.stdout).toMatch(/failed +pull/);
    expect(refused.stdout).toMatch(/refuses the user or the password/);
    expect(refused.stdout).not.toContain('wrong"');
  });

  it('goes on looking when it is told to, says what changes, and ends with Ctrl-C', async () => {
    const watching = start('--watch', '--every', '1s');
    const told = (words: RegExp) => watching.said().match(words)?.length ?? 0;
    await expect.poll(() => told(/^verified on/gm), { timeout: 30_000 }).toBe(1);
    await cluster.kubectl('-n', NAMESPACE, 'run', 'watched', '--image=quay.io/x/watched:1');
    await expect
      .poll(() => told(/other registry +eclipse-che\/watched/g), { timeout: 30_000 })
      .toBeGreaterThan(0);
    await remove('watched');
    await expect.poll(() => told(/^verified on/gm), { timeout: 30_000 }).toBe(2);
    watching.interrupt();
    expect((await watching.ended).status).toBe(130);
  });

  it('goes on where events may not be listed, and says so', async () => {
    const every = ['*'];
    await cluster.kubectl.apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'no-events' },
        rules: [
          {
            apiGroups: [''],
            resources: ['pods', 'pods/log', 'namespaces', 'nodes', 'secrets'],
            verbs: every,
          },
          {
            apiGroups: ['apps', 'batch', 'apiextensions.k8s.io', 'admissionregistration.k8s.io'],
            resources: every,
            verbs: every,
          },
          { apiGroups: ['workspace.devfile.io', 'org.eclipse.che'], resources: every, verbs: every },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'no-events' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'no-events' },
        subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'auditors' }],
      },
    );
    const auditor = cluster.kubeconfigFor({ user: 'auditor', groups: ['auditors'] });
    await cluster.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stuck', namespace: NAMESPACE },
      spec: {
        imagePullSecrets: [{ name: 'registry-pull' }],
        containers: [{ name: 'main', image: `${cluster.registry.host}/che/no/such:1` }],
      },
    });
    const looked = () => verify('--kubeconfig', auditor);
    await expect
      .poll(async () => (await looked()).stdout, { timeout: 60_000 })
      .toMatch(/is not in the registry/);
    const { status, stdout } = await looked();
    expect(status).toBe(3);
    expect(stdout).toMatch(/causes may be missing: Event in alice, .*Event in eclipse-che/);
    await remove('stuck');
  });

  // The last one: the platform does not come back from it.
  it('misses an operator whose namespace is gone, although nothing wrong runs', async () => {
    await cluster.kubectl('delete', 'namespace', 'devworkspace-controller', '--timeout=90s');
    const { status, stdout } = await verify();
    expect(status).toBe(3);
    expect(stdout).toMatch(
      /✗ Namespace devworkspace-controller: does not exist, .*quay\.io\/devfile\/devworkspace-controller/,
    );
  });

  function doctor(...more: readonly string[]) {
    return relocated.run([...DOCTOR, ...cluster.registry.flags, ...more]);
  }

  function verify(...more: readonly string[]) {
    return relocated.run(['verify', '--lock', 'out/sallyport.lock.yaml', ...cluster.registry.flags, ...more]);
  }

  /** The same, while it runs. */
  function start(...more: readonly string[]) {
    let text = '';
    let program: ChildProcess | undefined;
    const flags = ['--lock', 'out/sallyport.lock.yaml', ...cluster.registry.flags];
    const ended = sallyport(['verify', ...more, ...flags], {
      cwd: relocated.dir,
      env: { KUBECONFIG: cluster.kubeconfig },
      onStart: (child) => {
        program = child;
        for (const stream of [child.stdout, child.stderr])
          stream?.on('data', (chunk: Buffer) => {
            text += chunk.toString('utf8');
          });
      },
    });
    return { ended, said: () => text, interrupt: () => program?.kill('SIGINT') };
  }

  async function slipIn(name: string, image: string, secrets: readonly object[] = []): Promise<void> {
    const pull = [{ name: 'registry-pull' }, ...(secrets.length > 0 ? [{ name: 'other' }] : [])];
    await cluster.kubectl.apply(...secrets, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE },
      spec: { imagePullSecrets: pull, containers: [{ name: 'main', image, imagePullPolicy: 'Always' }] },
    });
    await cluster.kubectl('-n', NAMESPACE, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=60s');
  }

  async function remove(name: string): Promise<void> {
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'pod', name, '--grace-period=1');
  }
});

/** An object as it can be applied again: what the server wrote is left out. */
function without(object: object): object {
  const { metadata, ...rest } = object as { metadata: { name: string; namespace: string } };
  return { ...rest, metadata: { name: metadata.name, namespace: metadata.namespace } };
}
