import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../context.ts';
import { sourceFlags, text, textFlag } from '../flags.ts';

/** Flags that say which cluster; the names are kubectl's. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export const clusterFlags: FlagParametersForType<ClusterFlags, CliContext> = {
  kubeconfig: textFlag(
    'FILE',
    'Kubeconfig (default: KUBECONFIG, ~/.kube/config, or the account of the pod it runs in)',
  ),
  context: textFlag('NAME', 'Context of the kubeconfig (default: its current one)'),
  namespace: textFlag('NAME', 'Namespace for objects that name none (default: that of the context)'),
};

export const clusterAliases = { n: 'namespace' } as const;

/** Flags that say which set of objects is meant. */
export interface ReleaseFlags {
  readonly release: string;
  readonly stateNamespace: string;
}

export const releaseFlags: FlagParametersForType<ReleaseFlags, CliContext> = {
  release: {
    kind: 'parsed',
    parse: text,
    default: 'platform',
    placeholder: 'NAME',
    brief: 'Name of this set of objects, when several are kept apart in one cluster',
  },
  stateNamespace: {
    kind: 'parsed',
    parse: text,
    default: 'sallyport-system',
    placeholder: 'NAME',
    brief: 'Namespace in which the inventory and previous states are kept',
  },
};

export interface ManifestFlags {
  readonly file?: readonly string[];
}

export const manifestFlags: FlagParametersForType<ManifestFlags, CliContext> = {
  file: sourceFlags.file,
};

/** What is applied beside the manifests. */
export interface GuardWishFlags {
  readonly guard?: 'audit' | 'warn' | 'deny';
  readonly lock?: string;
}

export const guardWishFlags: FlagParametersForType<GuardWishFlags, CliContext> = {
  guard: {
    kind: 'enum',
    values: ['audit', 'warn', 'deny'],
    optional: true,
    brief:
      'Also the admission policies of `sallyport guard`: other images are noted in the audit log, warned about, or refused',
  },
  lock: textFlag(
    'FILE',
    'Lock that --guard is made from (default: sallyport.lock.yaml in the folder, or here)',
  ),
};

export const manifestArguments = {
  kind: 'array',
  parameter: { brief: 'Output folder of render, or manifests', parse: text, placeholder: 'DIR' },
} as const;
