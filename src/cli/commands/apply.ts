import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type FormatFlags,
  formatFlags,
  type RegistryFlags,
  registryFlags,
  sourceFlags,
  switchFlag,
  timeFlag,
} from '../flags.ts';
import {
  type ClusterFlags,
  clusterFlags,
  type GuardWishFlags,
  guardWishFlags,
  type ManifestFlags,
  manifestArguments,
  manifestFlags,
  type ReleaseFlags,
  releaseFlags,
} from './cluster-flags.ts';

export interface ApplyFlags
  extends CommonFlags,
    ClusterFlags,
    ReleaseFlags,
    ManifestFlags,
    GuardWishFlags,
    FormatFlags,
    RegistryFlags {
  readonly config?: string;
  readonly wait: boolean;
  readonly timeout: number;
  readonly prune: boolean;
  readonly yes: boolean;
  readonly forceConflicts: boolean;
  readonly force: boolean;
  readonly record: boolean;
  readonly rollbackOnFailure: boolean;
}

export const applyCommand = defineCommand<ApplyFlags, string[]>({
  loader: async () => (await import('../handlers/apply.ts')).apply,
  parameters: {
    flags: {
      ...manifestFlags,
      ...guardWishFlags,
      config: sourceFlags.config,
      wait: {
        kind: 'boolean',
        default: true,
        brief: 'Wait until what was applied works, component after component',
      },
      timeout: timeFlag('10m', 'How long to wait in each step, e.g. 90s or 15m'),
      prune: switchFlag('Delete what this release applied before and no longer has; asks first'),
      yes: switchFlag('Do not ask; needed for --prune without a terminal'),
      forceConflicts: switchFlag('Take fields over from other field managers'),
      force: switchFlag('Go on over downgrades and missing parts, and say so'),
      rollbackOnFailure: switchFlag('Bring the state before back when a step fails'),
      record: {
        kind: 'boolean',
        default: true,
        brief: 'Keep the state before in the cluster, so that rollback can bring it back',
      },
      ...clusterFlags,
      ...releaseFlags,
      ...formatFlags,
      ...registryFlags,
    },
    positional: manifestArguments,
  },
  docs: {
    brief: 'Apply manifests to the cluster in order, and wait until they work',
    fullDescription: [
      'Server-side apply with the field manager sallyport: namespaces, CRDs, accounts and configuration, then component after component (cert-manager, DevWorkspace Operator, Che operator, CheCluster), each awaited before the next.',
      'What would break is refused before anything is applied. An inventory and the state before are kept in the cluster. A second run changes nothing, and goes on where a failed one ended.',
    ].join('\n'),
    customUsage: [
      { input: 'out/', brief: 'The folder that render wrote' },
      { input: 'out/ --prune --yes', brief: 'Also delete what is no longer in it' },
      { input: 'out/ --guard warn', brief: 'And warn of images that are not relocated from now on' },
      { input: '-f combined.yaml --no-wait', brief: 'Apply only' },
    ],
  },
});
