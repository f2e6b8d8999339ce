import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type LockFileFlags,
  lockFileFlags,
  positive,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceFlags,
  switchFlag,
  type TargetFlags,
  targetFlags,
  textFlag,
  textsFlag,
} from '../flags.ts';

/** Flags about the rendered files, shared with `relocate`. */
export interface RenderOnlyFlags {
  readonly output?: string;
  readonly domain?: string;
  readonly openVsxUrl?: string;
  readonly devfileRegistry?: readonly string[];
  readonly nodeConfig?: readonly ('containerd' | 'crio' | 'openshift' | 'k3s')[];
  readonly annotateOriginals: boolean;
  readonly withCredentials: boolean;
  readonly strict: boolean;
}

export interface RenderFlags
  extends CommonFlags,
    SourceFlags,
    RegistryFlags,
    TargetFlags,
    LockFileFlags,
    RenderOnlyFlags {
  readonly mirrorJob?: number;
  readonly mirrorImage?: string;
}

export const renderOnlyFlags = {
  output: textFlag('DIR', 'Folder to write; without it a single -f goes to standard output'),
  domain: textFlag('DOMAIN', 'Domain of the Che installation (spec.networking.domain)'),
  openVsxUrl: textFlag('URL', 'Internal Open VSX registry (default: none, as a closed network needs)'),
  devfileRegistry: textsFlag('URL', 'Internal devfile registry (default: none); repeatable'),
  nodeConfig: {
    kind: 'enum',
    values: ['containerd', 'crio', 'openshift', 'k3s'],
    optional: true,
    variadic: ',',
    brief: 'Also write node configuration that redirects pulls',
  },
  annotateOriginals: switchFlag('Record original references in annotations sallyport.dev/original-image…'),
  withCredentials: switchFlag('Write the real credentials for the target into the pull secret (mode 0600)'),
  strict: switchFlag(
    'Refuse images in templates, which cannot be known and so not be proved private (exit status 3)',
  ),
} as const;

export const renderCommand = defineCommand<RenderFlags>({
  loader: async () => (await import('../handlers/render.ts')).render,
  parameters: {
    flags: {
      ...renderOnlyFlags,
      mirrorJob: {
        kind: 'parsed',
        parse: positive,
        optional: true,
        placeholder: 'WORKERS',
        brief: 'Also write jobs/mirror.yaml: Kubernetes Jobs that copy the lock with so many pods',
      },
      mirrorImage: textFlag(
        'IMAGE',
        'Image with the sallyport command for these Jobs; jobs/Containerfile, written beside them, makes one from any image with Node',
      ),
      ...sourceFlags,
      ...targetFlags,
      ...lockFileFlags,
      ...registryFlags,
    },
  },
  docs: {
    brief: 'Write manifests in which every image is private and pinned',
    fullDescription: [
      'Rewrites only the bytes that name an image; comments, quoting and line ends stay. Adds pull secrets, the chectl template folder and a kustomize component.',
      'Then looks through the output again: a reference that still points elsewhere is exit status 3, with the list.',
    ].join('\n'),
    customUsage: [
      { input: '-o out/', brief: 'From sallyport.yaml and its lock' },
      {
        input: '-f -',
        brief: 'As a filter: kubectl kustomize . | sallyport render -f - | kubectl apply -f -',
      },
    ],
  },
});
