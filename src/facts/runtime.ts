import type { SettingFacts } from './settings.ts';

/**
 * What a platform's operators do at run time and no manifest says: whom they create, and where pull secrets must be. Profiles hold it,
 * rendering goes by it.
 */
export interface RuntimeFacts {
  /** Namespaces that the installation needs and upstream's files do not ship. */
  readonly namespaces: readonly RuntimeNamespace[];
  /** Service accounts whose pods pull from the target although no manifest has them. */
  readonly accounts: readonly RuntimeAccount[];
  /** Where the pull secret must stand, and the labels by which operators find it. */
  readonly pullSecrets: readonly PullSecretPlace[];
  /** Arguments whose default is compiled into a program and names an image; they are added where a Deployment does not have them. */
  readonly arguments?: readonly DefaultArgument[];
  /** What `settings` can do; absent where a profile takes none. */
  readonly settings?: SettingFacts;
}

export interface DefaultArgument {
  /** Name of the Deployment whose first container takes it. */
  readonly deployment: string;
  readonly flag: string;
  /** What the program takes without it. */
  readonly reference: string;
  readonly reason: string;
  readonly source: string;
}

export interface RuntimeNamespace {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly source: string;
}

export interface RuntimeAccount {
  readonly namespace: string;
  readonly name: string;
  /** Without exactly these the operator replaces or refuses an account that is there before it. */
  readonly labels: Readonly<Record<string, string>>;
  /** `default` accounts are made by Kubernetes with each namespace. */
  readonly madeBy: 'operator' | 'kubernetes';
  readonly reason: string;
  readonly source: string;
}

export interface PullSecretPlace {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly source: string;
}
