/** What is known about a platform on a cluster and no manifest says. Every fact carries its source. */

export interface ObjectRule {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Fact {
  readonly reason: string;
  readonly source: string;
}

export interface ClusterFacts {
  /** Components in the order in which they need each other. */
  readonly stages: readonly (Fact & { readonly name: string; readonly objects: readonly ObjectRule[] })[];
  /** Custom resources that must be there before their own operator starts. */
  readonly early: readonly (Fact & { readonly objects: ObjectRule })[];
  /** Objects that operators make at run time. A namespace given here is replaced by that of the object they follow. */
  readonly later: readonly (Fact & {
    readonly after: ObjectRule;
    readonly expect: readonly {
      readonly apiVersion: string;
      readonly kind: string;
      readonly namespace?: string;
      readonly name: string;
    }[];
  })[];
  readonly needs: readonly (Fact & {
    readonly when: ObjectRule;
    readonly crd: string;
    readonly hint: string;
  })[];
  readonly single: readonly (Fact & { readonly apiVersion: string; readonly kind: string })[];
  readonly versions: readonly (Fact & {
    readonly component: string;
    readonly object: ObjectRule;
    readonly container: string;
    readonly variable?: string;
  })[];
  /** What users have running (by `status.phase`) and an operator restarts when its images change. */
  readonly restarts: readonly (Fact & {
    readonly when: ObjectRule;
    readonly apiVersion: string;
    readonly kind: string;
    readonly phases: readonly string[];
  })[];
  /** The oldest Kubernetes that a component runs on. */
  readonly minimums: readonly (Fact & {
    readonly component: string;
    readonly major: number;
    readonly minor: number;
  })[];
  /** What an audit looks at. */
  readonly audit: {
    /** Namespaces of the platform itself, where they exist; `runs` is the repository whose image runs there when the platform is whole. */
    readonly namespaces: readonly (Fact & { readonly name: string; readonly runs: string })[];
    /** Labels of namespaces that the platform makes for its users. */
    readonly userNamespaces: readonly (Fact & { readonly labels: Readonly<Record<string, string>> })[];
    /** Objects that must be ready, wherever they are: all of a kind, or those that the rule names. */
    readonly ready: readonly (Fact & {
      readonly apiVersion: string;
      readonly kind: string;
      readonly only?: ObjectRule;
      /** API groups of CRDs. */
      readonly groups?: readonly string[];
    })[];
    /** Repositories of images that a trial workspace can be made of, the best first. */
    readonly smoke: readonly (Fact & { readonly repository: string })[];
    /** Namespaces that hold the platform's own pull secret, the first first. */
    readonly secrets: readonly (Fact & { readonly namespace: string })[];
    /** Objects whose creation is tried without effect, because a webhook of the platform must answer for it. */
    readonly answers: readonly (Fact & {
      readonly apiVersion: string;
      readonly kind: string;
      readonly spec: Readonly<Record<string, unknown>>;
    })[];
  };
}
