import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type Descriptor,
  type DigestAlgorithm,
  digestOf,
  MEDIA_TYPES,
  type Platform,
  type RawManifest,
  readManifest,
} from '../../src/oci/index.ts';
import type { ContentStore } from '../../src/store/index.ts';

/** Small images made in memory; the same options give the same bytes. */
export interface TestImage {
  readonly manifest: RawManifest;
  readonly blobs: readonly TestBlob[];
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TestBlob {
  readonly blob: Descriptor;
  readonly bytes: Buffer;
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export function blobOf(
  bytes: Buffer,
  options: { readonly mediaType?: string; readonly algorithm?: DigestAlgorithm } = {},
): Descriptor {
  const { mediaType = LAYER, algorithm = 'sha256' } = options;
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** What `writeBlob` wants as `open`. */
export function openerOf(bytes: Buffer): (offset: number) => Promise<Readable> {
  return async (offset) => Readable.from(chunksOf(bytes.subarray(offset)), { objectMode: false });
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Bytes that do not compress, the same for the same seed: AES in counter mode over nothing, which is quick. */
export function noise(seed: string, size: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

export interface ImageOptions {
  readonly seed: string;
  /** Layers by their bytes, or sizes from which noise is made. Default: one of 1000 bytes. */
  readonly layers?: readonly (Buffer | number)[];
  readonly platform?: Platform;
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Docker schema 2 instead of OCI. */
  readonly docker?: boolean;
  /** Of the layers' digests. Default sha256. */
  readonly algorithm?: DigestAlgorithm;
  /** Layers that are listed with a URL and not there. */
  readonly foreign?: readonly Descriptor[];
}

export function imageOf(options: ImageOptions): TestImage {
  const {
    seed,
    layers = [1000],
    platform,
    subject,
    artifactType,
    annotations,
    docker = false,
    foreign = [],
    algorithm = 'sha256',
  } = options;
  const content = layers.map((layer, index) =>
    typeof layer === 'number' ? noise(`${seed} ${index}`, layer) : layer,
  );
  const configBytes = Buffer.from(
    JSON.stringify({ architecture: platform?.architecture ?? 'amd64', os: platform?.os ?? 'linux', seed }),
  );
  const config = blobOf(configBytes, {
    mediaType: docker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig,
  });
  const mediaType = docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest;
  const manifest = readManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        ...(artifactType === undefined ? {} : { artifactType }),
        config,
        layers: [...content.map((bytes) => blobOf(bytes, { algorithm })), ...foreign],
        ...(subject === undefined
          ? {}
          : { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } }),
        ...(annotations === undefined ? {} : { annotations }),
      }),
    ),
  );
  return {
    manifest,
    blobs: [
      { blob: config, bytes: configBytes },
      ...content.map((bytes) => ({ blob: blobOf(bytes, { algorithm }), bytes })),
    ],
    ...(platform === undefined ? {} : { platform }),
  };
}

export interface IndexOptions {
  readonly docker?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Put into the index as they are. */
  readonly extra?: readonly object[];
}

export function indexOf(
  children: readonly (TestImage | RawManifest)[],
  options: IndexOptions = {},
): RawManifest {
  const { docker = false, annotations, extra = [] } = options;
  const manifests = children.map((child) => {
    const manifest = 'manifest' in child ? child.manifest : child;
    const { mediaType, digest, size } = manifest.descriptor;
    return {
      mediaType,
      digest,
      size,
      ...('platform' in child && child.platform !== undefined ? { platform: child.platform } : {}),
      ...('annotations' in child && child.annotations !== undefined
        ? { annotations: child.annotations }
        : {}),
    };
  });
  const mediaType = docker ? MEDIA_TYPES.dockerList : MEDIA_TYPES.ociIndex;
  return readManifest(
    Buffer.from(
      JSON.stringify(
        {
          schemaVersion: 2,
          mediaType,
          manifests: [...manifests, ...extra],
          ...(annotations === undefined ? {} : { annotations }),
        },
        undefined,
        1,
      ),
    ),
  );
}

/** Puts images and then an index over them, when one is given, into a store. */
export async function pushAll(
  store: ContentStore,
  images: readonly TestImage[],
  last?: { readonly manifest?: RawManifest; readonly tag: string },
): Promise<void> {
  for (const { blobs, manifest } of images) {
    await Promise.all(blobs.map(({ blob, bytes }) => store.writeBlob(blob, openerOf(bytes))));
    await store.writeManifest(
      manifest,
      last !== undefined && last.manifest === undefined ? { tag: last.tag } : {},
    );
  }
  if (last?.manifest !== undefined) await store.writeManifest(last.manifest, { tag: last.tag });
}
