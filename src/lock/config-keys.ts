import { SETTING_COMPONENTS, SETTING_KEYS } from './settings.ts';

/**
 * Every key of `sallyport.yaml` with what it means. The JSON Schema takes its descriptions from here, errors about unknown keys
 * and the `--registry` flag their suggestions; a test holds it against the schema. `[]` stands for an item, `*` for any host.
 */
export const CONFIG_KEYS: Readonly<Record<string, string>> = {
  apiVersion: 'Version of this format.',
  kind: 'Kind of this file.',
  metadata: 'What the relocation is called.',
  'metadata.name':
    'Name of the relocation, shown in the lock and in the output. Default: the name of the profile, or `platform`.',
  sources: 'What is moved: a known platform, manifest files, and single images.',
  'sources.profile': 'A platform that Sallyport knows: its manifests, and the images that no manifest names.',
  'sources.profile.name': 'Name of the profile, such as `che`.',
  'sources.profile.version': 'Version of the platform, such as `7.121.0`.',
  'sources.profile.devworkspaceOperator':
    'Version of the DevWorkspace Operator; `auto` takes the one that belongs to the version.',
  'sources.profile.platform': 'Platform that the manifests are for.',
  'sources.profile.upstream':
    'Base URL of a raw file host, or a folder, that holds upstream files as OWNER/REPOSITORY/REF/PATH. Default: the public raw file host.',
  'sources.profile.certManager':
    'Version of cert-manager; `auto` takes the one that chectl installs, `none` leaves it out.',
  'sources.profile.only':
    'Take only images with these marks: `always` needed, needed on the `default` path, or `conditional`. Empty: all.',
  'sources.profile.without':
    'Groups of images to leave out, each `GROUP` or `GROUP=MEMBER,MEMBER`, such as `editors=che-idea-server`.',
  'sources.profile.editors': 'Editors to keep, each `NAME` or `NAME/VERSION`. Empty: all.',
  ...SETTING_KEYS,
  'sources.manifests': 'Manifest files, folders or globs, relative to this file.',
  'sources.images': 'Images to move although no manifest names them.',
  'sources.images[].reference': 'Image reference.',
  'sources.images[].reason': 'Why the image is needed; it is kept in the lock.',
  'sources.exclude': 'Images to leave as they are.',
  'sources.exclude[].reference': 'Image reference.',
  'sources.exclude[].reason': 'Why the image is left; it is kept in the lock.',
  platforms: 'Image platforms to take, each `OS/ARCHITECTURE[/VARIANT]`. Empty: all.',
  registries:
    'How registries are reached, by host as it stands in references; Docker Hub is `docker.io`. The same as `--registry HOST,KEY=VALUE`.',
  'registries.*': 'How this registry is reached.',
  'registries.*.mirror':
    'HOST/PATH that stands for the host: images are read there and nowhere else, and the other keys speak of it.',
  'registries.*.plainHttp': 'Speak HTTP without TLS.',
  'registries.*.insecureSkipVerify': 'Do not check the certificate; said aloud at each run.',
  'registries.*.caFile': 'Certificate authorities to trust for this host (PEM).',
  'registries.*.certFile': 'Client certificate (PEM); goes with `keyFile`.',
  'registries.*.keyFile': 'Private key of the client certificate (PEM).',
  'registries.*.authFile': 'Credentials file: docker config.json or podman auth.json.',
  'registries.*.concurrency': 'Requests in flight at the most.',
  target: 'Where images go and how they are named there.',
  'target.prefix':
    'Registry host and path below which all images are put, such as `registry.corp.example/che`.',
  'target.naming':
    '`nested` keeps the source host in the path, `path` drops it, `flat` makes one level of the whole name.',
  'target.reference': 'How references are written into manifests.',
  'target.pullSecret': 'Secret that the cluster pulls with.',
  'target.pullSecret.name': 'Name of the secret; `none` when nodes may pull without. Default: registry-pull.',
  render: 'How manifests are written.',
  'render.openVSXURL':
    'Open VSX registry that the cluster reaches; an empty text, and the key left out, mean none.',
  'render.externalDevfileRegistries':
    'Devfile registries that the cluster reaches; an empty list, and the key left out, mean none.',
  'render.domain': 'Domain of the Che installation (`spec.networking.domain` of the CheCluster).',
  'render.cheCluster': 'JSON merge patch over the CheCluster.',
  'render.annotateOriginals': 'Record original references in annotations `sallyport.dev/original-image…`.',
  'render.nodeConfig': 'Node configuration to write beside the manifests.',
};

/** The keys directly below a key path of the table; empty below what takes any key. */
export function keysBelow(parent: string): string[] {
  if (parent === 'sources.profile.settings.components') return [...SETTING_COMPONENTS];
  const start = parent === '' ? '' : `${parent}.`;
  return Object.keys(CONFIG_KEYS)
    .filter((key) => key.startsWith(start))
    .map((key) => key.slice(start.length))
    .filter((rest) => rest !== '*' && !/[.[]/.test(rest));
}
