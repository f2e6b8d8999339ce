/** What names one object of a cluster. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for kinds of the whole cluster; for others the client's namespace is meant. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Which objects a rule is about; what is absent does not matter. */
export interface ObjectPattern {
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

/** What is known about a platform on a cluster and no manifest says. */
export interface ClusterFacts {
  /** Components that need each other, the first needed first. Objects of none come last. */
  readonly stages: readonly (Fact & { readonly name: string; readonly objects: readonly ObjectPattern[] })[];
  /** Custom resources that must be there before their own operator starts. */
  readonly early: readonly (Fact & { readonly objects: ObjectPattern })[];
  /** Objects that operators make at run time, and that the platform does not work without. A namespace given here is replaced by that of the object they follow. */
  readonly later: readonly (Fact & {
    readonly after: ObjectPattern;
    readonly expect: readonly ObjectName[];
  })[];
  /** CRDs that something else must have brought. */
  readonly needs: readonly (Fact & {
    readonly when: ObjectPattern;
    readonly crd: string;
    readonly hint: string;
  })[];
  /** Kinds of which a cluster takes one object. */
  readonly single: readonly (Fact & { readonly apiVersion: string; readonly kind: string })[];
  /** Where the version of a component stands; going back is refused. */
  readonly versions: readonly (Fact & {
    readonly component: string;
    readonly object: ObjectPattern;
    readonly container: string;
    /** Variable that holds the version; without it the tag of the image is taken. */
    readonly variable?: string;
  })[];
  /** What users have running, in one of these values of `status.phase`, and an operator restarts when its images change. */
  readonly restarts: readonly (Fact & {
    readonly when: ObjectPattern;
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
    /** Objects that must be ready wherever they are. */
    readonly ready: readonly (Fact & {
      readonly apiVersion: string;
      readonly kind: string;
      readonly only?: ObjectPattern;
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

export const NO_CLUSTER_FACTS: ClusterFacts = {
  stages: [],
  early: [],
  later: [],
  needs: [],
  single: [],
  versions: [],
  restarts: [],
  minimums: [],
  audit: { namespaces: [], userNamespaces: [], ready: [], answers: [], smoke: [], secrets: [] },
};
