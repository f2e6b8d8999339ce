import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  nameOf,
  type Platform,
  parseReference,
  platformMatches,
  type RawManifest,
} from '../oci/index.ts';
import { blobName } from '../store/index.ts';

/** One line of `manifest.json`, by which `docker load` and `podman load` find images (docker image spec v1.2). */
export interface DockerImage {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** The image below `root` for the one platform that was chosen; undefined where there is none. */
export function imageFor(
  known: ReadonlyMap<Digest, RawManifest>,
  root: RawManifest,
  platforms: readonly Platform[],
): RawManifest | undefined {
  let manifest: RawManifest | undefined = root;
  while (manifest?.view.kind === 'index') {
    const child: Descriptor | undefined = manifest.view.manifests.find(
      ({ platform, digest }) =>
        platform !== undefined &&
        known.has(digest) &&
        platforms.some((wanted) => platformMatches(wanted, platform)),
    );
    manifest = child === undefined ? undefined : known.get(child.digest);
  }
  return manifest;
}

/**
 * As `docker save` writes it; undefined for what is no container image. Docker, podman and containerd take compressed layers, whatever their
 * names.
 */
export function dockerImage(source: string, { view }: RawManifest): DockerImage | undefined {
  if (view.kind !== 'image' || view.config === undefined || !/\bimage\b/.test(view.config.mediaType))
    return undefined;
  const reference = parseReference(source);
  return {
    Config: blobName(view.config.digest),
    // A tag with a digest cannot be loaded; without a tag the image is loaded without a name.
    RepoTags: reference.tag === undefined ? [] : [`${nameOf(reference)}:${reference.tag}`],
    Layers: view.layers.map(({ digest }) => blobName(digest)),
  };
}

/** A docker archive holds container images for its platform and nothing else. Throws `PLATFORM_MISSING`, `UNSUPPORTED_MEDIA_TYPE`. */
export function needed(
  image: RawManifest | undefined,
  entry: DockerImage | undefined,
  { source, platforms }: { readonly source: string; readonly platforms: readonly Platform[] },
): RawManifest {
  if (image === undefined)
    throw new SallyportError(
      'PLATFORM_MISSING',
      `has no image for ${platforms.map(formatPlatform).join(', ')}`,
      { subject: source },
    );
  if (entry === undefined)
    throw new SallyportError(
      'UNSUPPORTED_MEDIA_TYPE',
      'is no container image, and a docker archive holds nothing else',
      {
        subject: `${source} (${image.descriptor.digest})`,
        hint: 'Leave it out with --exclude, or use --format oci.',
      },
    );
  return image;
}
