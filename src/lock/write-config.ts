import { type Naming, parsePrefix } from '../oci/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { DEFAULTS } from './defaults.ts';
import { checkName, RELOCATION_NAME, SECRET_NAME } from './names.ts';
import { SCHEMA_URL } from './schema-url.ts';
import type { ProfileConfig, RegistryConfig, TargetConfig } from './types.ts';

/** What `sallyport init` knows from flags or questions. */
export interface InitOptions {
  readonly name: string;
  readonly manifests: readonly string[];
  /** Target prefix. */
  readonly prefix: string;
  readonly profile?: Pick<ProfileConfig, 'name' | 'version'> &
    Partial<Pick<ProfileConfig, 'devworkspaceOperator' | 'certManager' | 'platform' | 'upstream'>>;
  /** Image platforms; all when absent. */
  readonly platforms?: readonly string[];
  readonly registries?: Readonly<Record<string, RegistryConfig>>;
  readonly naming?: Naming;
  readonly reference?: TargetConfig['reference'];
  /** Name of the pull secret. */
  readonly pullSecret?: string;
}

/**
 * A new `sallyport.yaml`: what was said, and as comments what else could be. Reading it gives the options back. Throws
 * `REFERENCE_INVALID` for a prefix and `USAGE` for names that could not be read back.
 */
export function writeConfig(options: InitOptions): string {
  const { profile } = options;
  parsePrefix(options.prefix);
  checkName(options.name, RELOCATION_NAME, '--name');
  if (options.pullSecret !== undefined) checkName(options.pullSecret, SECRET_NAME, '--pull-secret');
  return [
    `# yaml-language-server: $schema=${SCHEMA_URL}`,
    '# What is moved, from where, and where to. Next: sallyport images, then sallyport relocate -o out/',
    'apiVersion: sallyport.dev/v1alpha1',
    'kind: Relocation',
    'metadata:',
    line(1, 'name', options.name),
    '',
    'sources:',
    ...(profile === undefined ? [] : profileLines(profile)),
    '  # Manifest files, folders or globs, relative to this file.',
    ...listLines(1, 'manifests', options.manifests),
    '  # Images to move although no manifest names them, and images to leave as they are; the reason is kept in the lock.',
    '  # images:',
    '  #   - {reference: docker.io/library/busybox:1.37, reason: smoke test}',
    '  # exclude:',
    '  #   - {reference: quay.io/example/debug:1, reason: not used here}',
    '',
    '# Image platforms to take; all when nothing is said.',
    ...(options.platforms === undefined
      ? ['# platforms: [linux/amd64, linux/arm64]']
      : listLines(0, 'platforms', options.platforms)),
    '',
    '# How registries are reached; Docker Hub is docker.io. A mirror stands for the host: images are read there and nowhere else.',
    ...(options.registries === undefined
      ? [
          '# registries:',
          '#   quay.io: {mirror: mirror.corp.example/quay.io, caFile: ca.pem, authFile: auth.json}',
        ]
      : [indented(0, { registries: options.registries })]),
    '',
    'target:',
    '  # Every image goes below this host and path.',
    line(1, 'prefix', options.prefix),
    '  # nested keeps the source host in the path, path drops it, flat makes one level of the whole name.',
    line(1, 'naming', options.naming ?? DEFAULTS.naming),
    '  # How manifests name images: tag-and-digest, digest or tag.',
    line(1, 'reference', options.reference ?? DEFAULTS.reference),
    ...(options.pullSecret === undefined
      ? [
          '  # Secret that the cluster pulls with; this one when nothing is said, none when nodes may pull without.',
          '  # pullSecret: {name: registry-pull}',
        ]
      : ['  # Secret that the cluster pulls with.', '  pullSecret:', line(2, 'name', options.pullSecret)]),
    '',
    '# How manifests are written.',
    '# render:',
    ...(profile?.name === 'che' ? CHE_RENDER : []),
    '#   annotateOriginals: true   # record original references in annotations',
    '#   nodeConfig: [containerd]  # also write node configuration: containerd, crio, openshift, k3s',
    '',
  ].join('\n');
}

function profileLines(profile: NonNullable<InitOptions['profile']>): string[] {
  const said: Readonly<Record<string, string | undefined>> = { ...profile };
  const orComment = ([key, comment]: readonly [string, string]) => {
    const value = said[key];
    return value === undefined ? comment : line(2, key, value);
  };
  return [
    '  profile:',
    line(2, 'name', profile.name),
    line(2, 'version', profile.version),
    ...(profile.name === 'che' ? [...CHE_PROFILE.map(orComment), ...CHE_CHOICES] : []),
    ...ANY_PROFILE.map(orComment),
    '    # only: [always, default]        # leave conditional images out',
  ];
}

/** Keys of a profile, each with the comment that stands in its place while nothing is said. */
const CHE_PROFILE = [
  [
    'devworkspaceOperator',
    '    # devworkspaceOperator: auto     # the one that belongs to the version, or a version',
  ],
  ['certManager', '    # certManager: auto              # the one that chectl installs, a version, or none'],
] as const;

const CHE_CHOICES = [
  '    # editors: [che-code]            # keep only these editors',
  '    # without: [editors=che-idea-server]',
];

const ANY_PROFILE = [
  ['platform', '    # platform: openshift            # kubernetes when nothing is said'],
  [
    'upstream',
    '    # upstream: DIR                  # upstream files as OWNER/REPOSITORY/REF/PATH, for a closed network',
  ],
] as const;

const CHE_RENDER = [
  '#   domain: che.corp.example',
  '#   openVSXURL: https://open-vsx.corp.example                   # none when nothing is said',
  '#   externalDevfileRegistries: [https://devfiles.corp.example]  # none when nothing is said',
];

function line(depth: number, key: string, value: string): string {
  return indented(depth, { [key]: value });
}

function listLines(depth: number, key: string, values: readonly string[]): string[] {
  return [indented(depth, { [key]: values })];
}

function indented(depth: number, value: unknown): string {
  return stringifyYaml(value)
    .trimEnd()
    .split('\n')
    .map((text) => `${'  '.repeat(depth)}${text}`)
    .join('\n');
}
