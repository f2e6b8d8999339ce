import type { ClusterPlatform } from '../../facts/index.ts';
import { CERT_MANAGER_IMAGES } from '../cert-manager/images.ts';
import type { ImageRow } from '../image-row.ts';
import type { ProfileImage } from '../types.ts';

const OPERATOR =
  'eclipse-che/che-operator 7.121.0, deploy/deployment/kubernetes/combined.yaml and pkg/common/operator-defaults/defaults.go';
const DWO = 'devfile/devworkspace-operator v0.42.0, internal/images/image.go';

/** Read on 2026-11-23. */
export const CHE_IMAGES: readonly ImageRow[] = [
  {
    repository: /^quay\.io\/devfile\/devworkspace-controller$/,
    mark: 'always',
    group: 'control-plane',
    source: DWO,
  },
  {
    repository: /^quay\.io\/eclipse\/che-(?:operator|server|dashboard|-traefik)$/,
    mark: 'always',
    group: 'control-plane',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/che-incubator\/configbump$/,
    mark: 'always',
    group: 'control-plane',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/oauth2-proxy\/oauth2-proxy$/,
    mark: 'always',
    group: 'control-plane',
    platform: 'kubernetes',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/oauth2-proxy\/oauth2-proxy$/,
    mark: 'conditional',
    group: 'kubernetes',
    condition: 'on plain Kubernetes',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/openshift\/origin-(?:oauth-proxy|kube-rbac-proxy)$/,
    mark: 'always',
    group: 'control-plane',
    platform: 'openshift',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/openshift\/origin-(?:oauth-proxy|kube-rbac-proxy)$/,
    mark: 'conditional',
    group: 'openshift',
    condition: 'on OpenShift',
    source: OPERATOR,
  },
  {
    repository: /\/kube-rbac-proxy$|\/ose-kube-rbac-proxy$/,
    mark: 'always',
    group: 'control-plane',
    source: OPERATOR,
  },
  ...CERT_MANAGER_IMAGES,
  { repository: /^quay\.io\/devfile\/project-clone$/, mark: 'default', group: 'workspaces', source: DWO },
  {
    repository: /^registry\.access\.redhat\.com\/(?:ubi9\/ubi-micro|ubi8-micro)$/,
    mark: 'default',
    group: 'workspaces',
    source: `${DWO}; pkg/provision/storage/cleanup.go`,
  },
  {
    repository: /^quay\.io\/devfile\/universal-developer-image$/,
    mark: 'default',
    group: 'workspaces',
    source: `${OPERATOR}; editors-definitions`,
  },
  {
    repository: /^quay\.io\/devfile\/project-backup$/,
    mark: 'conditional',
    group: 'backup',
    condition: 'when workspaces are backed up or restored',
    source: 'devfile/devworkspace-operator v0.39.0, controllers/backupcronjob',
  },
  {
    repository: /\/che-(?:workspace|sidecar-workspace)-data-sync(?:-storage)?$/,
    mark: 'conditional',
    group: 'async-storage',
    condition: 'with asynchronous storage',
    source: `${DWO}; pkg/provision/storage/asyncstorage`,
  },
  {
    repository: /^quay\.io\/eclipse\/che-tls-secret-creator$/,
    mark: 'conditional',
    group: 'self-signed-tls',
    condition: 'when a TLS secret is named that does not exist',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/eclipse\/che-plugin-registry$/,
    mark: 'conditional',
    group: 'plugin-registry',
    condition: 'when openVSXURL is empty and the internal registry is enabled',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/eclipse\/che-devfile-registry$/,
    mark: 'conditional',
    group: 'devfile-registry',
    condition: 'when the internal devfile registry is enabled (before 7.90)',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/che-incubator\/che-openvsx$|^quay\.io\/sclorg\/postgresql-\d+-c9s$/,
    mark: 'conditional',
    group: 'openvsx',
    condition: 'when openVSXRegistry is enabled',
    source: OPERATOR,
  },
  {
    repository: /^quay\.io\/che-incubator\/header-rewrite-proxy$/,
    mark: 'conditional',
    group: 'unused',
    condition: 'not pulled as far as is known: the manifest names it and no code reads it',
    source: OPERATOR,
  },
  {
    repository: /^ghcr\.io\/dexidp\/dex$/,
    mark: 'conditional',
    group: 'minikube',
    condition: 'when chectl sets up minikube',
    source: 'che-incubator/chectl 7.121.0, resources/dex',
  },
  {
    repository: /^quay\.io\/wto\/web-terminal-tooling$/,
    mark: 'conditional',
    group: 'smoke-test',
    condition: 'when the sample workspace of the DevWorkspace Operator is started',
    source: 'devfile/devworkspace-operator v0.42.0, samples/plain.yaml',
  },
  {
    repository:
      /^quay\.io\/che-incubator\/(?:che-code|che-idea|che-pycharm|che-.+-server|chemuxer|che-code-sshd|che-editor-jupyter|code-server|dirigible.*|eclipse-broadway)(?:-.+)?$/,
    mark: 'conditional',
    group: 'editors',
    condition: 'when a user chooses this editor',
    source: 'eclipse-che/che-operator, editors-definitions',
  },
  {
    repository: /^quay\.io\/eclipse\/che-machine-exec$/,
    mark: 'conditional',
    group: 'web-terminal',
    condition: 'when the Web Terminal is used (DevWorkspace Operator before 0.20)',
    source: 'devfile/devworkspace-operator v0.19.0, RELATED_IMAGE_plugin_redhat_developer_web_terminal_4_5_0',
  },
];

/** Images that no manifest names, with the platform that they are for. */
export const CHE_UNNAMED_IMAGES: readonly (ProfileImage & { readonly platform?: ClusterPlatform })[] = [
  {
    reference: 'ghcr.io/dexidp/dex:v2.30.0',
    reason: 'chectl installs it on minikube',
    source: 'che-incubator/chectl 7.62.0–7.121.0, resources/dex',
    platform: 'kubernetes',
  },
  {
    reference: 'quay.io/wto/web-terminal-tooling:next',
    reason: 'the sample workspace that proves that workspaces start',
    source: 'devfile/devworkspace-operator v0.16.0–v0.43.0, samples/plain.yaml',
  },
];
