/** How a setting of `sources.profile.settings` reaches what it is about. */
export type SettingWay =
  /** A field of the component's own Deployment, which the manifests hold. */
  | { readonly kind: 'deployment' }
  /** Variables of another component's container, by the path of the value. */
  | { readonly kind: 'variables'; readonly of: string; readonly names: Readonly<Record<string, string>> }
  /** A field of the operator's configuration object. */
  | { readonly kind: 'operator-config'; readonly path: readonly string[] }
  /** A field of the platform's main object; with `container`, of the item of that name in its list of containers (empty: the only one). */
  | {
      readonly kind: 'cluster-object';
      readonly path: readonly string[];
      readonly container?: string;
      /** `request` where Kubernetes says `requests`. */
      readonly singular?: boolean;
    }
  /** An object of its own. */
  | { readonly kind: 'budget' }
  /** Nothing can be done in manifests; the user is told what happens or what to do. `{value}` is the value asked for. */
  | { readonly kind: 'told'; readonly message: string };

export interface SettingRow {
  readonly component: string;
  readonly setting:
    | 'replicas'
    | 'resources'
    | 'imagePullPolicy'
    | 'nodeSelector'
    | 'tolerations'
    | 'spread'
    | 'disruptionBudget';
  readonly ways: readonly SettingWay[];
  readonly source: string;
}

export interface ComponentFact {
  readonly name: string;
  readonly namespace: string;
  /** Labels of its pods that no other pods have; absent for containers of workspace pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly deployment?: { readonly name: string; readonly container: string };
}

/** What settings of a platform can do. */
export interface SettingFacts {
  readonly components: readonly ComponentFact[];
  readonly rows: readonly SettingRow[];
  /** The operator's configuration object, whose `config` is written, and the CRD that says what it may hold. */
  readonly operatorConfig: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly crd: string;
    readonly source: string;
  };
  readonly clusterObject: { readonly crd: string };
  /** Namespaces that the company's authorities go to, with the labels by which they are found. */
  readonly caBundle: {
    readonly name: string;
    readonly key: string;
    readonly places: readonly {
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly reason: string;
      readonly source: string;
    }[];
  };
}
