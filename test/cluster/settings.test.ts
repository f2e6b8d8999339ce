import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import {
  developerImage,
  NEWER,
  type PlatformBench,
  type Relocated,
  relocateProfile,
  startBench,
} from './harness/platform.ts';
import { BUILD_TIME } from './harness/tools.ts';
import { bringUser, untilPhase, workspace } from './harness/workspace.ts';

const DWO = 'devworkspace-controller';
const CHE = 'eclipse-che';

/** Everywhere the same, so that what is read back can be told from what upstream says. */
const NODES = { 'kubernetes.io/os': 'linux' };
const TOLERATIONS = [{ key: 'corp.example/pool', operator: 'Equal', value: 'ide', effect: 'NoSchedule' }];
const PLACED = { nodeSelector: NODES, tolerations: TOLERATIONS };
const amounts = (memory: string) => ({
  requests: { cpu: '11m', memory },
  limits: { cpu: '900m', memory: '333Mi' },
});
const UNSPREAD = { ...PLACED, resources: amounts('21Mi'), imagePullPolicy: 'Always' };
const WHOLE = { ...UNSPREAD, disruptionBudget: { minAvailable: 1 } };

const SETTINGS = {
  components: {
    'devworkspace-controller': {
      ...WHOLE,
      replicas: 2,
      spread: ['hostname', 'zone'],
    },
    'devworkspace-webhook-server': {
      ...PLACED,
      replicas: 3,
      resources: amounts('22Mi'),
      disruptionBudget: { maxUnavailable: '34%' },
      imagePullPolicy: 'IfNotPresent',
      spread: ['zone'],
    },
    'project-clone': { resources: amounts('23Mi'), imagePullPolicy: 'IfNotPresent' },
    workspaces: { ...PLACED, resources: amounts('24Mi'), imagePullPolicy: 'IfNotPresent' },
    'che-operator': { ...WHOLE, replicas: 2, spread: ['hostname'] },
    'che-server': { ...WHOLE, replicas: 2, spread: ['hostname'] },
    'che-dashboard': WHOLE,
    'plugin-registry': WHOLE,
    'che-gateway': WHOLE,
    'che-gateway-configbump': { resources: amounts('25Mi'), imagePullPolicy: 'IfNotPresent' },
    'che-gateway-oauth-proxy': { resources: amounts('26Mi') },
    'che-gateway-kube-rbac-proxy': { resources: amounts('27Mi') },
    'workspace-gateway': { resources: amounts('28Mi'), imagePullPolicy: 'IfNotPresent' },
  },
  proxy: {
    http: 'http://proxy.corp.test:3128',
    https: 'http://proxy.corp.test:3128',
    no: ['.svc', '10.0.0.0/8'],
  },
  caBundle: 'company.pem',
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly resources: unknown;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: unknown;
  readonly tolerations?: readonly unknown[];
  readonly topologySpreadConstraints?: readonly { readonly topologyKey: string }[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}
interface Workload {
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: PodSpec } };
}

/** Everything that can be asked for, on upstream's real manifests and a real API server, and where it ends. */
describe.skipIf(skipWithout('node'))(`settings of Che ${NEWER.version}`, () => {
  let bench: PlatformBench;
  let cluster: Cluster;
  let relocated: Relocated;
  let authority: string;

  beforeAll(async () => {
    bench = await startBench();
    cluster = bench.cluster;
    authority = readFileSync(cluster.registry.caFile, 'utf8');
    relocated = await bench.relocate(
      { ...NEWER, certManager: 'none' },
      {
        'sallyport.yaml': JSON.stringify({
          apiVersion: 'sallyport.dev/v1alpha1',
          kind: 'Relocation',
          metadata: { name: 'settings' },
          sources: { profile: { name: 'che', version: NEWER.version, settings: SETTINGS } },
        }),
        'company.pem': authority,
      },
    );
  }, BUILD_TIME);
  afterAll(() => bench?.stop());

  const deployment = async (namespace: string, name: string) =>
    (await cluster.kubectl.get<Workload>('-n', namespace, 'deployment', name)).spec;
  const container = ({ template }: Workload['spec'], name: string) =>
    template.spec.containers.find((one) => one.name === name);

  it('says what upstream does not allow, with what happens instead', () => {
    for (const words of [
      /devworkspace-webhook-server\.imagePullPolicy: has no effect: the controller always writes Always/,
      /devworkspace-webhook-server\.spread: has no effect/,
      /che-server\.replicas: has no effect: .*kubectl scale deployment\/che -n eclipse-che --replicas=2/,
      /che-server\.spread: has no effect/,
    ])
      expect(relocated.said).toMatch(words);
  });

  it('needs the cert-manager that is left out, and says so', async () => {
    const { status, stderr } = await relocated.run(['apply', 'out', '--no-wait']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Install cert-manager first, or add it to the lock/);
  });

  it('uses a cert-manager that is there', async () => {
    const profile = ['--profile', 'cert-manager', `--version=${NEWER.certManager}`];
    const before = await relocateProfile({ ...bench, profile });
    const installed = await before.run(['apply', 'out', '--release', 'cert-manager', '--timeout', '120s']);
    expect(installed.status, installed.stderr).toBe(0);
    // Everything that comes up from here on does so under the guard.
    const { status, stderr } = await relocated.run(['apply', 'out', '--guard', 'deny', '--timeout', '240s']);
    expect(status, stderr).toBe(0);
    expect(await cluster.kubectl('-n', DWO, 'get', 'certificates', '-o', 'name')).toMatch(/serving-cert/);
  });

  it('reaches the two operators in their own Deployments', async () => {
    const controller = await deployment(DWO, 'devworkspace-controller-manager');
    const operator = await deployment(CHE, 'che-operator');
    for (const spec of [controller, operator]) {
      expect(spec.replicas).toBe(2);
      expect(spec.template.spec).toMatchObject(PLACED);
    }
    const expected = { resources: amounts('21Mi'), imagePullPolicy: 'Always' };
    expect(container(controller, 'devworkspace-controller')).toMatchObject(expected);
    expect(container(operator, 'che-operator')).toMatchObject(expected);
    const keys = ({ template }: Workload['spec']) =>
      template.spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    expect(keys(controller)).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
    expect(keys(operator)).toEqual(['kubernetes.io/hostname']);
  });

  it('reaches the webhook server through variables and the global configuration, read at the start', async () => {
    const { config } = await cluster.kubectl.get<{ config: Record<string, unknown> }>(
      '-n',
      DWO,
      'devworkspaceoperatorconfig',
      'devworkspace-operator-config',
    );
    expect(config).toEqual({
      webhook: { replicas: 3, ...PLACED },
      workspace: {
        projectClone: { resources: amounts('23Mi'), imagePullPolicy: 'IfNotPresent' },
        defaultContainerResources: amounts('24Mi'),
        imagePullPolicy: 'IfNotPresent',
      },
      routing: {
        proxyConfig: {
          httpProxy: SETTINGS.proxy.http,
          httpsProxy: SETTINGS.proxy.https,
          noProxy: '.svc,10.0.0.0/8',
        },
        tlsCertificateConfigmapRef: { name: 'company-ca-bundle', namespace: DWO },
      },
    });
    const server = await deployment(DWO, 'devworkspace-webhook-server');
    expect(server.replicas).toBe(3);
    expect(server.template.spec).toMatchObject(PLACED);
    expect(container(server, 'webhook-server')?.resources).toEqual(amounts('22Mi'));
  });

  it('reaches what the Che operator makes through the CheCluster, where the word is request', async () => {
    const { spec } = await cluster.kubectl.get<{ spec: Record<string, unknown> }>(
      '-n',
      CHE,
      'checluster',
      'eclipse-che',
    );
    const singular = (memory: string) => {
      const { requests, limits } = amounts(memory);
      return { request: requests, limits };
    };
    const plain = { resources: singular('21Mi'), imagePullPolicy: 'Always' };
    expect(spec).toMatchObject({
      components: {
        cheServer: {
          deployment: { ...PLACED, containers: [plain] },
          proxy: { url: 'http://proxy.corp.test', port: '3128', nonProxyHosts: ['.svc', '10.0.0.0/8'] },
        },
        dashboard: { deployment: { ...PLACED, containers: [plain] } },
        pluginRegistry: { deployment: { ...PLACED, containers: [plain] } },
      },
      networking: {
        auth: {
          gateway: {
            deployment: {
              ...PLACED,
              containers: [
                { name: 'gateway', ...plain },
                { name: 'configbump', resources: singular('25Mi'), imagePullPolicy: 'IfNotPresent' },
                { name: 'oauth-proxy', resources: singular('26Mi') },
                { name: 'kube-rbac-proxy', resources: singular('27Mi') },
              ],
            },
          },
        },
      },
      devEnvironments: {
        ...PLACED,
        imagePullPolicy: 'IfNotPresent',
        projectCloneContainer: { resources: singular('23Mi'), imagePullPolicy: 'IfNotPresent' },
        defaultContainerResources: amounts('24Mi'),
        gatewayContainer: { resources: singular('28Mi'), imagePullPolicy: 'IfNotPresent' },
      },
    });
    const expected = { resources: amounts('21Mi'), imagePullPolicy: 'Always' };
    for (const name of ['che', 'che-dashboard']) {
      const made = await deployment(CHE, name);
      expect(made.template.spec).toMatchObject(PLACED);
      expect(made.template.spec.containers).toMatchObject([expected]);
    }
    const gateway = await deployment(CHE, 'che-gateway');
    expect(gateway.template.spec.containers.map(({ name, resources }) => [name, resources])).toEqual([
      ['gateway', amounts('21Mi')],
      ['configbump', amounts('25Mi')],
      ['oauth-proxy', amounts('26Mi')],
      ['kube-rbac-proxy', amounts('27Mi')],
    ]);
  });

  it('holds the pods of each component together when nodes are drained', async () => {
    interface Budgets {
      readonly items: readonly {
        readonly metadata: { readonly name: string; readonly namespace: string };
        readonly spec: object;
        readonly status: { readonly expectedPods: number; readonly currentHealthy: number };
      }[];
    }
    const budgets = async () => {
      const { items } = await cluster.kubectl.get<Budgets>('poddisruptionbudgets', '-A');
      return Object.fromEntries(
        items.map(({ metadata, status }) => [metadata.name, [status.expectedPods, status.currentHealthy]]),
      );
    };
    // No plugin registry is made here: that is what its budget sees.
    await expect.poll(budgets, { timeout: 60_000, interval: 1000 }).toEqual({
      'devworkspace-controller': [2, 2],
      'devworkspace-webhook-server': [3, 3],
      'che-operator': [2, 2],
      'che-server': [1, 1],
      'che-dashboard': [1, 1],
      'che-gateway': [1, 1],
      'plugin-registry': [0, 0],
    });
  });

  it('gives the authorities of the company to those that ask for them by labels', async () => {
    for (const [namespace, label] of [
      [CHE, 'app.kubernetes.io/component=ca-bundle'],
      [DWO, 'controller.devfile.io/watch-configmap=true'],
    ] as const) {
      const { items } = await cluster.kubectl.get<{ items: readonly { data: Record<string, string> }[] }>(
        '-n',
        namespace,
        'configmaps',
        '-l',
        label,
      );
      expect(items.map(({ data }) => data)).toEqual([{ 'ca-bundle.pem': authority }]);
    }
  });

  it('lets every pod pull with a secret, those of operators and of users that come later included', async () => {
    await bringUser(cluster, 'alice');
    await cluster.kubectl.apply(
      workspace({ namespace: 'alice', name: 'set', image: developerImage(relocated), storage: 'ephemeral' }),
    );
    await untilPhase(cluster, 'alice', 'set', 'Running');
    const { items } = await cluster.kubectl.get<{
      items: readonly { metadata: { namespace: string; name: string }; spec: PodSpec }[];
    }>('pods', '-A');
    expect(items.length).toBeGreaterThan(12);
    const without = items.filter(({ spec }) => (spec.imagePullSecrets ?? []).length === 0);
    expect(without.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([]);
    const pod = items.find(({ metadata }) => metadata.namespace === 'alice')?.spec;
    expect(pod?.initContainers).toMatchObject([
      { name: 'project-clone', resources: amounts('23Mi'), imagePullPolicy: 'IfNotPresent' },
    ]);
    // What the devfile says of its memory wins over the default.
    expect(pod?.containers).toMatchObject([
      {
        resources: { requests: { cpu: '11m', memory: '32Mi' }, limits: { cpu: '900m', memory: '333Mi' } },
        imagePullPolicy: 'IfNotPresent',
      },
    ]);
  });

  it('is guarded: nothing else comes to run, neither with the platform nor with its users', async () => {
    for (const namespace of [DWO, CHE, 'alice']) {
      const foreign = ['-n', namespace, 'run', 'foreign', '--image=quay.io/x/y:1'];
      const { status, stderr } = await cluster.kubectl.run(foreign);
      expect(status).toBe(1);
      expect(stderr).toContain(`not from ${cluster.registry.host}/che: quay.io/x/y:1`);
    }
  });

  it('changes nothing when it is applied once more, and is verified', async () => {
    const again = await relocated.run(['apply', 'out', '--guard', 'deny', '--timeout', '60s']);
    expect(again.stdout).toContain('nothing changed');
    const verified = await relocated.run([
      'verify',
      '--lock',
      join('out', 'sallyport.lock.yaml'),
      '-n',
      `${DWO},${CHE},alice`,
      ...cluster.registry.flags,
    ]);
    expect(verified.status, `${verified.stdout}${verified.stderr}`).toBe(0);
  });
});
