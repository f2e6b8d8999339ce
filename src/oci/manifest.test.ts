import { describe, expect, it } from 'vitest';
import { digestOf } from './hash.ts';
import { blobsOf, type Descriptor, isForeign, MANIFEST_LIMITS, readManifest } from './manifest.ts';
import {
  isForeignLayerType,
  isImageType,
  isIndexType,
  isManifestType,
  isSchema1Type,
  MANIFEST_ACCEPT,
  MEDIA_TYPES,
} from './media-types.ts';

const digest = (text: string) => digestOf(Buffer.from(text));
const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digest('config'), size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('layer'), size: 5 };
const foreign = {
  mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  digest: digest('foreign'),
  size: 7,
  urls: ['https://example.com/layer'],
};
const image = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer] };
const child = {
  mediaType: MEDIA_TYPES.ociManifest,
  digest: digest('child'),
  size: 9,
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
};
const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [child] };

const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('readManifest', () => {
  it('reads an image and keeps its bytes', () => {
    const bytes = Buffer.from(JSON.stringify(image, null, 3));
    const read = readManifest(bytes);
    expect(read.bytes).toBe(bytes);
    expect(read.descriptor).toEqual({
      mediaType: MEDIA_TYPES.ociManifest,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    expect(read.view).toEqual({
      kind: 'image',
      mediaType: MEDIA_TYPES.ociManifest,
      config,
      layers: [layer],
      artifactType: MEDIA_TYPES.ociConfig,
      annotations: {},
    });
  });

  it('reads an index with platforms, subject and annotations', () => {
    const subject = { mediaType: MEDIA_TYPES.ociManifest, digest: digest('subject'), size: 3 };
    const windows = {
      ...child,
      platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', variant: '' },
    };
    const view = readManifest(
      bytesOf({
        ...index,
        manifests: [child, windows],
        subject,
        artifactType: 'a/b',
        annotations: { a: 'b', c: 1 },
      }),
    ).view;
    expect(view).toEqual({
      kind: 'index',
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [
        child,
        { ...child, platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.1' } },
      ],
      subject,
      artifactType: 'a/b',
      annotations: { a: 'b' },
    });
  });

  it.each<[name: string, body: unknown, contentType: string | undefined, mediaType: string]>([
    ['the body', image, undefined, MEDIA_TYPES.ociManifest],
    [
      'the transport',
      { ...image, mediaType: undefined },
      `${MEDIA_TYPES.ociManifest}; charset=utf-8`,
      MEDIA_TYPES.ociManifest,
    ],
    [
      'the transport, in capitals',
      { ...image, mediaType: undefined },
      MEDIA_TYPES.ociManifest.toUpperCase(),
      MEDIA_TYPES.ociManifest,
    ],
    ['the body when the transport has no idea', image, 'text/plain; charset=utf-8', MEDIA_TYPES.ociManifest],
    [
      'the fields of an OCI image',
      { ...image, mediaType: undefined },
      'application/json',
      MEDIA_TYPES.ociManifest,
    ],
    [
      'the fields of a Docker image',
      { ...image, mediaType: undefined, config: { ...config, mediaType: MEDIA_TYPES.dockerConfig } },
      undefined,
      MEDIA_TYPES.dockerManifest,
    ],
    [
      'the fields of an index',
      { ...index, mediaType: undefined },
      'application/octet-stream',
      MEDIA_TYPES.ociIndex,
    ],
    [
      'a Docker list',
      { ...index, mediaType: MEDIA_TYPES.dockerList },
      MEDIA_TYPES.dockerList,
      MEDIA_TYPES.dockerList,
    ],
    [
      'an artifact manifest',
      { mediaType: MEDIA_TYPES.ociArtifact, artifactType: 'a/b', blobs: [layer] },
      undefined,
      MEDIA_TYPES.ociArtifact,
    ],
  ])('learns the media type from %s', (_, body, contentType, mediaType) => {
    const read = readManifest(bytesOf(body), contentType === undefined ? {} : { contentType });
    expect(read.descriptor.mediaType).toBe(mediaType);
    expect(read.view.mediaType).toBe(mediaType);
  });

  it('takes null for an empty list, as Go writes it', () => {
    expect(readManifest(bytesOf({ ...image, layers: null })).view).toMatchObject({ layers: [] });
    expect(readManifest(bytesOf({ ...index, manifests: null, subject: null })).view).toMatchObject({
      manifests: [],
    });
  });

  it('names what it was asked about', () => {
    expect(() => readManifest(bytesOf('x'), { subject: 'quay.io/a/b:v1' })).toThrow(
      expect.objectContaining({ subject: 'quay.io/a/b:v1' }),
    );
    const known = digest('x');
    expect(() => readManifest(bytesOf('x'), { digest: known })).toThrow(
      expect.objectContaining({ subject: known }),
    );
    expect(readManifest(bytesOf(image), { digest: known }).descriptor.digest).toBe(known);
  });

  it.each<[name: string, body: unknown, reason: RegExp]>([
    ['text', 'hello', /not JSON/],
    ['nothing', '', /not JSON/],
    ['a list', [], /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['an empty object', {}, /does not say what it is/],
    ['too many bytes', ' '.repeat(MANIFEST_LIMITS.bytes + 1), /larger than/],
    [
      'too many children',
      { ...index, manifests: Array(MANIFEST_LIMITS.children + 1).fill(child) },
      /more than 1000/,
    ],
    ['an index with layers', { ...index, layers: [layer] }, /CVE-2021-41190/],
    ['an index with a config', { ...index, config }, /CVE-2021-41190/],
    ['an image with manifests', { ...image, manifests: [] }, /CVE-2021-41190/],
    ['an image with schema 1 layers', { ...image, fsLayers: [] }, /CVE-2021-41190/],
    ['an image without config', { ...image, config: undefined }, /no config/],
    ['layers that are no list', { ...image, layers: {} }, /layers is not a list/],
    ['manifests that are no list', { ...index, manifests: 'x' }, /manifests is not a list/],
    ['a layer that is no object', { ...image, layers: ['x'] }, /layers\[0\] is not a descriptor/],
    ['a config that is no object', { ...image, config: [] }, /config is not a descriptor/],
    ['a subject that is no object', { ...image, subject: 'x' }, /subject is not a descriptor/],
    [
      'a layer without media type',
      { ...image, layers: [{ ...layer, mediaType: undefined }] },
      /no mediaType/,
    ],
    [
      'a digest that climbs',
      { ...image, layers: [layer, { ...layer, digest: 'sha256:../../x' }] },
      /layers\[1\] has no valid digest/,
    ],
    [
      'a digest that is missing',
      { ...index, manifests: [{ ...child, digest: undefined }] },
      /no valid digest/,
    ],
    ['a size below zero', { ...image, layers: [{ ...layer, size: -1 }] }, /no valid size/],
    ['a size with a fraction', { ...image, layers: [{ ...layer, size: 1.5 }] }, /no valid size/],
    ['a size as text', { ...image, config: { ...config, size: '2' } }, /no valid size/],
    ['a size beyond counting', { ...image, config: { ...config, size: 2 ** 60 } }, /no valid size/],
  ])('refuses %s', (_, body, reason) => {
    expect(() => readManifest(bytesOf(body))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringMatching(reason) }),
    );
  });

  it('refuses two statements about the media type', () => {
    expect(() => readManifest(bytesOf(image), { contentType: MEDIA_TYPES.dockerManifest })).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining(MEDIA_TYPES.dockerManifest),
      }),
    );
  });

  it.each<[name: string, body: unknown, contentType: string | undefined]>([
    ['schema 1 by its number', { schemaVersion: 1, fsLayers: [] }, undefined],
    ['schema 1 by its type', { schemaVersion: 1 }, MEDIA_TYPES.dockerSchema1Signed],
    [
      'schema 1 that says it is 2',
      { schemaVersion: 1, mediaType: MEDIA_TYPES.dockerManifest, config },
      undefined,
    ],
    ['a config', { mediaType: MEDIA_TYPES.ociConfig }, undefined],
    ['a web page', { a: 1 }, 'text/html'],
  ])('refuses kinds that are not copied: %s', (_, body, contentType) => {
    expect(() => readManifest(bytesOf(body), contentType === undefined ? {} : { contentType })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }),
    );
  });
});

describe('blobsOf', () => {
  const blobs = (body: unknown): Descriptor[] => blobsOf(readManifest(bytesOf(body)).view);

  it('gives config and layers, each once', () => {
    expect(
      blobs({ ...image, layers: [layer, { ...layer, size: 5 }, { ...layer, digest: config.digest }] }),
    ).toEqual([config, layer]);
  });

  it('leaves out foreign layers that have an address', () => {
    expect(blobs({ ...image, layers: [foreign, layer] })).toEqual([config, layer]);
    const kept = { ...foreign, urls: [] };
    expect(blobs({ ...image, layers: [kept] })).toEqual([config, kept]);
    expect(isForeign({ ...layer, urls: ['https://example.com'] })).toBe(false);
  });

  it('gives the blobs of an artifact, and none of an index', () => {
    expect(blobs({ mediaType: MEDIA_TYPES.ociArtifact, blobs: [layer] })).toEqual([layer]);
    expect(blobs(index)).toEqual([]);
  });
});

describe('media types', () => {
  it.each<[type: string, isIndex: boolean, isImage: boolean, isSchema1: boolean]>([
    [MEDIA_TYPES.ociIndex, true, false, false],
    [MEDIA_TYPES.dockerList, true, false, false],
    [MEDIA_TYPES.ociManifest, false, true, false],
    [MEDIA_TYPES.dockerManifest, false, true, false],
    [MEDIA_TYPES.ociArtifact, false, true, false],
    [MEDIA_TYPES.dockerSchema1, false, false, true],
    [MEDIA_TYPES.dockerSchema1Signed, false, false, true],
    [MEDIA_TYPES.ociConfig, false, false, false],
  ])('%s', (type, index, image, schema1) => {
    expect(isIndexType(type)).toBe(index);
    expect(isImageType(type)).toBe(image);
    expect(isManifestType(type)).toBe(index || image);
    expect(isSchema1Type(type)).toBe(schema1);
    expect(MANIFEST_ACCEPT.includes(type)).toBe(index || image || schema1);
  });

  it.each([
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', true],
    ['application/vnd.oci.image.layer.v1.tar', false],
  ])('%s is foreign: %s', (type, isForeignType) => {
    expect(isForeignLayerType(type)).toBe(isForeignType);
  });
});
