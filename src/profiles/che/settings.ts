import type { ComponentFact, SettingFacts, SettingRow, SettingWay } from '../../facts/index.ts';

const DWO = 'devworkspace-controller';
const CHE = 'eclipse-che';

const DWO_SOURCE =
  'devfile/devworkspace-operator v0.42.0, apis/controller/v1alpha1/devworkspaceoperatorconfig_types.go';
const WEBHOOK_SOURCE = 'devfile/devworkspace-operator v0.42.0, pkg/webhook/deployment.go l.85-215';
const CHE_SOURCE =
  'eclipse-che/che-operator 7.121.0, api/v2/checluster_types.go; pkg/deploy/deployment.go OverrideDeployment';

const ownDeployment = (component: string, source: string): SettingRow[] => [
  ...(['replicas', 'resources', 'imagePullPolicy', 'nodeSelector', 'tolerations', 'spread'] as const).map(
    (setting): SettingRow => ({ component, setting, ways: [{ kind: 'deployment' }], source }),
  ),
  { component, setting: 'disruptionBudget', ways: [{ kind: 'budget' }], source: 'Kubernetes, policy/v1' },
];

/** A Deployment that the Che operator makes: containers, nodes and tolerations are fields of the CheCluster, the rest is not. */
const cheDeployment = (component: string, path: readonly string[], container: string): SettingRow[] => [
  ...cheContainer(component, path, container),
  ...(['nodeSelector', 'tolerations'] as const).map(
    (setting): SettingRow => ({
      component,
      setting,
      ways: [{ kind: 'cluster-object', path: [...path, setting] }],
      source: CHE_SOURCE,
    }),
  ),
  {
    component,
    setting: 'replicas',
    ways: [
      {
        kind: 'told',
        message: `the CheCluster has no field for it; the operator keeps what is set once with \`kubectl scale deployment/${component === 'che-server' ? 'che' : component} -n ${CHE} --replicas={value}\``,
      },
    ],
    source:
      'eclipse-che/che-operator 7.121.0, pkg/deploy/deployment.go, fields that the comparison ignores; eclipse-che/che#22067',
  },
  {
    component,
    setting: 'spread',
    ways: [
      {
        kind: 'told',
        message:
          'the CheCluster has no field for it, and the operator takes back what is changed in its Deployment',
      },
    ],
    source: CHE_SOURCE,
  },
  { component, setting: 'disruptionBudget', ways: [{ kind: 'budget' }], source: 'Kubernetes, policy/v1' },
];

const cheContainer = (component: string, path: readonly string[], container: string): SettingRow[] => [
  {
    component,
    setting: 'resources',
    ways: [{ kind: 'cluster-object', path, container, singular: true }],
    source: `${CHE_SOURCE}: json:"request"`,
  },
  {
    component,
    setting: 'imagePullPolicy',
    ways: [{ kind: 'cluster-object', path, container }],
    source: CHE_SOURCE,
  },
];

const GATEWAY = ['spec', 'networking', 'auth', 'gateway', 'deployment'];

const WEBHOOK_TOLD = (what: string): SettingWay => ({ kind: 'told', message: what });

const ROWS: readonly SettingRow[] = [
  ...ownDeployment(
    'devworkspace-controller',
    'devfile/devworkspace-operator v0.42.0, combined.yaml: leader election is on',
  ),
  ...(['replicas', 'nodeSelector', 'tolerations'] as const).map(
    (setting): SettingRow => ({
      component: 'devworkspace-webhook-server',
      setting,
      ways: [{ kind: 'operator-config', path: ['webhook', setting] }],
      source: `${WEBHOOK_SOURCE}; the field is webhook (the documentation says webhooks)`,
    }),
  ),
  {
    component: 'devworkspace-webhook-server',
    setting: 'resources',
    ways: [
      {
        kind: 'variables',
        of: 'devworkspace-controller',
        names: {
          'limits.memory': 'WEBHOOKS_SERVER_MEMORY_LIMIT',
          'requests.memory': 'WEBHOOKS_SERVER_MEMORY_REQUEST',
          'limits.cpu': 'WEBHOOKS_SERVER_CPU_LIMIT',
          'requests.cpu': 'WEBHOOKS_SERVER_CPU_REQUEST',
        },
      },
    ],
    source: WEBHOOK_SOURCE,
  },
  {
    component: 'devworkspace-webhook-server',
    setting: 'imagePullPolicy',
    ways: [WEBHOOK_TOLD('the controller always writes Always, at each of its starts')],
    source: 'devfile/devworkspace-operator v0.42.0, pkg/webhook/deployment.go l.121',
  },
  {
    component: 'devworkspace-webhook-server',
    setting: 'spread',
    ways: [
      WEBHOOK_TOLD(
        'the controller writes this Deployment anew at each of its starts and has no setting for it',
      ),
    ],
    source: 'devfile/devworkspace-operator v0.42.0, pkg/webhook/deployment.go l.49-58',
  },
  {
    component: 'devworkspace-webhook-server',
    setting: 'disruptionBudget',
    ways: [{ kind: 'budget' }],
    source: 'Kubernetes, policy/v1',
  },
  {
    component: 'project-clone',
    setting: 'resources',
    ways: [
      { kind: 'operator-config', path: ['workspace', 'projectClone', 'resources'] },
      {
        kind: 'cluster-object',
        path: ['spec', 'devEnvironments', 'projectCloneContainer', 'resources'],
        singular: true,
      },
    ],
    source: `${DWO_SOURCE}; ${CHE_SOURCE}`,
  },
  {
    component: 'project-clone',
    setting: 'imagePullPolicy',
    ways: [
      { kind: 'operator-config', path: ['workspace', 'projectClone', 'imagePullPolicy'] },
      {
        kind: 'cluster-object',
        path: ['spec', 'devEnvironments', 'projectCloneContainer', 'imagePullPolicy'],
      },
    ],
    source: `${DWO_SOURCE}; ${CHE_SOURCE}`,
  },
  {
    component: 'workspaces',
    setting: 'resources',
    ways: [
      { kind: 'operator-config', path: ['workspace', 'defaultContainerResources'] },
      { kind: 'cluster-object', path: ['spec', 'devEnvironments', 'defaultContainerResources'] },
    ],
    source: `${DWO_SOURCE}; ${CHE_SOURCE}: here the field is requests`,
  },
  {
    component: 'workspaces',
    setting: 'imagePullPolicy',
    ways: [
      { kind: 'operator-config', path: ['workspace', 'imagePullPolicy'] },
      { kind: 'cluster-object', path: ['spec', 'devEnvironments', 'imagePullPolicy'] },
    ],
    source: `${DWO_SOURCE}; ${CHE_SOURCE}`,
  },
  ...(['nodeSelector', 'tolerations'] as const).map(
    (setting): SettingRow => ({
      component: 'workspaces',
      setting,
      ways: [{ kind: 'cluster-object', path: ['spec', 'devEnvironments', setting] }],
      source: CHE_SOURCE,
    }),
  ),
  ...ownDeployment('che-operator', 'eclipse-che/che-operator 7.121.0, combined.yaml: --leader-elect'),
  ...cheDeployment('che-server', ['spec', 'components', 'cheServer', 'deployment'], ''),
  ...cheDeployment('che-dashboard', ['spec', 'components', 'dashboard', 'deployment'], ''),
  ...cheDeployment('plugin-registry', ['spec', 'components', 'pluginRegistry', 'deployment'], ''),
  ...cheDeployment('che-gateway', GATEWAY, 'gateway'),
  ...['configbump', 'oauth-proxy', 'kube-rbac-proxy'].flatMap((container) =>
    cheContainer(`che-gateway-${container}`, GATEWAY, container),
  ),
  {
    component: 'workspace-gateway',
    setting: 'resources',
    ways: [
      {
        kind: 'cluster-object',
        path: ['spec', 'devEnvironments', 'gatewayContainer', 'resources'],
        singular: true,
      },
    ],
    source: CHE_SOURCE,
  },
  {
    component: 'workspace-gateway',
    setting: 'imagePullPolicy',
    ways: [
      { kind: 'cluster-object', path: ['spec', 'devEnvironments', 'gatewayContainer', 'imagePullPolicy'] },
    ],
    source: CHE_SOURCE,
  },
];

const dwo = (name: string): Record<string, string> => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'devworkspace-operator',
});
const che = (component: string): Record<string, string> => ({
  'app.kubernetes.io/component': component,
  'app.kubernetes.io/name': 'che',
});

const COMPONENTS: readonly ComponentFact[] = [
  {
    name: 'devworkspace-controller',
    namespace: DWO,
    labels: dwo('devworkspace-controller'),
    deployment: { name: 'devworkspace-controller-manager', container: 'devworkspace-controller' },
  },
  { name: 'devworkspace-webhook-server', namespace: DWO, labels: dwo('devworkspace-webhook-server') },
  { name: 'project-clone', namespace: DWO },
  { name: 'workspaces', namespace: DWO },
  {
    name: 'che-operator',
    namespace: CHE,
    labels: { app: 'che-operator' },
    deployment: { name: 'che-operator', container: 'che-operator' },
  },
  { name: 'che-server', namespace: CHE, labels: che('che') },
  { name: 'che-dashboard', namespace: CHE, labels: che('che-dashboard') },
  { name: 'plugin-registry', namespace: CHE, labels: che('plugin-registry') },
  { name: 'che-gateway', namespace: CHE, labels: che('che-gateway') },
  { name: 'che-gateway-configbump', namespace: CHE },
  { name: 'che-gateway-oauth-proxy', namespace: CHE },
  { name: 'che-gateway-kube-rbac-proxy', namespace: CHE },
  { name: 'workspace-gateway', namespace: CHE },
];

export const CHE_SETTINGS: SettingFacts = {
  components: COMPONENTS,
  rows: ROWS,
  operatorConfig: {
    apiVersion: 'controller.devfile.io/v1alpha1',
    kind: 'DevWorkspaceOperatorConfig',
    name: 'devworkspace-operator-config',
    namespace: DWO,
    crd: 'devworkspaceoperatorconfigs.controller.devfile.io',
    source: `${DWO_SOURCE}: the global one has this name; its content stands under config, not spec`,
  },
  clusterObject: { crd: 'checlusters.org.eclipse.che' },
  caBundle: {
    name: 'company-ca-bundle',
    key: 'ca-bundle.pem',
    places: [
      {
        namespace: CHE,
        labels: {
          'app.kubernetes.io/part-of': 'che.eclipse.org',
          'app.kubernetes.io/component': 'ca-bundle',
        },
        reason: 'Che trusts what it finds by these labels, and mounts it into workspaces.',
        source: 'eclipse-che/che-docs, importing untrusted TLS certificates',
      },
      {
        namespace: DWO,
        labels: { 'controller.devfile.io/watch-configmap': 'true' },
        reason:
          'The DevWorkspace Operator trusts it when it fetches devfiles (config.routing.tlsCertificateConfigmapRef).',
        source: `${DWO_SOURCE}; pkg/cache/cache.go`,
      },
    ],
  },
};
