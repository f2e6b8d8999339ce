/** Components that settings may name. What each takes, and by which way, is a fact of the profile; a test holds both lists together. */
export const SETTING_COMPONENTS = [
  'devworkspace-controller',
  'devworkspace-webhook-server',
  'project-clone',
  'workspaces',
  'che-operator',
  'che-server',
  'che-dashboard',
  'plugin-registry',
  'che-gateway',
  'che-gateway-configbump',
  'che-gateway-oauth-proxy',
  'che-gateway-kube-rbac-proxy',
  'workspace-gateway',
] as const;

export type SettingComponent = (typeof SETTING_COMPONENTS)[number];

/** Kubernetes resource.Quantity, without the sign. */
export const QUANTITY = /^\d+(?:\.\d+)?(?:[mkMGTPE]|[KMGTPE]i)?$/;

type Amounts = Readonly<Record<string, string | number>>;

/** What is asked of one component. The names are Kubernetes' own but for `spread` and `disruptionBudget`. */
export interface ComponentSettings {
  readonly replicas?: number;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, string | number>>[];
  /** Pods are spread over nodes or zones, as far as that goes. */
  readonly spread?: readonly ('hostname' | 'zone')[];
  /** One of both; a number or a percentage. */
  readonly disruptionBudget?: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
}

export interface ProfileSettings {
  readonly components: Readonly<Partial<Record<SettingComponent, ComponentSettings>>>;
  /** URLs without credentials. */
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly no: readonly string[] };
  /** PEM file with the authorities of the company, relative to the configuration file. */
  readonly caBundle?: string;
}

/** Descriptions for the table of keys; `*` stands for a component or a name. */
export const SETTING_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    '': 'What your cluster asks of the components; what upstream does not allow is said when rendering.',
    components: 'Settings by component.',
    'components.*': 'Settings of this component.',
    'components.*.replicas': 'Number of pods.',
    'components.*.resources': 'Resources of its container; what is not named stays as upstream has it.',
    'components.*.resources.requests': 'What is reserved, by resource.',
    'components.*.resources.requests.*': 'Quantity such as `500m` or `2Gi`.',
    'components.*.resources.limits': 'What is allowed at the most, by resource.',
    'components.*.resources.limits.*': 'Quantity such as `500m` or `2Gi`.',
    'components.*.imagePullPolicy': 'When the node pulls the image.',
    'components.*.nodeSelector': 'Labels of the nodes that its pods run on.',
    'components.*.nodeSelector.*': 'Value of the label.',
    'components.*.tolerations': 'Taints of nodes that its pods tolerate.',
    'components.*.tolerations[].key': 'Key of the taint; left out with `Exists`, any.',
    'components.*.tolerations[].operator': 'How the value is compared.',
    'components.*.tolerations[].value': 'Value of the taint.',
    'components.*.tolerations[].effect': 'Effect of the taint; left out, any.',
    'components.*.tolerations[].tolerationSeconds': 'How long a pod stays under `NoExecute`.',
    'components.*.spread': 'Spread the pods over nodes (`hostname`) or zones.',
    'components.*.disruptionBudget': 'PodDisruptionBudget: how many pods a drained node may take away.',
    'components.*.disruptionBudget.minAvailable': 'Pods that stay, a number or a percentage.',
    'components.*.disruptionBudget.maxUnavailable': 'Pods that may go, a number or a percentage.',
    proxy: 'Proxy through which Che and workspaces reach other networks.',
    'proxy.http': 'URL for HTTP requests, without credentials.',
    'proxy.https': 'URL for HTTPS requests, without credentials.',
    'proxy.no': 'Hosts that are reached directly.',
    caBundle: 'Certificate authorities (PEM) that Che, the DevWorkspace Operator and workspaces trust.',
  }).map(([key, text]) => [`sources.profile.settings${key === '' ? '' : `.${key}`}`, text]),
);
