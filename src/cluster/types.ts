import type { ObjectName } from '../facts/index.ts';

export type { ObjectName } from '../facts/index.ts';

/** A Kubernetes object as JSON, every field kept, known to us or not. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
  readonly [field: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

export interface ListQuery {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export interface CreateOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
}

export type PatchType = 'merge' | 'json' | 'strategic';

export interface PatchOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** E.g. `status`. */
  readonly subresource?: string;
}

/** One kind that the server knows (discovery). */
export interface ApiResource {
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Name in URLs, e.g. `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface KindCatalog {
  /** Undefined when the server has no such kind. Asks the server once per group and version. */
  find(apiVersion: string, kind: string, options?: CallOptions): Promise<ApiResource | undefined>;
  /** Every kind that the server prefers and lists. */
  all(options?: CallOptions): Promise<readonly ApiResource[]>;
  /** Forgets what was asked: after a CRD was applied. */
  refresh(): void;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface LogOptions extends CallOptions {
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** Of the container's last run. */
  readonly previous?: boolean;
}

export interface PodName {
  readonly namespace?: string;
  readonly name: string;
}

export interface ExecOptions extends CallOptions {
  readonly stdin?: Buffer;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * A Kubernetes API server through plain JSON: nothing is dropped because we do not know it. Every call throws the codes of
 * `client/failure.ts` with the object as subject, and `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`.
 */
export interface ClusterClient {
  /** Address of the API server. */
  readonly server: string;
  /** Name of the kubeconfig's context; `in-cluster` for a pod's own account. */
  readonly context: string;
  /** For objects that name none. */
  readonly namespace: string;
  readonly kinds: KindCatalog;
  version(
    options?: CallOptions,
  ): Promise<{ readonly gitVersion: string; readonly major: string; readonly minor: string }>;
  get(name: ObjectName, options?: CallOptions): Promise<KubeObject | undefined>;
  /** All pages. A kind that the server does not know throws `KIND_UNKNOWN`. */
  list(query: ListQuery, options?: CallOptions): Promise<readonly KubeObject[]>;
  /**
   * First every object that is there as `ADDED`, then what happens, until the signal ends it or the caller leaves the loop. Lost
   * connections are resumed; where the server has forgotten the place (410), everything is listed again.
   */
  watch(query: ListQuery, options?: CallOptions): AsyncIterable<WatchEvent>;
  /** Server-side apply of exactly this JSON; `metadata.managedFields` and server fields are the caller's to leave out. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  create(object: KubeObject, options?: CreateOptions): Promise<KubeObject>;
  /** Puts the whole object in place of what is there, guarded by its resourceVersion. */
  replace(object: KubeObject, options?: CreateOptions): Promise<KubeObject>;
  /** False when it was not there. Returns before finalizers are done. */
  delete(name: ObjectName, options?: DeleteOptions): Promise<boolean>;
  patch(name: ObjectName, patch: unknown, type: PatchType, options?: PatchOptions): Promise<KubeObject>;
  logs(pod: PodName, container: string, options?: LogOptions): Promise<string>;
  /** Runs a command in a container and waits for its end. */
  exec(
    pod: PodName,
    container: string,
    command: readonly string[],
    options?: ExecOptions,
  ): Promise<ExecResult>;
  /** A GET of any path, e.g. `/readyz`. */
  raw(path: string, options?: CallOptions): Promise<{ readonly status: number; readonly body: Buffer }>;
  close(): void;
}
