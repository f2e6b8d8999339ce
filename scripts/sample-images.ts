import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  type Descriptor,
  type Digest,
  digestOf,
  formatPlatform,
  MEDIA_TYPES,
  parsePlatform,
  type RawManifest,
  readManifest,
} from '../src/oci/index.ts';
import type { ContentStore } from '../src/store/index.ts';

/**
 * Small real images for the demo, the tests and the benchmark: valid manifests, configs and gzip'd tars that any runtime unpacks,
 * the same bytes for the same seeds everywhere, and layers of any size that are made as they are read.
 */

export interface SampleLayer {
  /** About how many bytes; headers come on top. */
  readonly size: number;
  readonly seed: string;
  /** The same bytes on every platform. Default false. */
  readonly shared?: boolean;
}

export interface SampleOptions {
  /** `linux/amd64`, `linux/arm64/v8`…; one makes a plain image instead of an index. */
  readonly platforms: readonly string[];
  readonly layers: readonly SampleLayer[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Add a provenance attestation per platform, as BuildKit does. */
  readonly attestations?: boolean;
  /** Add a signature of the root: under its `.sig` tag as older cosign does, or as a referrer. Its content proves nothing. */
  readonly signature?: 'tag' | 'referrer';
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** Wrap a single platform in an index too. */
  readonly alwaysIndex?: boolean;
}

export interface SampleBlob {
  readonly descriptor: Descriptor;
  readonly open: (offset: number) => Promise<Readable>;
}

export interface SampleImage {
  readonly root: RawManifest;
  /** Children before parents, the root last. */
  readonly manifests: readonly RawManifest[];
  /** What refers to the root, to be written after it. */
  readonly extras: readonly { readonly manifest: RawManifest; readonly tag?: string }[];
  readonly blobs: ReadonlyMap<Digest, SampleBlob>;
}

export function makeImage(options: SampleOptions): SampleImage {
  const blobs = new Map<Digest, SampleBlob>();
  const types = options.docker === true ? DOCKER : OCI;
  const manifests: RawManifest[] = [];
  const entries: object[] = [];
  for (const name of options.platforms) {
    const platform = { ...parsePlatform(name) };
    const layers = options.layers.map((layer) => makeLayer(layer, name, types.layer));
    for (const { blob } of layers) blobs.set(blob.descriptor.digest, blob);
    const config = jsonBlob(blobs, types.config, {
      created: '2024-01-01T00:00:00Z',
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      config: { Env: ['PATH=/usr/bin'], Cmd: ['/bin/true'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: options.layers.map(({ seed }) => ({
        created: '2024-01-01T00:00:00Z',
        created_by: `sample ${seed}`,
      })),
    });
    const manifest = makeManifest({
      schemaVersion: 2,
      mediaType: types.manifest,
      config,
      layers: layers.map(({ blob }) => blob.descriptor),
      ...(options.annotations === undefined || options.docker === true
        ? {}
        : { annotations: options.annotations }),
    });
    manifests.push(manifest);
    entries.push({ ...manifest.descriptor, platform });
  }
  if (options.attestations === true) {
    for (const [index, name] of options.platforms.entries()) {
      const about = manifests[index];
      if (about === undefined) continue;
      const attestation = makeAttestation(blobs, about, name);
      manifests.push(attestation);
      entries.push({
        ...attestation.descriptor,
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': about.descriptor.digest,
        },
        platform: { architecture: 'unknown', os: 'unknown' },
      });
    }
  }
  if (manifests.length > 1 || options.alwaysIndex === true)
    manifests.push(
      makeManifest({
        schemaVersion: 2,
        mediaType: types.index,
        manifests: entries,
        ...(options.annotations === undefined || options.docker === true
          ? {}
          : { annotations: options.annotations }),
      }),
    );
  const root = manifests.at(-1);
  if (root === undefined) throw new RangeError('an image needs a platform');
  const extras = options.signature === undefined ? [] : [makeSignature(blobs, root, options.signature)];
  return { root, manifests, extras, blobs };
}

/** Writes an image: blobs, then manifests, the tag last, then what refers to it. */
export async function fill(
  store: Pick<ContentStore, 'writeBlob' | 'writeManifest'>,
  image: SampleImage,
  tag: string,
): Promise<void> {
  const waiting = [...image.blobs.values()];
  const work = async () => {
    for (let blob = waiting.pop(); blob !== undefined; blob = waiting.pop())
      await store.writeBlob(blob.descriptor, blob.open);
  };
  await Promise.all([work(), work(), work(), work()]);
  for (const manifest of image.manifests)
    await store.writeManifest(manifest, manifest === image.root ? { tag } : {});
  for (const extra of image.extras)
    await store.writeManifest(extra.manifest, extra.tag === undefined ? {} : { tag: extra.tag });
}

/** Media types of an image in OCI's form. */
export const OCI = {
  index: MEDIA_TYPES.ociIndex,
  manifest: MEDIA_TYPES.ociManifest,
  config: MEDIA_TYPES.ociConfig,
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

const DOCKER = {
  index: MEDIA_TYPES.dockerList,
  manifest: MEDIA_TYPES.dockerManifest,
  config: MEDIA_TYPES.dockerConfig,
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};

function makeManifest(content: object): RawManifest {
  return readManifest(Buffer.from(JSON.stringify(content, null, 2)));
}

function jsonBlob(blobs: Map<Digest, SampleBlob>, mediaType: string, content: object): Descriptor {
  return bytesBlob(blobs, mediaType, Buffer.from(JSON.stringify(content)));
}

function bytesBlob(blobs: Map<Digest, SampleBlob>, mediaType: string, bytes: Buffer): Descriptor {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  blobs.set(descriptor.digest, {
    descriptor,
    open: async (offset) => Readable.from([bytes.subarray(offset)]),
  });
  return descriptor;
}

function makeAttestation(blobs: Map<Digest, SampleBlob>, about: RawManifest, platform: string): RawManifest {
  const layer = jsonBlob(blobs, 'application/vnd.in-toto+json', {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [
      { name: `sample (${platform})`, digest: { sha256: about.descriptor.digest.slice('sha256:'.length) } },
    ],
    predicate: { builder: { id: '' }, buildType: 'sample' },
  });
  const config = jsonBlob(blobs, MEDIA_TYPES.ociConfig, {
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  return makeManifest({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer] });
}

function makeSignature(
  blobs: Map<Digest, SampleBlob>,
  about: RawManifest,
  form: 'tag' | 'referrer',
): { manifest: RawManifest; tag?: string } {
  const { digest } = about.descriptor;
  const payload = jsonBlob(blobs, 'application/vnd.dev.cosign.simplesigning.v1+json', {
    critical: { image: { 'docker-manifest-digest': digest }, type: 'cosign container image signature' },
    optional: null,
  });
  const layers = [{ ...payload, annotations: { 'dev.cosignproject.cosign/signature': 'c2FtcGxl' } }];
  if (form === 'tag') {
    const config = jsonBlob(blobs, MEDIA_TYPES.ociConfig, {
      architecture: '',
      os: '',
      rootfs: { type: 'layers', diff_ids: [payload.digest] },
    });
    return {
      manifest: makeManifest({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers }),
      tag: `${digest.replace(':', '-')}.sig`,
    };
  }
  const config = bytesBlob(blobs, MEDIA_TYPES.ociEmpty, Buffer.from('{}'));
  return {
    manifest: makeManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
      config,
      layers,
      subject: about.descriptor,
      annotations: { 'org.opencontainers.image.created': '2024-01-01T00:00:00Z' },
    }),
  };
}

/** A layer with its digest; reading it makes the bytes again, so that gigabytes need no memory. */
function makeLayer(
  layer: SampleLayer,
  platform: string,
  mediaType: string,
): { readonly blob: SampleBlob; readonly diffId: Digest } {
  const seed =
    layer.shared === true ? layer.seed : `${layer.seed} ${formatPlatform(parsePlatform(platform))}`;
  const packed = createHash('sha256');
  const plain = createHash('sha256');
  let size = 0;
  for (const chunk of gzip(tar(seed, layer.size), (part) => plain.update(part))) {
    packed.update(chunk);
    size += chunk.length;
  }
  const descriptor: Descriptor = { mediaType, digest: `sha256:${packed.digest('hex')}`, size };
  const open = async (offset: number) => Readable.from(skip(gzip(tar(seed, layer.size)), offset));
  return { blob: { descriptor, open }, diffId: `sha256:${plain.digest('hex')}` };
}

function* skip(chunks: Iterable<Buffer>, offset: number): Generator<Buffer> {
  let left = offset;
  for (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

const CHUNK = 64 * 1024 - 1;

/** A gzip member of stored blocks (RFC 1951 section 3.2.4): random bytes do not shrink, and this costs nothing to make. */
function* gzip(chunks: Iterable<Buffer>, see: (part: Buffer) => void = () => undefined): Generator<Buffer> {
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  let check = 0;
  let size = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += CHUNK) {
      const part = chunk.subarray(at, at + CHUNK);
      see(part);
      check = crc32(part, check);
      size += part.length;
      const head = Buffer.alloc(5);
      head.writeUInt16LE(part.length, 1);
      head.writeUInt16LE(0xffff - part.length, 3);
      yield Buffer.concat([head, part]);
    }
  }
  const end = Buffer.alloc(13);
  end[0] = 1;
  end.writeUInt16LE(0xffff, 3);
  end.writeUInt32LE(check >>> 0, 5);
  end.writeUInt32LE(size % 2 ** 32, 9);
  yield end;
}

/** A tar with a small tree: a release file, a folder, and one file of random bytes that gives the layer its size. */
function* tar(seed: string, size: number): Generator<Buffer> {
  const id = createHash('sha256').update(seed).digest('hex').slice(0, 12);
  const release = Buffer.from(`NAME=sample\nLAYER=${id}\n`);
  yield tarHeader('etc/', 0, '5');
  yield tarHeader(`etc/sample-${id}`, release.length, '0');
  yield padded(release);
  yield tarHeader('usr/', 0, '5');
  yield tarHeader(`usr/${id}/`, 0, '5');
  yield tarHeader(`usr/${id}/data`, size, '0');
  const stream = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  for (let left = size; left > 0; left -= CHUNK)
    yield stream.update(zeros.subarray(0, Math.min(left, CHUNK)));
  yield Buffer.alloc(((512 - (size % 512)) % 512) + 1024);
}

/** A file's bytes as a tar holds them: filled up to whole blocks. */
export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** POSIX.1-1988 ustar header: a file (`0`), a link to another name (`2`) or a folder (`5`). */
export function tarHeader(
  name: string,
  size: number,
  type: '0' | '2' | '5',
  more: { readonly executable?: boolean; readonly link?: string } = {},
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(type === '5' || more.executable === true ? '0000755\0' : '0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('14544126000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(more.link ?? '', 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
