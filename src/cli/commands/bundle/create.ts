import { defineCommand } from '../../command.ts';
import {
  type CommonFlags,
  type LockFileFlags,
  lockFileFlags,
  neededTextFlag,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  type TargetFlags,
  targetFlags,
  textFlag,
  textsFlag,
  waitForPullsFlag,
} from '../../flags.ts';
import { transferFlags } from './flags.ts';

export interface BundleCreateFlags
  extends CommonFlags,
    SourceFlags,
    RegistryFlags,
    TargetFlags,
    LockFileFlags {
  readonly output: string;
  readonly format: 'oci' | 'docker-archive';
  readonly split?: string;
  readonly since?: string;
  readonly reuse?: readonly string[];
  readonly referrers: boolean;
  readonly manifests: boolean;
  readonly waitForPulls: boolean;
  readonly dryRun: boolean;
}

export const createCommand = defineCommand<BundleCreateFlags>({
  loader: async () => (await import('../../handlers/bundle-create.ts')).bundleCreate,
  parameters: {
    flags: {
      output: neededTextFlag('FILE', 'Where the bundle goes'),
      ...sourceFlags,
      ...lockFileFlags,
      ...targetFlags,
      format: {
        kind: 'enum',
        values: ['oci', 'docker-archive'],
        default: 'oci',
        brief:
          'oci: an OCI image layout; docker-archive: images of one platform alone, without indexes and signatures',
      },
      split: textFlag('SIZE', 'Write parts of this size, for example 4GB or 700MiB, with a hash each'),
      since: textFlag('INVENTORY', 'Leave out what the target has, as `bundle inventory` wrote it there'),
      reuse: textsFlag('DIR|FILE', 'Take content from an OCI layout or an earlier bundle first; repeatable'),
      waitForPulls: waitForPullsFlag,
      manifests: {
        kind: 'boolean',
        default: true,
        brief: 'The manifests travel too, as they were read and as they are rendered',
      },
      ...transferFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Write everything into one file that can be carried over',
    fullDescription: [
      'Writes one tar that is an OCI image layout: after `tar x` every OCI tool reads it. The lock, the configuration and the rendered manifests are in it too.',
      '`ctr -n k8s.io images import che.bundle` takes all images onto a node, under the names that `render` writes: pods with `imagePullPolicy: IfNotPresent` then need no registry. `podman pull oci-archive:che.bundle:NAME` takes one. With one platform (`--platform linux/amd64`), `docker load` and `podman load` take all of them too.',
      'The same lock gives the same bytes. What an interrupted run has read is kept, and the same command continues.',
    ].join('\n'),
    customUsage: [
      { input: '-o che.bundle', brief: 'From the lock' },
      { input: '-o che.bundle --profile che --version 7.121.0', brief: 'Lock and bundle at once' },
      { input: '-o che.bundle --split 4GB', brief: 'In parts, for small media' },
      { input: '-o update.bundle --since inventory.json', brief: 'Only what the target lacks' },
    ],
  },
});
