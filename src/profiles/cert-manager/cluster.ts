import type { ClusterFacts } from '../../facts/index.ts';

export const CERT_MANAGER_CLUSTER: ClusterFacts = {
  stages: [
    {
      name: 'cert-manager',
      objects: [{ namespace: 'cert-manager' }, { labels: { 'app.kubernetes.io/instance': 'cert-manager' } }],
      reason: 'operators ask it for the certificates of their webhooks and wait for them',
      source: 'cert-manager/cert-manager v1.18.0, cert-manager.yaml: every object carries the label',
    },
  ],
  early: [],
  later: [],
  needs: [
    {
      when: { group: 'cert-manager.io' },
      crd: 'certificates.cert-manager.io',
      reason: 'certificates and issuers are cert-manager’s',
      hint: 'Install cert-manager first, or add it to the lock (--cert-manager VERSION).',
      source: 'cert-manager/cert-manager v1.18.0, cert-manager.yaml',
    },
  ],
  single: [],
  versions: [],
  restarts: [],
  minimums: [],
  audit: {
    namespaces: [
      {
        name: 'cert-manager',
        runs: 'quay.io/jetstack/cert-manager-controller',
        reason: 'its manifests are made for it',
        source: 'cert-manager/cert-manager v1.18.0, cert-manager.yaml',
      },
    ],
    userNamespaces: [],
    ready: [
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        groups: ['cert-manager.io', 'acme.cert-manager.io'],
        reason: 'no certificate is made without them',
        source: 'cert-manager/cert-manager v1.18.0, cert-manager.yaml',
      },
    ],
    answers: [],
    smoke: [],
    secrets: [],
  },
};
