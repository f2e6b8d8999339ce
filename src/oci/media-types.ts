/** Media types that a registry answers for manifests. OCI image-spec v1.1 media-types.md; Docker image manifest v2 schema 2. */
export const MEDIA_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  /** Removed from the spec before 1.1; read only. */
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  /** Recognised only to refuse it with a clear message. */
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerList]);
const IMAGES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.ociArtifact,
]);
const SCHEMA1: ReadonlySet<string> = new Set([MEDIA_TYPES.dockerSchema1, MEDIA_TYPES.dockerSchema1Signed]);

/** A list of manifests: OCI index or Docker manifest list. */
export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** One image or artifact. */
export function isImageType(mediaType: string): boolean {
  return IMAGES.has(mediaType);
}

export function isManifestType(mediaType: string): boolean {
  return isIndexType(mediaType) || isImageType(mediaType);
}

export function isSchema1Type(mediaType: string): boolean {
  return SCHEMA1.has(mediaType);
}

/** One Accept value with every kind of manifest; one list is safest for old proxies (registry-client note 33). */
export const MANIFEST_ACCEPT: string = [...INDEXES, ...IMAGES, ...SCHEMA1].join(', ');

/**
 * Layers that carry `urls` and by rule are not in the registry ("foreign", "non-distributable").
 * OCI image-spec v1.1 layer.md#non-distributable-layers.
 */
export function isForeignLayerType(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.') ||
    mediaType.includes('.layer.nondistributable.')
  );
}
