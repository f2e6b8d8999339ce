import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  defaultTextFlag,
  type LockFileFlags,
  lockFileFlags,
  switchFlag,
  textsFlag,
} from '../flags.ts';
import {
  type ConnectionFlags,
  connectionFlags,
  type GuardRuleFlags,
  guardModeFlag,
  guardRuleFlags,
} from './cluster-flags.ts';

export interface GuardFlags extends CommonFlags, LockFileFlags, GuardRuleFlags, ConnectionFlags {
  readonly mode: 'audit' | 'warn' | 'deny';
  readonly name: string;
  readonly namespace?: readonly string[];
  readonly mutate: boolean;
  readonly pullSecrets: boolean;
}

export const guardCommand = defineCommand<GuardFlags>({
  loader: async () => (await import('../handlers/guard.ts')).guard,
  parameters: {
    flags: {
      mode: guardModeFlag,
      ...guardRuleFlags,
      namespace: textsFlag(
        'NAME',
        'Namespace to guard; repeatable (default: those of the platform and of its users)',
        ',',
      ),
      mutate: switchFlag(
        'Write a MutatingAdmissionPolicy that puts copies in place of their sources, for manifests that stay as they are; asks the server for its version',
      ),
      pullSecrets: switchFlag(
        'Write a MutatingAdmissionPolicy that gives new pods in the namespaces of users the pull secret of the lock, whatever account they have',
      ),
      name: defaultTextFlag('sallyport-guard', 'NAME', 'Name of the policy'),
      ...lockFileFlags,
      ...connectionFlags,
    },
  },
  docs: {
    brief: 'Write an admission policy that lets only relocated images run',
    fullDescription: [
      'Prints a ValidatingAdmissionPolicy with its bindings: in the namespaces only images of the target registry, by digest, may come to run, in containers of every sort and in image volumes. Begin with --mode warn, then deny. Pods from before can still be changed and deleted. What pods are made from (Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs) is judged by policies of its own, so that whoever writes a Deployment is told; --workloads deny refuses it.',
      'Kubernetes 1.30 or newer. What the lock leaves out on purpose may run as it is written there.',
    ].join('\n'),
    customUsage: [
      { input: '--mode deny | sallyport apply -f -', brief: 'Refuse everything else from now on' },
      {
        input: '--pull-secrets | sallyport apply -f - --release pull-secrets',
        brief: 'Jobs in namespaces that come later can pull too',
      },
      { input: '--mutate > rewrite.yaml', brief: 'Leave manifests as they are and rewrite pods' },
    ],
  },
});
