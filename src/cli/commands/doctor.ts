import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type FormatFlags,
  formatFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  sourceFlags,
  switchFlag,
  text,
  timeFlag,
} from '../flags.ts';
import { type ConnectionFlags, connectionFlags, type ManifestFlags, manifestFlags } from './cluster-flags.ts';

export interface DoctorFlags
  extends CommonFlags,
    FormatFlags,
    RegistryFlags,
    LockFileFlags,
    ManifestFlags,
    ConnectionFlags {
  readonly config?: string;
  readonly readOnly: boolean;
  readonly cluster: boolean;
  readonly timeout: number;
}

export const doctorCommand = defineCommand<DoctorFlags, [string?]>({
  loader: async () => (await import('../handlers/doctor.ts')).doctor,
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief:
            'The registry, with the path below which repositories may be made: registry.corp.example/che',
          placeholder: 'REGISTRY',
          parse: text,
          optional: true,
        },
      ],
    },
    flags: {
      config: sourceFlags.config,
      readOnly: switchFlag('Write nothing: look only at what a source needs'),
      cluster: switchFlag(
        'Examine the cluster: version, rights, what is installed, storage, ingress, nodes, room, and a trial pull',
      ),
      ...connectionFlags,
      ...lockFileFlags,
      ...manifestFlags,
      timeout: timeFlag('60s', 'How long the trial pull may take'),
      ...formatFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Examine a registry or a cluster before something is copied to it or applied',
    fullDescription: [
      'Tries what a copy wants of a registry on two small repositories (sallyport-doctor-…) and removes them again: login, push, reading back, Range,',
      'continued uploads, mounts, referrers, sparse indexes, moving tags, deleting. Says what each result means and what to do about it.',
      'With --cluster: server version, rights for what -f names, cert-manager, operators that are there and who keeps them, storage, ingress, nodes and their platforms, room for images; and a pod in a namespace of its own pulls the smallest image of the lock from the target, with the login of this machine.',
      'With -o json or yaml one subject is the document itself; a registry and a cluster together are one document with `fit` of both and `results`, the registry first.',
      'Exit status 3 when something is missing without which nothing can be copied.',
    ].join('\n'),
    customUsage: [
      { input: 'registry.corp.example/che', brief: 'A target, before the first copy' },
      { input: 'quay.io --read-only', brief: 'A source' },
      { input: '--cluster -f out/', brief: 'A cluster, before the first apply' },
    ],
  },
});
