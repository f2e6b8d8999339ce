import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { padded, type SampleImage, tarHeader } from '../../../scripts/sample-images.ts';
import {
  type Descriptor,
  digestOf,
  MEDIA_TYPES,
  type RawManifest,
  readManifest,
} from '../../../src/oci/index.ts';

/** What an image of the tests is made of: the stand-in program, and how it is started. */
export interface StandinImage {
  /** Makes the image differ from others that run the same. */
  readonly seed: string;
  /** What the program behaves as: `$STANDIN`. Default: a server that answers on every path. */
  readonly role?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the program itself. */
  readonly entrypoint?: readonly string[];
  /** Default: this machine's alone, as an index. `lies` gives a manifest whose program is another machine's. */
  readonly platforms?: readonly Architecture[];
  /** A manifest without an index around it. */
  readonly single?: boolean;
  readonly lies?: boolean;
}

export type Architecture = 'amd64' | 'arm64';

export const OWN: Architecture = arch() === 'arm64' ? 'arm64' : 'amd64';

/** Where upstream's manifests and operators expect a program; all of them are the one. */
const PATHS = [
  'pause',
  'manager',
  'usr/local/bin/entrypoint',
  'usr/local/bin/tail',
  ...['sh', 'bash', 'true', 'echo', 'cat', 'ls', 'rm'].map((name) => `bin/${name}`),
];

/** Makes images of the stand-in program. They share their one layer. */
export function createImageMaker(standin: string): (options: StandinImage) => SampleImage {
  const layers = new Map<Architecture, Layer>();
  const layerOf = (architecture: Architecture): Layer => {
    const layer = layers.get(architecture) ?? makeLayer(join(standin, `standin-${architecture}`));
    layers.set(architecture, layer);
    return layer;
  };
  return (options) => {
    const { seed, role, env = {}, entrypoint = ['/standin'], platforms = [OWN], single, lies } = options;
    const blobs: Blob[] = [];
    const manifests = platforms.map((architecture) => {
      const layer = layerOf(lies === true ? otherThan(architecture) : architecture);
      const config = blobOf(
        MEDIA_TYPES.ociConfig,
        Buffer.from(
          JSON.stringify({
            architecture,
            os: 'linux',
            config: {
              Entrypoint: entrypoint,
              Env: Object.entries({
                PATH: '/usr/local/bin:/bin',
                ...(role === undefined ? {} : { STANDIN: role }),
                ...env,
              }).map(([name, value]) => `${name}=${value}`),
              // Upstream's pods ask for a user that is not root; none of the programs needs one.
              User: '65532',
              Labels: { seed },
            },
            rootfs: { type: 'layers', diff_ids: [layer.diffId] },
          }),
        ),
      );
      blobs.push(layer.blob, config);
      const mediaType = MEDIA_TYPES.ociManifest;
      return {
        architecture,
        manifest: manifestOf({
          schemaVersion: 2,
          mediaType,
          config: config.descriptor,
          layers: [layer.blob.descriptor],
        }),
      };
    });
    const all = manifests.map(({ manifest }) => manifest);
    if (single !== true)
      all.push(
        manifestOf({
          schemaVersion: 2,
          mediaType: MEDIA_TYPES.ociIndex,
          manifests: manifests.map(({ manifest, architecture }) => ({
            ...manifest.descriptor,
            platform: { os: 'linux', architecture },
          })),
        }),
      );
    const root = all.at(-1);
    if (root === undefined) throw new RangeError('an image needs a platform');
    return {
      root,
      manifests: all,
      extras: [],
      blobs: new Map(blobs.map((blob) => [blob.descriptor.digest, blob])),
    };
  };
}

/** An image of one layer for this machine, as a manifest without an index. `config` is what the image specification says of how it runs. */
export function imageOf(tar: Buffer, config: Readonly<Record<string, unknown>>): SampleImage {
  const layer = layerOf(tar);
  const described = blobOf(
    MEDIA_TYPES.ociConfig,
    Buffer.from(
      JSON.stringify({
        architecture: OWN,
        os: 'linux',
        config,
        rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      }),
    ),
  );
  const root = manifestOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: described.descriptor,
    layers: [layer.blob.descriptor],
  });
  const blobs = new Map([layer.blob, described].map((blob) => [blob.descriptor.digest, blob]));
  return { root, manifests: [root], extras: [], blobs };
}

interface Blob {
  readonly descriptor: Descriptor;
  readonly open: (offset: number) => Promise<Readable>;
}

interface Layer {
  readonly blob: Blob;
  readonly diffId: string;
}

function makeLayer(program: string): Layer {
  const bytes = readFileSync(program);
  const folders = new Set(
    ['tmp/', ...PATHS].flatMap((path) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, at, parts) => parts.slice(0, at + 1).join('/')),
    ),
  );
  const tar = Buffer.concat([
    ...[...folders].map((folder) => tarHeader(`${folder}/`, 0, '5')),
    tarHeader('standin', bytes.length, '0', { executable: true }),
    padded(bytes),
    ...PATHS.map((path) => tarHeader(path, 0, '2', { link: '/standin' })),
    Buffer.alloc(1024),
  ]);
  return layerOf(tar);
}

function layerOf(tar: Buffer): Layer {
  const packed = gzipSync(tar, { level: 1 });
  return { blob: blobOf('application/vnd.oci.image.layer.v1.tar+gzip', packed), diffId: digestOf(tar) };
}

function blobOf(mediaType: string, bytes: Buffer): Blob {
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    open: async (offset) => Readable.from([bytes.subarray(offset)]),
  };
}

function manifestOf(content: object): RawManifest {
  return readManifest(Buffer.from(JSON.stringify(content)));
}

function otherThan(architecture: Architecture): Architecture {
  return architecture === 'amd64' ? 'arm64' : 'amd64';
}
