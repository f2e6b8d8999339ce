import { beforeAll, describe, expect, it } from 'vitest';
import { type ProfileSettings, SETTING_COMPONENTS } from '../src/lock/index.ts';
import { CHE_SETTINGS } from '../src/profiles/che/settings.ts';
import { type ResolvedProfile, resolveProfile } from '../src/profiles/index.ts';
import { type RenderFile, type RenderOutput, render } from '../src/render/index.ts';
import { renderFile, renderInput } from './support/render-input.ts';
import { folderUpstream, hasRealUpstream, MINI_UPSTREAM, REAL_UPSTREAM } from './support/upstream.ts';

/** What companies ask of Che's components, rendered into upstream's manifests. */
const upstream = folderUpstream(hasRealUpstream ? REAL_UPSTREAM : MINI_UPSTREAM);
const latest = hasRealUpstream ? '7.121.0' : '7.999.0';
interface Prepared {
  readonly profile: ResolvedProfile;
  readonly files: readonly RenderFile[];
}
const profiles = new Map<string, Prepared>();

/** Looked through once, because that takes longest. */
async function prepare(version: string, devworkspaceOperator: string): Promise<Prepared> {
  const profile = await resolveProfile(
    'che',
    {
      version,
      devworkspaceOperator,
      certManager: 'none',
      platform: 'kubernetes',
      only: [],
      without: [],
      editors: [],
      force: true,
    },
    upstream,
    {},
  );
  const files = profile.inputs.map(({ role, path, bytes }) => renderFile(role, path, bytes));
  return { profile, files };
}

beforeAll(async () => {
  profiles.set(latest, await prepare(latest, 'auto'));
  if (hasRealUpstream) profiles.set('old', await prepare('7.117.0', '0.19.0'));
});

function rendered(
  settings: Partial<ProfileSettings>,
  more: { readonly cheCluster?: Record<string, unknown>; readonly which?: string } = {},
): RenderOutput {
  const prepared = profiles.get(more.which ?? latest);
  if (prepared === undefined) throw new Error('no profile');
  const { profile, files } = prepared;
  const { name, version, platform, facts } = profile;
  return render({
    ...renderInput(files, {
      platform: { name, version, platform, facts },
      ...(more.cheCluster === undefined ? {} : { render: { cheCluster: more.cheCluster } }),
    }),
    settings: { components: {}, ...settings },
    ...(settings.caBundle === undefined ? {} : { caBundle: '-----BEGIN CERTIFICATE-----\nAA==\n' }),
  });
}

const textOf = (output: RenderOutput, path: string) =>
  output.files.find((file) => file.path === path)?.bytes.toString('utf8') ?? '';
const errors = (output: RenderOutput) => output.findings.filter(({ level }) => level === 'error');
const CONTROLLER = 'manifests/20-devworkspace-operator.yaml';
const OPERATOR = 'manifests/30-che-operator.yaml';
const CLUSTER = 'manifests/40-che-cluster.yaml';
const OPERATOR_CONFIG = 'manifests/15-devworkspace-operator-config.yaml';

/** The lines that a settings run adds to a file. */
function added(path: string, settings: Partial<ProfileSettings>): string[] {
  const before = new Set(textOf(rendered({}), path).split('\n'));
  return textOf(rendered(settings), path)
    .split('\n')
    .filter((line) => !before.has(line))
    .map((line) => line.trim());
}

describe('settings', () => {
  it('know the components that the configuration lets name', () => {
    expect(CHE_SETTINGS.components.map(({ name }) => name).sort()).toEqual([...SETTING_COMPONENTS].sort());
    for (const { component } of CHE_SETTINGS.rows) expect(SETTING_COMPONENTS).toContain(component);
  });

  it('change nothing when nothing is asked', () => {
    const { files } = rendered({});
    expect(files.map(({ path }) => path)).not.toContain(OPERATOR_CONFIG);
  });

  it('reach the controller in its own Deployment', () => {
    const lines = added(CONTROLLER, {
      components: {
        'devworkspace-controller': {
          replicas: 2,
          resources: { limits: { memory: '6Gi' } },
          imagePullPolicy: 'IfNotPresent',
          nodeSelector: { pool: 'system' },
          tolerations: [{ key: 'system', operator: 'Exists' }],
          spread: ['hostname'],
        },
      },
    });
    for (const line of [
      'replicas: 2',
      'memory: "6Gi"',
      'pool: system',
      '- key: system',
      'topologyKey: kubernetes.io/hostname',
      'whenUnsatisfiable: ScheduleAnyway',
    ])
      expect(lines).toContain(line);
  });

  it('reach the webhook server, which the controller writes, through its variables and the operator’s configuration', () => {
    const output = rendered({
      components: {
        'devworkspace-webhook-server': {
          replicas: 3,
          resources: { limits: { memory: '400Mi' }, requests: { cpu: 1 } },
          nodeSelector: { pool: 'system' },
          tolerations: [{ operator: 'Exists' }],
        },
      },
    });
    expect(errors(output)).toEqual([]);
    expect(textOf(output, CONTROLLER)).toMatch(/WEBHOOKS_SERVER_MEMORY_LIMIT\n *value: "400Mi"/);
    expect(textOf(output, CONTROLLER)).toMatch(/WEBHOOKS_SERVER_CPU_REQUEST\n *value: "1"/);
    const config = textOf(output, OPERATOR_CONFIG);
    expect(config).toMatch(
      /name: devworkspace-operator-config\n {2}namespace: devworkspace-controller\nconfig:\n {2}webhook:\n {4}replicas: 3\n/,
    );
    expect(config).toMatch(/nodeSelector:\n {6}pool: system\n {4}tolerations:\n {4}- operator: Exists/);
  });

  it('put the operator’s configuration, and a copy of its CRD, before the controller', () => {
    const output = rendered({ components: { 'devworkspace-webhook-server': { replicas: 3 } } });
    const order = output.files.map(({ path }) => path).filter((path) => path.startsWith('manifests/'));
    expect(order.indexOf(OPERATOR_CONFIG)).toBeLessThan(order.indexOf(CONTROLLER));
    const readme = textOf(output, 'README.md');
    if (hasRealUpstream) {
      const copy = 'manifests/14-operator-config-crd-of-the-file-below.yaml';
      expect(textOf(output, CONTROLLER)).toContain(textOf(output, copy).trimEnd());
      expect(textOf(output, 'kustomization.yaml')).not.toContain(copy);
      expect(readme.indexOf(`-f ${copy}`)).toBeLessThan(readme.indexOf(`-f ${OPERATOR_CONFIG}`));
    }
    expect(readme.indexOf(`-f ${OPERATOR_CONFIG}`)).toBeLessThan(readme.indexOf(`-f ${CONTROLLER}`));
  });

  it('say request, not requests, where the CheCluster does, and only there', () => {
    const output = rendered({
      components: {
        'che-server': { resources: { requests: { memory: '1Gi' } } },
        'che-gateway': { resources: { limits: { memory: '1Gi' } } },
        'che-gateway-configbump': { resources: { requests: { cpu: '50m' } }, imagePullPolicy: 'Always' },
        'project-clone': { resources: { requests: { cpu: '100m' } } },
        workspaces: { resources: { requests: { memory: '512Mi' } } },
      },
    });
    expect(errors(output)).toEqual([]);
    const cluster = textOf(output, CLUSTER);
    expect(cluster).toMatch(
      /cheServer:\n *deployment:\n *containers:\n *- resources:\n *request:\n *memory: "1Gi"/,
    );
    expect(cluster).toMatch(/- name: gateway\n *resources:\n *limits:/);
    expect(cluster).toMatch(
      /- name: configbump\n *resources:\n *request:\n *cpu: "50m"\n *imagePullPolicy: Always/,
    );
    expect(cluster).toMatch(/projectCloneContainer:\n *resources:\n *request:/);
    expect(cluster).toMatch(/defaultContainerResources:\n *requests:/);
    expect(textOf(output, OPERATOR_CONFIG)).toMatch(/projectClone:\n *resources:\n *requests:/);
  });

  it('have fields in upstream’s own schemas, every one of them', () => {
    const components = Object.fromEntries(
      CHE_SETTINGS.components.map(({ name }) => [
        name,
        Object.fromEntries(
          CHE_SETTINGS.rows
            .filter(({ component }) => component === name)
            .map(({ setting }) => [setting, EVERY[setting]]),
        ),
      ]),
    );
    const output = rendered({
      components,
      proxy: { http: 'http://p.example:3128', https: 'http://p.example:3128', no: ['.svc'] },
      caBundle: 'ca.pem',
    });
    expect(errors(output)).toEqual([]);
    expect(output.closure.outside).toEqual([]);
    expect(output.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['manifests/06-disruption-budgets.yaml', 'manifests/07-ca-bundle.yaml']),
    );
  });

  it('that upstream overwrites are told with what happens instead', () => {
    const { findings } = rendered({
      components: {
        'devworkspace-webhook-server': { imagePullPolicy: 'IfNotPresent', spread: ['zone'] },
        'che-dashboard': { replicas: 2 },
      },
    });
    const told = findings.filter(({ subject }) => subject.includes('settings')).map(({ message }) => message);
    expect(told).toEqual([
      expect.stringMatching(/has no effect: the controller always writes Always/),
      expect.stringMatching(/has no effect: .* anew at each of its starts/),
      expect.stringMatching(/kubectl scale deployment\/che-dashboard -n eclipse-che --replicas=2/),
    ]);
  });

  it.each<[string, ProfileSettings['components'], RegExp]>([
    [
      'of a container that has no pods of its own',
      { 'project-clone': { replicas: 2 } },
      /project-clone takes resources, imagePullPolicy/,
    ],
    [
      'of a resource that has no variable',
      { 'devworkspace-webhook-server': { resources: { limits: { gpu: 1 } } } },
      /the controller takes limits\.memory/,
    ],
  ])('%s are errors', (_, components, message) => {
    expect(errors(rendered({ components })).map((finding) => finding.message)).toEqual([
      expect.stringMatching(message),
    ]);
  });

  it.skipIf(!hasRealUpstream)(
    'that this release has no field for are errors, because the API server would drop them',
    () => {
      const settings = { components: { 'devworkspace-webhook-server': { replicas: 3 } } };
      expect(errors(rendered(settings, { which: 'old' }))[0]?.message).toBe(
        'the DevWorkspaceOperatorConfig of this version has no config.webhook; the API server would drop it without a word',
      );
      const gpu = { components: { 'che-server': { resources: { limits: { 'example.com/gpu': 1 } } } } };
      expect(errors(rendered(gpu))[0]?.message).toMatch(
        /the CheCluster of this version has no spec\.components\.cheServer\..*example\.com\/gpu/,
      );
    },
  );

  it('and a patch of the user’s own may not contradict each other', () => {
    const components = { 'che-server': { resources: { limits: { memory: '2Gi' } } } };
    const patch = { spec: { components: { cheServer: { deployment: { containers: [{ env: [] }] } } } } };
    expect(() => rendered({ components }, { cheCluster: patch })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        subject: 'render.cheCluster: spec.components.cheServer.deployment.containers',
      }),
    );
    const other = { spec: { components: { cheServer: { debug: true } } } };
    expect(textOf(rendered({ components }, { cheCluster: other }), CLUSTER)).toMatch(/debug: true/);
  });

  it('of a proxy reach workspaces and Che', () => {
    const output = rendered({ proxy: { https: 'https://proxy.corp.example', no: ['.svc', '10.0.0.0/8'] } });
    expect(textOf(output, OPERATOR_CONFIG)).toMatch(
      /httpsProxy: https:\/\/proxy\.corp\.example\n *noProxy: "?\.svc,10\.0\.0\.0\/8"?/,
    );
    expect(textOf(output, CLUSTER)).toMatch(/proxy:\n *url: https:\/\/proxy\.corp\.example\n *port: "443"/);
  });

  it('give the Che operator what its Deployment has fields for', () => {
    const lines = added(OPERATOR, {
      components: {
        'che-operator': { replicas: 2, resources: { limits: { memory: '4Gi' } }, spread: ['zone'] },
      },
    });
    expect(lines).toContain('topologyKey: topology.kubernetes.io/zone');
    expect(lines).toContain('memory: "4Gi"');
  });
});

const EVERY = {
  replicas: 2,
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: 1, memory: '1Gi' } },
  imagePullPolicy: 'IfNotPresent',
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }],
  spread: ['hostname', 'zone'],
  disruptionBudget: { minAvailable: 1 },
} as const;
