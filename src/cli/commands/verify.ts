import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  sourceFlags,
  switchFlag,
  textFlag,
  textsFlag,
  timeFlag,
} from '../flags.ts';
import { type ConnectionFlags, connectionFlags } from './cluster-flags.ts';

export interface VerifyFlags extends CommonFlags, ConnectionFlags, LockFileFlags, RegistryFlags {
  readonly config?: string;
  readonly namespace?: readonly string[];
  readonly allNamespaces: boolean;
  readonly discover: boolean;
  readonly watch: boolean;
  readonly every: number;
  readonly smoke: boolean;
  readonly smokeImage?: string;
  readonly timeout: number;
  readonly output: 'table' | 'json' | 'yaml' | 'name' | 'junit';
}

export const verifyCommand = defineCommand<VerifyFlags>({
  loader: async () => (await import('../handlers/verify.ts')).verify,
  parameters: {
    flags: {
      config: sourceFlags.config,
      ...lockFileFlags,
      ...connectionFlags,
      namespace: textsFlag(
        'NAME',
        'Namespace to look at; repeatable (default: those of the platform and of its users)',
        ',',
      ),
      allNamespaces: switchFlag('Look at every namespace of the cluster'),
      discover: switchFlag('Print what ran and no lock names, ready to be added to sallyport.yaml'),
      watch: switchFlag('Go on looking, and tell what changes; Ctrl-C ends it'),
      every: timeFlag('30s', 'How often to look with --watch'),
      smoke: switchFlag(
        'Then start a workspace in a namespace of its own, run a command in it, delete it, and see that the job after it ran',
      ),
      smokeImage: textFlag(
        'REFERENCE',
        'Image of the lock for that workspace (default: the one that the profile prefers); it needs a shell',
      ),
      timeout: timeFlag('5m', 'How long each step of --smoke may take'),
      output: {
        kind: 'enum',
        values: ['table', 'json', 'yaml', 'name', 'junit'],
        default: 'table',
        brief: 'Form of the result',
      },
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Check that everything that runs is in the lock and came from the target',
    fullDescription: [
      'Looks at every container of every pod of the namespaces, init and ephemeral ones too: it must run an image of the lock, from the target registry, at the locked digest or one of its platforms. An operator that the lock has and that runs nowhere is missed, unless -n names the namespaces. Then at what the platform needs to work: deployments that operators make at run time, definitions, CA bundles, webhooks (asked without effect), the CheCluster.',
      'What does not run is explained: the cause, where, and the command that mends it, checked against the registry with the pod’s own pull secret.',
      'Exit status 0: verified; 3: something else runs, or something does not work. What may not be looked at is a failure, never verified.',
    ].join('\n'),
    customUsage: [
      { input: '', brief: 'The platform of the lock' },
      { input: '-n team-a -n team-b -o junit', brief: 'Two namespaces, for a CI system' },
      { input: '--smoke', brief: 'And try it with a workspace' },
      { input: '-A --discover', brief: 'What ran and is not relocated yet' },
    ],
  },
});
