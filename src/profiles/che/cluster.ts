import type { ClusterFacts } from '../../facts/index.ts';

const DWO = 'devworkspace-controller';
const deployment = (namespace: string, name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace,
  name,
});

/** Verified on a cluster on 2026-11-23 with DWO v0.40.1 and Che 7.117.0 where nothing else is said. */
export const CHE_CLUSTER: ClusterFacts = {
  stages: [
    {
      name: 'devworkspace-operator',
      objects: [{ labels: { 'app.kubernetes.io/part-of': 'devworkspace-operator' } }, { namespace: DWO }],
      reason: 'che-operator needs its CRDs to start, and deploys nothing until it finds its pods',
      source: 'eclipse-che/che-operator 7.121.0, controllers/che/checluster_controller.go l.266-272',
    },
    {
      name: 'che-operator',
      objects: [
        {
          labels: {
            'app.kubernetes.io/part-of': 'che.eclipse.org',
            'app.kubernetes.io/component': 'che-operator',
          },
        },
        { kind: 'Deployment', name: 'che-operator' },
        // By name too: without the labels they would come after everything, and the operator waits for its certificate.
        { kind: 'Certificate', name: 'che-operator-serving-cert' },
        { kind: 'Issuer', name: 'che-operator-selfsigned-issuer' },
        { kind: 'Service', name: 'che-operator-service' },
        { group: 'admissionregistration.k8s.io', name: 'org.eclipse.che' },
      ],
      reason: 'its webhooks judge and convert the CheCluster',
      source: 'eclipse-che/che-operator 7.121.0, deploy/deployment/kubernetes/combined.yaml',
    },
    {
      name: 'che',
      objects: [{ group: 'org.eclipse.che' }],
      reason: 'it is what the operator works on',
      source: 'eclipse-che/che-operator 7.121.0',
    },
  ],
  early: [
    {
      objects: { group: 'controller.devfile.io', kind: 'DevWorkspaceOperatorConfig' },
      reason:
        'the controller reads replicas, tolerations and node selector of its webhook server from it at start only',
      source: 'devfile/devworkspace-operator v0.42.0, pkg/webhook/deployment.go l.85-114',
    },
  ],
  later: [
    {
      after: { kind: 'Deployment', name: 'devworkspace-controller-manager' },
      expect: [
        deployment(DWO, 'devworkspace-webhook-server'),
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'MutatingWebhookConfiguration',
          name: 'controller.devfile.io',
        },
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingWebhookConfiguration',
          name: 'controller.devfile.io',
        },
      ],
      reason:
        'the controller makes its webhook server at start; without it no workspace starts, and no exec works in the whole cluster',
      source: 'devfile/devworkspace-operator v0.42.0, main.go l.211, pkg/webhook; eclipse-che/che#21233',
    },
    {
      after: { group: 'org.eclipse.che', kind: 'CheCluster' },
      expect: [
        deployment('eclipse-che', 'che'),
        deployment('eclipse-che', 'che-dashboard'),
        deployment('eclipse-che', 'che-gateway'),
      ],
      reason: 'chePhase is derived from the che Deployment alone',
      source: 'eclipse-che/che-operator 7.121.0, pkg/deploy; CheCluster status',
    },
  ],
  needs: [
    {
      when: { group: 'org.eclipse.che', kind: 'CheCluster' },
      crd: 'checlusters.org.eclipse.che',
      reason: 'the Che operator brings it',
      hint: 'Apply the Che operator first.',
      source: 'eclipse-che/che-operator 7.121.0',
    },
    {
      when: { kind: 'Deployment', name: 'che-operator' },
      crd: 'devworkspaces.workspace.devfile.io',
      reason:
        'the DevWorkspace Operator brings it; without it che-operator does not start, and chectl with --skip-devworkspace-operator does not look',
      hint: 'Apply the DevWorkspace Operator first, or together with Che (the che profile has both).',
      source:
        'eclipse-che/che-operator 7.121.0, controllers/che/checluster_controller.go; che-incubator/chectl 7.121.0, devworkspace-operator-installer.ts',
    },
  ],
  single: [
    {
      apiVersion: 'org.eclipse.che/v2',
      kind: 'CheCluster',
      reason: 'a cluster takes one CheCluster; the operator’s validating webhook refuses a second one',
      source: 'eclipse-che/che-operator 7.121.0, api/v2/checluster_webhook.go',
    },
  ],
  versions: [
    {
      component: 'Eclipse Che',
      object: { kind: 'Deployment', name: 'che-operator' },
      container: 'che-operator',
      variable: 'CHE_VERSION',
      reason: 'upstream does not support going back to an older release',
      source: 'che-incubator/chectl 7.121.0, server:update; eclipse-che/che-docs, upgrading Che',
    },
    {
      component: 'the DevWorkspace Operator',
      object: { kind: 'Deployment', name: 'devworkspace-controller-manager' },
      container: 'devworkspace-controller',
      reason: 'the older one may not know fields that objects hold by now',
      source: 'devfile/devworkspace-operator, CRDs of the releases',
    },
  ],
  restarts: [
    {
      when: { kind: 'Deployment', name: 'devworkspace-controller-manager' },
      apiVersion: 'workspace.devfile.io/v1alpha2',
      kind: 'DevWorkspace',
      phases: ['Starting', 'Running'],
      reason:
        'pods of workspaces carry images of the controller (project-clone); with other ones they are made anew',
      source:
        'devfile/devworkspace-operator v0.42.0, pkg/library/projects/clone.go, pkg/provision/workspace/deployment.go',
    },
  ],
  minimums: [
    {
      component: 'Eclipse Che',
      major: 1,
      minor: 21,
      reason: 'the oldest release that its documentation names',
      source: 'eclipse-che/che-docs, antora.yml kube-ver-min',
    },
  ],
  audit: {
    namespaces: [
      {
        name: DWO,
        runs: 'quay.io/devfile/devworkspace-controller',
        reason: 'the manifests of the DevWorkspace Operator are made for it',
        source: 'devfile/devworkspace-operator v0.42.0, deploy/deployment/kubernetes/combined.yaml',
      },
      {
        name: 'eclipse-che',
        runs: 'quay.io/eclipse/che-operator',
        reason: 'the manifests of the Che operator bring it',
        source: 'eclipse-che/che-operator 7.121.0, deploy/deployment/kubernetes/combined.yaml',
      },
    ],
    userNamespaces: [
      {
        labels: {
          'app.kubernetes.io/part-of': 'che.eclipse.org',
          'app.kubernetes.io/component': 'workspaces-namespace',
        },
        reason: 'workspaces run there, with images from devfiles that no manifest names',
        source: 'eclipse-che/che-operator 7.121.0, build/scripts/minikube-tests/common.sh l.191-342',
      },
    ],
    ready: [
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        groups: ['workspace.devfile.io', 'controller.devfile.io', 'org.eclipse.che'],
        reason: 'established, and with the CA bundle of their conversion webhook',
        source: 'devfile/devworkspace-operator v0.42.0, eclipse-che/che-operator 7.121.0, combined.yaml',
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        only: { name: 'controller.devfile.io' },
        reason: 'no DevWorkspace is taken without it',
        source: 'devfile/devworkspace-operator v0.42.0, pkg/webhook/create.go',
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        only: { name: 'controller.devfile.io' },
        reason: 'the webhook server writes it, and its CA bundle, when it is up',
        source: 'devfile/devworkspace-operator v0.42.0, webhook/server/server.go',
      },
      {
        apiVersion: 'org.eclipse.che/v2',
        kind: 'CheCluster',
        reason: 'Active is what the operator calls it when it works',
        source: 'eclipse-che/che-operator 7.121.0, api/v2/checluster_types.go',
      },
    ],
    secrets: [
      {
        namespace: DWO,
        reason: 'the controller and the webhook server pull with it',
        source: 'Kubernetes, ServiceAccount.imagePullSecrets',
      },
    ],
    smoke: [
      {
        repository: 'quay.io/devfile/universal-developer-image',
        reason: 'the component of workspaces that name none',
        source:
          'eclipse-che/che-operator 7.121.0, combined.yaml, CHE_DEFAULT_SPEC_DEVENVIRONMENTS_DEFAULTCOMPONENTS',
      },
      {
        repository: 'quay.io/devfile/project-clone',
        reason: 'every workspace pulls it, and it has a shell',
        source: 'devfile/devworkspace-operator v0.42.0, project-clone/Dockerfile',
      },
    ],
    answers: [
      {
        apiVersion: 'workspace.devfile.io/v1alpha2',
        kind: 'DevWorkspace',
        spec: { started: false, routingClass: 'cluster', template: {} },
        reason: 'the webhook server must answer for every workspace that is made',
        source: 'devfile/devworkspace-operator v0.42.0, webhook/workspace/config.go',
      },
    ],
  },
};
