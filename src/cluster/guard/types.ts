/** `audit` writes it into the audit log, `warn` tells whoever makes the pod, `deny` refuses. */
export type GuardMode = 'audit' | 'warn' | 'deny';

/** Where a guard holds: namespaces by name, or by a label that they carry, now and later. */
export interface GuardScope {
  readonly namespaces: readonly string[];
  readonly labels: readonly Readonly<Record<string, string>>[];
}

export interface GuardRequest {
  /** Name of the objects: `sallyport-guard`. */
  readonly name: string;
  readonly scope: GuardScope;
}

export interface ValidateRequest extends GuardRequest {
  /** What happens to pods. */
  readonly mode: GuardMode;
  /** What happens to what pods are made from; undefined: nothing, it is not looked at. */
  readonly workloads?: GuardMode | undefined;
  /** Prefixes of references that may run, `registry.corp.example/che`; each ends at a `/`. */
  readonly prefixes: readonly string[];
  /** References that may run as they are written, in each of their spellings: what was left out of the relocation on purpose. */
  readonly exact: readonly string[];
}

export interface MutateRequest extends GuardRequest {
  /** Version of `admissionregistration.k8s.io` that the server has the kind in. */
  readonly apiVersion: string;
  /** What manifests write → what runs instead. */
  readonly images: Readonly<Record<string, string>>;
}
