import type { RuntimeFacts } from '../../facts/index.ts';
import { CHE_SETTINGS } from './settings.ts';

const DWO_NAMESPACE = 'devworkspace-controller';
const CHE_NAMESPACE = 'eclipse-che';
const PART_OF_CHE = { 'app.kubernetes.io/part-of': 'che.eclipse.org' } as const;

const CHE_ACCOUNTS = [
  { name: 'che', reason: 'che-server pulls with it; the operator creates it only when it is missing' },
  {
    name: 'che-dashboard',
    reason:
      'the dashboard pulls with it; the operator creates it only when it is missing (eclipse-che/che#22669)',
  },
  {
    name: 'che-gateway',
    reason: 'the gateway pulls with it; without the label the operator cannot see it and loops',
  },
  { name: 'che-tls-job-service-account', reason: 'the Job that makes a TLS secret pulls with it' },
] as const;

/** Verified on a cluster on 2026-11-23 with DWO v0.40.1 and Che 7.117.0. */
export const CHE_FACTS: RuntimeFacts = {
  arguments: [],
  settings: CHE_SETTINGS,
  namespaces: [
    {
      name: DWO_NAMESPACE,
      reason: 'the manifests of the DevWorkspace Operator are made for it and do not bring it',
      source: 'devfile/devworkspace-operator v0.42.0, deploy/deployment/kubernetes/combined.yaml',
    },
  ],
  accounts: [
    {
      namespace: DWO_NAMESPACE,
      name: 'devworkspace-webhook-server',
      labels: {
        'app.kubernetes.io/name': 'devworkspace-webhook-server',
        'app.kubernetes.io/part-of': 'devworkspace-operator',
      },
      madeBy: 'operator',
      reason:
        'the controller creates it without pull secrets at each start; with both labels an account that is there already is left alone',
      source: 'devfile/devworkspace-operator v0.42.0, pkg/webhook/service_account.go l.30-94',
    },
    ...CHE_ACCOUNTS.map(({ name, reason }) => ({
      namespace: CHE_NAMESPACE,
      name,
      labels: PART_OF_CHE,
      madeBy: 'operator' as const,
      reason,
      source: 'eclipse-che/che-operator 7.121.0, pkg/deploy SyncServiceAccountToCluster',
    })),
    {
      namespace: CHE_NAMESPACE,
      name: 'default',
      labels: {},
      madeBy: 'kubernetes',
      reason: 'the plugin registry and the Open VSX server and database pull with it',
      source: 'eclipse-che/che-operator 7.121.0, pkg/deploy',
    },
  ],
  pullSecrets: [
    {
      namespace: DWO_NAMESPACE,
      labels: {},
      reason: 'the controller and the webhook server pull with it',
      source: 'Kubernetes, ServiceAccount.imagePullSecrets',
    },
    {
      namespace: CHE_NAMESPACE,
      labels: {
        'app.kubernetes.io/part-of': 'che.eclipse.org',
        'app.kubernetes.io/component': 'workspaces-config',
        'controller.devfile.io/devworkspace_pullsecret': 'true',
        'controller.devfile.io/watch-secret': 'true',
        'controller.devfile.io/mount-to-devworkspace': 'false',
      },
      reason:
        'Che copies a secret with these labels into each user namespace, and workspaces pull with it; it is not mounted into them',
      source:
        'eclipse-che/che-operator 7.121.0, controllers/workspaceconfig/secret2sync.go; devfile/devworkspace-operator v0.42.0, pkg/provision/workspace/pull_secret.go, pkg/cache/cache.go',
    },
  ],
};
