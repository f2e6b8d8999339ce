/** The parts of kubeconfig files that we use (k8s.io/client-go/tools/clientcmd/api/v1), merged. */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry<ClusterEntry>>;
  readonly users: ReadonlyMap<string, Entry<UserEntry>>;
  readonly contexts: ReadonlyMap<string, Entry<ContextEntry>>;
}

/** An entry knows the file it came from: relative paths in it are relative to that file's folder. */
export interface Entry<T> {
  readonly file: string;
  readonly value: T;
}

export interface ClusterEntry {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

export interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

export interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-groups'?: readonly string[];
  readonly exec?: ExecEntry;
  readonly 'auth-provider'?: { readonly name?: string };
}

export interface ExecEntry {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

/** What one request is authorised with. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Where they came from, for messages: `user admin (~/.kube/config)`. */
  readonly origin: string;
}

export interface CredentialSource {
  /** Throws `CREDENTIALS_INVALID`, `ABORTED`. */
  get(signal?: AbortSignal): Promise<Credentials>;
  /** After a 401: true when asking again may give others. */
  renew(): boolean;
}

/** Everything needed to talk to one cluster as one user. */
export interface ClusterAccess {
  readonly context: string;
  readonly server: URL;
  readonly namespace: string;
  readonly ca?: Buffer;
  readonly insecureSkipVerify: boolean;
  readonly serverName?: string;
  readonly proxy?: URL;
  readonly credentials: CredentialSource;
}
