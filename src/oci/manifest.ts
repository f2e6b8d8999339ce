import { isFields, jsonFields, SallyportError } from '../base/index.ts';
import { type Digest, isDigest } from './digest.ts';
import { digestOf } from './hash.ts';
import { isForeignLayerType, isImageType, isIndexType, isSchema1Type, MEDIA_TYPES } from './media-types.ts';
import type { Platform } from './platform.ts';

/** OCI image-spec v1.1 descriptor.md. `size` is bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
}

/** What a manifest says, read out of its exact bytes. The bytes are kept beside it and never written anew. */
export type ManifestView = IndexView | ImageView;

export interface IndexView {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ImageView {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config?: Descriptor;
  /** Layers, or the blobs of an artifact manifest; foreign ones included (see `blobsOf`). */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  /** `artifactType` of the manifest, else its config's media type (distribution-spec v1.1, "Listing Referrers"). */
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Bytes as the registry holds them, with their descriptor and their reading. */
export interface RawManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly view: ManifestView;
}

/** How much of a manifest is read: bytes of the whole, and children of an index. */
export interface ManifestLimits {
  readonly bytes: number;
  readonly children: number;
}

/** Limits on what a hostile or broken server may send. Sources: registry-client notes 36 and 37. */
export const MANIFEST_LIMITS = { bytes: 8 * 1024 * 1024, children: 1000, depth: 4 } as const;

/**
 * Reads a manifest. `contentType` is what the transport said; the body's own `mediaType` must agree with it. `digest` is that of
 * the bytes, checked by the caller; without it the SHA-256 is taken. `limits` are `MANIFEST_LIMITS` unless the caller has its own.
 * Throws `UNSUPPORTED_MEDIA_TYPE` for schema 1 and unknown kinds, `MANIFEST_INVALID` for everything malformed.
 */
export function readManifest(
  bytes: Buffer,
  options: {
    readonly contentType?: string;
    readonly digest?: Digest;
    readonly subject?: string;
    readonly limits?: ManifestLimits;
  } = {},
): RawManifest {
  const subject = options.subject ?? options.digest ?? 'manifest';
  const limits = options.limits ?? MANIFEST_LIMITS;
  if (bytes.length > limits.bytes) throw invalid(subject, `it is larger than ${limits.bytes} bytes`);
  const json = jsonFields(bytes, (reason, cause) => invalid(subject, reason, cause));
  const own = typeof json['mediaType'] === 'string' ? json['mediaType'] : undefined;
  const told = meaningfulType(options.contentType);
  if (own !== undefined && told !== undefined && own !== told)
    throw invalid(subject, `the server says ${told}, the content says ${own}`);
  const mediaType = own ?? told ?? guessType(json, subject);
  if (isSchema1Type(mediaType) || json['schemaVersion'] === 1) {
    throw new SallyportError(
      'UNSUPPORTED_MEDIA_TYPE',
      'is a Docker schema 1 image, a format that registries have given up',
      { subject },
    );
  }
  refuseTwoReadings(json, isIndexType(mediaType), subject);
  const digest = options.digest ?? digestOf(bytes);
  const view = isIndexType(mediaType)
    ? indexView(json, mediaType, subject, limits.children)
    : isImageType(mediaType)
      ? imageView(json, mediaType, subject)
      : undefined;
  if (view === undefined)
    throw new SallyportError(
      'UNSUPPORTED_MEDIA_TYPE',
      `has the media type ${mediaType}, which is no manifest`,
      { subject },
    );
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes, view };
}

/** Content that one client reads as an index and another as an image (CVE-2021-41190); the fields are those of containers/image. */
function refuseTwoReadings(json: Record<string, unknown>, isIndex: boolean, subject: string): void {
  const foreign = isIndex ? ['config', 'layers', 'blobs', 'fsLayers'] : ['manifests', 'fsLayers'];
  const found = foreign.find((field) => json[field] !== undefined && json[field] !== null);
  if (found !== undefined)
    throw invalid(subject, `${isIndex ? 'an index' : 'an image'} has no ${found} (CVE-2021-41190)`);
}

/** The blobs a registry must hold for this manifest: config and layers without the foreign ones, each digest once. */
export function blobsOf(view: ManifestView): Descriptor[] {
  if (view.kind === 'index') return [];
  const all = view.config === undefined ? view.layers : [view.config, ...view.layers];
  const seen = new Set<string>();
  return all.filter((blob) => {
    if (seen.has(blob.digest) || isForeign(blob)) return false;
    seen.add(blob.digest);
    return true;
  });
}

/** A layer that by its kind lives elsewhere; its `urls` are never fetched by us (CVE-2020-15157). */
export function isForeign(descriptor: Descriptor): boolean {
  return isForeignLayerType(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0;
}

function indexView(
  json: Record<string, unknown>,
  mediaType: string,
  subject: string,
  maxChildren: number,
): IndexView {
  const manifests = descriptors(json['manifests'] ?? [], 'manifests', subject);
  if (manifests.length > maxChildren) throw invalid(subject, `it lists more than ${maxChildren} manifests`);
  return {
    kind: 'index',
    mediaType,
    manifests,
    ...common(json, subject),
    ...artifactType(json['artifactType']),
  };
}

function imageView(json: Record<string, unknown>, mediaType: string, subject: string): ImageView {
  const config =
    json['config'] === undefined || json['config'] === null
      ? undefined
      : descriptor(json['config'], 'config', subject);
  const field = mediaType === MEDIA_TYPES.ociArtifact ? 'blobs' : 'layers';
  const layers = descriptors(json[field] ?? [], field, subject);
  if (config === undefined && mediaType !== MEDIA_TYPES.ociArtifact)
    throw invalid(subject, 'it has no config');
  return {
    kind: 'image',
    mediaType,
    layers,
    ...(config === undefined ? {} : { config }),
    ...common(json, subject),
    ...artifactType(json['artifactType'] ?? config?.mediaType),
  };
}

function artifactType(value: unknown): { artifactType?: string } {
  return typeof value === 'string' && value !== '' ? { artifactType: value } : {};
}

function common(
  json: Record<string, unknown>,
  subject: string,
): { subject?: Descriptor; annotations: Readonly<Record<string, string>> } {
  const about = json['subject'];
  return {
    annotations: stringMap(json['annotations']),
    ...(about === undefined || about === null ? {} : { subject: descriptor(about, 'subject', subject) }),
  };
}

function descriptors(value: unknown, field: string, subject: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(subject, `${field} is not a list`);
  return value.map((item, index) => descriptor(item, `${field}[${index}]`, subject));
}

function descriptor(value: unknown, field: string, subject: string): Descriptor {
  if (!isFields(value)) throw invalid(subject, `${field} is not a descriptor`);
  const { mediaType, digest, size, urls } = value;
  if (typeof mediaType !== 'string') throw invalid(subject, `${field} has no mediaType`);
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(subject, `${field} has no valid digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(subject, `${field} has no valid size`);
  const platform = platformOf(value['platform']);
  const annotations = stringMap(value['annotations']);
  return {
    mediaType,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(typeof value['artifactType'] === 'string' ? { artifactType: value['artifactType'] } : {}),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(Array.isArray(urls) && urls.every((url) => typeof url === 'string') ? { urls } : {}),
  };
}

function platformOf(value: unknown): Platform | undefined {
  if (!isFields(value) || typeof value['os'] !== 'string' || typeof value['architecture'] !== 'string')
    return undefined;
  const variant = value['variant'];
  const osVersion = value['os.version'];
  return {
    os: value['os'],
    architecture: value['architecture'],
    ...(typeof variant === 'string' && variant !== '' ? { variant } : {}),
    ...(typeof osVersion === 'string' && osVersion !== '' ? { osVersion } : {}),
  };
}

function stringMap(value: unknown): Record<string, string> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Servers without a clue say text/plain or octet-stream; that is no statement. */
function meaningfulType(contentType: string | undefined): string | undefined {
  const bare = contentType?.split(';')[0]?.trim().toLowerCase();
  return bare === undefined ||
    bare === '' ||
    bare === 'text/plain' ||
    bare === 'application/json' ||
    bare === 'application/octet-stream'
    ? undefined
    : bare;
}

/** Documents from before `mediaType` was common say what they are by their fields (containers/image GuessMIMEType). */
function guessType(json: Record<string, unknown>, subject: string): string {
  if (json['schemaVersion'] === 1) return MEDIA_TYPES.dockerSchema1;
  if (Array.isArray(json['manifests'])) return MEDIA_TYPES.ociIndex;
  const config = json['config'];
  if (isFields(config))
    return config['mediaType'] === MEDIA_TYPES.dockerConfig
      ? MEDIA_TYPES.dockerManifest
      : MEDIA_TYPES.ociManifest;
  throw invalid(subject, 'it does not say what it is');
}

function invalid(subject: string, reason: string, cause?: unknown): SallyportError {
  return new SallyportError('MANIFEST_INVALID', `is not a valid manifest: ${reason}`, { subject, cause });
}
