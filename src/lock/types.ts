import type { ClusterPlatform, ImageMark } from '../facts/index.ts';
import type { Digest, Naming } from '../oci/index.ts';
import type { ProfileSettings } from './settings.ts';

/** `sallyport.yaml` after reading: every default filled in. The written shape is in `config-schema.ts`. */
export interface Config {
  readonly apiVersion: 'sallyport.dev/v1alpha1';
  readonly kind: 'Relocation';
  readonly metadata: { readonly name: string };
  readonly sources: Sources;
  /** `os/arch[/variant]`; empty means all. */
  readonly platforms: readonly string[];
  /** Per host as it stands in references (`docker.io` for Docker Hub). */
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  readonly target?: TargetConfig;
  readonly render: RenderConfig;
  /** What the file itself says; everything else above is a default, which flags may replace. */
  readonly written?: WrittenConfig;
}

export interface WrittenConfig {
  readonly file: string;
  /** Key path (`/target/naming`, `/registries/quay.io/mirror`) to `line:column` of each key that stands in the file. */
  readonly places: ReadonlyMap<string, string>;
}

export interface Sources {
  readonly profile?: ProfileConfig;
  /** Paths and globs, relative to the configuration file. */
  readonly manifests: readonly string[];
  readonly images: readonly ReasonedReference[];
  readonly exclude: readonly ReasonedReference[];
}

export interface ReasonedReference {
  readonly reference: string;
  readonly reason: string;
}

export interface ProfileConfig {
  readonly name: string;
  readonly version: string;
  /** `auto` finds the one that belongs to the version; else an explicit version. */
  readonly devworkspaceOperator: string;
  readonly platform: ClusterPlatform;
  /** Base URL of the raw file host, or a folder with the same layout. */
  readonly upstream?: string;
  /** `auto` (the version that chectl installs), an explicit version, or `none`. */
  readonly certManager: string;
  /** Marks of images to take; empty means all. */
  readonly only: readonly ImageMark[];
  /** Groups to leave out, each `group` or `group=member,member`. */
  readonly without: readonly string[];
  /** Editors to keep (`name` or `name/version`); empty means all. */
  readonly editors: readonly string[];
  readonly settings: ProfileSettings;
}

export interface RegistryConfig {
  /** `host/path` that stands for the host: read there and nowhere else. */
  readonly mirror?: string;
  readonly plainHttp?: boolean;
  /** Switches certificate checks off; said aloud at each run. */
  readonly insecureSkipVerify?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** docker config.json or podman auth.json to look credentials up in. */
  readonly authFile?: string;
  /** Requests in flight at the most. */
  readonly concurrency?: number;
}

export interface TargetConfig {
  readonly prefix: string;
  readonly naming: Naming;
  /** How references are written into manifests. */
  readonly reference: 'tag-and-digest' | 'digest' | 'tag';
  /** Absent: the registry lets nodes pull without (`none` in the file or flag); `registry-pull` when nothing is said. */
  readonly pullSecret?: PullSecretConfig;
}

export interface PullSecretConfig {
  readonly name: string;
}

export interface RenderConfig {
  /** Open VSX registry: empty switches it off. Undefined means closed too: a private registry mostly means a closed network. */
  readonly openVSXURL?: string;
  /** Devfile registries; empty removes upstream's. Undefined means none, as above. */
  readonly externalDevfileRegistries?: readonly string[];
  /** `spec.networking.domain` of the CheCluster. */
  readonly domain?: string;
  /** A JSON merge patch over the CheCluster. */
  readonly cheCluster?: Readonly<Record<string, unknown>>;
  /** Adds `sallyport.dev/original-image…` annotations. */
  readonly annotateOriginals: boolean;
  /** Node configuration to write beside (or instead of) rewritten manifests. */
  readonly nodeConfig: readonly ('containerd' | 'crio' | 'openshift' | 'k3s')[];
}

/** `sallyport.lock.yaml`: exactly what the wish in `sallyport.yaml` is. Sorted, stable. Sizes are bytes. */
export interface Lock {
  readonly apiVersion: 'sallyport.dev/v1alpha1';
  readonly kind: 'Lock';
  readonly metadata: { readonly name: string };
  readonly madeFrom: LockOrigin;
  /** `pullSecret` is what was said when locking, so that `render` need not be told again; its name is `none` where nodes pull without. */
  readonly target?: Pick<TargetConfig, 'prefix' | 'naming' | 'reference' | 'pullSecret'>;
  /** Chosen platforms; empty means all. */
  readonly platforms: readonly string[];
  readonly images: readonly LockedImage[];
  /** References that stand in the inputs and are left as they are on request, each with the reason. */
  readonly excluded: readonly ReasonedReference[];
}

export interface LockOrigin {
  readonly profile?: {
    readonly name: string;
    readonly version: string;
    readonly platform: string;
    readonly components: Readonly<Record<string, string>>;
  };
  /** Every input file with the digest of its bytes; path as a user would recognise it, never absolute. */
  readonly inputs: readonly { readonly file: string; readonly digest: Digest }[];
}

export interface LockedImage {
  /** Normalised, as found: the key of the lock. */
  readonly reference: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Manifests, configs and layers together, each once, of the platforms that are taken. */
  readonly size: number;
  readonly platforms: readonly LockedPlatform[];
  readonly referrers: readonly LockedReferrer[];
  /** `registry/repository` below the target prefix, and the tag pushed there. Absent without a target. */
  readonly target?: { readonly repository: string; readonly tag: string };
  readonly mark?: ImageMark;
  readonly group?: string;
  readonly condition?: string;
  readonly uses: readonly LockedUse[];
}

export interface LockedPlatform {
  readonly platform: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface LockedReferrer {
  readonly digest: Digest;
  /** `referrer` (API or fallback tag) or the tag suffix of the older form. */
  readonly form: 'referrer' | 'sig' | 'att' | 'sbom';
  readonly artifactType?: string;
}

/** Where the reference stands; `how: profile` and `how: list` uses have no file. */
export interface LockedUse {
  readonly file?: string;
  readonly object?: string;
  readonly path?: string;
  readonly how: string;
  readonly reason?: string;
}
