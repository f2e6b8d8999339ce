import type { SecretHosts } from './credentials.ts';

/** One event, of either API (`v1` or `events.k8s.io/v1`). */
export interface Incident {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface PodCircumstances {
  /** The events of this pod, oldest first. */
  readonly incidents: readonly Incident[];
  /**
   * Which registries each pull secret of the pod has credentials for, by name; `missing` when the secret is not there. Undefined: nobody
   * looked (no right to read Secrets), and then some causes stay in doubt.
   */
  readonly secrets?: SecretHosts;
  /** The end of a container's log, by container name. */
  readonly logs?: Readonly<Record<string, string>>;
  /** `containerd://1.6.20`, from the node's status. */
  readonly runtime?: string;
  /** Now, in milliseconds since the epoch; for what only time tells. */
  readonly now?: number;
}
