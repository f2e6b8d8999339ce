import { isFields, jsonFields } from '../../base/index.ts';
import { type Descriptor, type Digest, isDigest } from '../../oci/index.ts';
import { INFO } from './names.ts';
import { invalid } from './tar-header.ts';

/** `sallyport/bundle.json`: what a bundle holds, beside what its `index.json` tells every tool. Sizes are bytes. */
export interface BundleInfo {
  readonly apiVersion: 'sallyport.dev/v1alpha1';
  readonly kind: 'Bundle';
  readonly name: string;
  readonly format: BundleFormat;
  /** `os/arch[/variant]` that were taken; empty: all. */
  readonly platforms: readonly string[];
  readonly images: readonly BundledImage[];
  /** Content that is not in the file because the target has it (`--since`). */
  readonly omitted: readonly OmittedBlob[];
}

/** `docker-archive`: without indexes and signatures. A bundle of one platform has a `manifest.json` for Docker whatever its format. */
export type BundleFormat = 'oci' | 'docker-archive';

export interface BundledImage {
  /** Normalised, as in the lock. */
  readonly reference: string;
  readonly digest: Digest;
  /** Where the lock wants it; absent without a target. */
  readonly target?: { readonly repository: string; readonly tag: string };
}

export interface OmittedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Repositories of the target (`host/path`) that have it. */
  readonly in: readonly string[];
}

/** Sorted, so that the same content is the same bytes. */
export function formatInfo(info: BundleInfo): Buffer {
  const { apiVersion, kind, name, format, platforms } = info;
  const images = info.images
    .map(({ reference, digest, target }) => ({
      reference,
      digest,
      ...(target === undefined ? {} : { target: { repository: target.repository, tag: target.tag } }),
    }))
    .toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  const omitted = info.omitted
    .map((blob) => ({ digest: blob.digest, size: blob.size, in: blob.in.toSorted() }))
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  return Buffer.from(
    `${JSON.stringify({ apiVersion, kind, name, format, platforms: platforms.toSorted(), images, omitted }, undefined, 1)}\n`,
  );
}

/** Throws `BUNDLE_INVALID`. */
export function parseInfo(bytes: Buffer, path: string): BundleInfo {
  const where = `${path} (${INFO})`;
  const value = jsonFields(bytes, (reason, cause) => invalid(where, reason, cause));
  if (value['apiVersion'] !== 'sallyport.dev/v1alpha1' || value['kind'] !== 'Bundle')
    throw invalid(
      where,
      `it is of another version (${String(value['apiVersion'])} ${String(value['kind'])})`,
    );
  const { name, format } = value;
  if (typeof name !== 'string') throw invalid(where, 'it has no name');
  if (format !== 'oci' && format !== 'docker-archive') throw invalid(where, 'it names no known format');
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Bundle',
    name,
    format,
    platforms: list(value, 'platforms', where, (item) => (typeof item === 'string' ? item : undefined)),
    images: list(value, 'images', where, readImage),
    omitted: list(value, 'omitted', where, readOmitted),
  };
}

function readImage(item: unknown): BundledImage | undefined {
  if (!isFields(item)) return undefined;
  const { reference, digest, target } = item;
  if (typeof reference !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (target === undefined) return { reference, digest };
  if (!isFields(target)) return undefined;
  const { repository, tag } = target;
  if (typeof repository !== 'string' || typeof tag !== 'string') return undefined;
  return { reference, digest, target: { repository, tag } };
}

function readOmitted(item: unknown): OmittedBlob | undefined {
  if (!isFields(item)) return undefined;
  const { digest, size, in: repositories } = item;
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (!Array.isArray(repositories) || !repositories.every((one) => typeof one === 'string')) return undefined;
  return { digest, size, in: repositories };
}

function list<T>(
  value: Record<string, unknown>,
  key: string,
  where: string,
  read: (item: unknown) => T | undefined,
): T[] {
  const items = value[key];
  if (!Array.isArray(items)) throw invalid(where, `${key} is not a list`);
  return items.map((item: unknown, position) => {
    const found = read(item);
    if (found === undefined) throw invalid(where, `${key}[${position}] is malformed`);
    return found;
  });
}

/** A descriptor of a named entry of `index.json`. */
export interface NamedManifest {
  readonly descriptor: Descriptor;
  /** A whole reference; undefined for what is found by digest or subject only. */
  readonly name?: string;
  /** A signature or the like under its tag: other tools shall not take it for an image. */
  readonly isBeside?: boolean;
  /** Set for an entry beside the one of that name: by which containerd on a node shall know the image too. */
  readonly nodeName?: string;
}
