import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type FormatFlags,
  formatFlags,
  path,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
  textFlag,
} from '../flags.ts';

export interface ImagesFlags extends CommonFlags, SourceFlags, RegistryFlags, TargetFlags, FormatFlags {
  readonly why?: string;
  readonly minConfidence?: 'certain' | 'likely' | 'possible';
  readonly confirm: boolean;
}

export const imagesCommand = defineCommand<ImagesFlags, string[]>({
  loader: async () => (await import('../handlers/images.ts')).images,
  parameters: {
    flags: {
      ...sourceFlags,
      ...formatFlags,
      why: textFlag('REF', 'Show one image: every place, why it is one, and where it will go'),
      minConfidence: {
        kind: 'enum',
        values: ['certain', 'likely', 'possible'],
        optional: true,
        brief: 'Least confidence that is shown (default: likely)',
      },
      confirm: switchFlag('Ask the registries whether each image is there'),
      ...targetFlags,
      ...registryFlags,
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'Manifests, as with -f', parse: path, placeholder: 'FILE' },
    },
  },
  docs: {
    brief: 'List every image that manifests name, with where and why',
    fullDescription: [
      'Lists every image that manifests name: in pod specs, env values, arguments, JSON and YAML inside strings, ConfigMaps, custom resources, CSVs and CRD defaults.',
      'Reads files, folders, globs and standard input; asks no network unless --profile or --confirm is given.',
    ].join('\n'),
    customUsage: [
      { input: '-f deploy/ -o json', brief: 'Everything in a folder, for a program' },
      { input: '-f -', brief: 'From a pipe: kubectl kustomize . | sallyport images -f -' },
      { input: '--profile che --version 7.121.0', brief: 'All that Eclipse Che 7.121.0 needs' },
      { input: '-f deploy/ --why quay.io/eclipse/che-server:7.121.0', brief: 'Why one image is in the list' },
    ],
  },
});
