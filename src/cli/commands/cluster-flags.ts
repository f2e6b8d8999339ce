import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../context.ts';
import { defaultTextFlag, path, sourceFlags, textFlag, textsFlag } from '../flags.ts';

/** Flags that say which cluster; the names are kubectl's. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const connectionFlags: FlagParametersForType<ConnectionFlags, CliContext> = {
  kubeconfig: textFlag(
    'FILE',
    'Kubeconfig (default: KUBECONFIG, ~/.kube/config, or the account of the pod it runs in)',
  ),
  context: textFlag('NAME', 'Context of the kubeconfig (default: its current one)'),
};

/** The same, and where objects go that do not say it themselves. */
export interface ClusterFlags extends ConnectionFlags {
  readonly namespace?: string;
}

export const clusterFlags: FlagParametersForType<ClusterFlags, CliContext> = {
  ...connectionFlags,
  namespace: textFlag('NAME', 'Namespace for objects that name none (default: that of the context)'),
};

/** Flags that say which set of objects is meant. */
export interface ReleaseFlags {
  readonly release: string;
  readonly stateNamespace: string;
}

export const releaseFlags: FlagParametersForType<ReleaseFlags, CliContext> = {
  release: defaultTextFlag(
    'platform',
    'NAME',
    'Name of this set of objects, when several are kept apart in one cluster',
  ),
  stateNamespace: defaultTextFlag(
    'sallyport-system',
    'NAME',
    'Namespace in which the inventory and previous states are kept',
  ),
};

export interface ManifestFlags {
  readonly file?: readonly string[];
}

export const manifestFlags: FlagParametersForType<ManifestFlags, CliContext> = {
  file: sourceFlags.file,
};

const guardModes = ['audit', 'warn', 'deny'] as const;
type GuardMode = (typeof guardModes)[number];

/** What a guard lets run and whom it judges; the same wherever one is made. */
export interface GuardRuleFlags {
  readonly workloads?: GuardMode | 'off';
  readonly allow?: readonly string[];
}

export const guardRuleFlags: FlagParametersForType<GuardRuleFlags, CliContext> = {
  workloads: {
    kind: 'enum',
    values: [...guardModes, 'off'],
    optional: true,
    brief:
      'What the guard does to Deployments, Jobs and the like with other images (default: warn, or audit where pods are)',
  },
  allow: textsFlag(
    'PREFIX',
    'Further prefix of references that the guard lets run, e.g. registry.corp.example/base; repeatable',
    ',',
  ),
};

/** The mode of a guard that is all that a command writes. */
export const guardModeFlag = {
  kind: 'enum',
  values: guardModes,
  default: 'warn',
  brief: 'What happens to other images: noted in the audit log, warned about, or refused',
} as const;

/** A guard that is applied beside the manifests. */
export interface GuardWishFlags extends GuardRuleFlags {
  readonly guard?: GuardMode;
  readonly lock?: string;
}

export const guardWishFlags: FlagParametersForType<GuardWishFlags, CliContext> = {
  guard: {
    kind: 'enum',
    values: guardModes,
    optional: true,
    brief:
      'Also the admission policies of `sallyport guard`: other images are noted in the audit log, warned about, or refused',
  },
  lock: textFlag(
    'FILE',
    'Lock that --guard is made from (default: sallyport.lock.yaml in the folder, or here)',
  ),
  ...guardRuleFlags,
};

export const manifestArguments = {
  kind: 'array',
  parameter: { brief: 'Output folder of render, or manifests', parse: path, placeholder: 'DIR' },
} as const;
