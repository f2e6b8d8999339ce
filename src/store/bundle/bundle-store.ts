import type { Readable } from 'node:stream';
import { SallyportError } from '../../base/index.ts';
import {
  type Descriptor,
  type Digest,
  isDigest,
  MANIFEST_LIMITS,
  type RawManifest,
  readManifest,
} from '../../oci/index.ts';
import type {
  CallOptions,
  ContentStore,
  ReadBlobOptions,
  ReferringStore,
  TagListingStore,
} from '../content-store.ts';
import { checkContent, sizeMismatch } from '../verify.ts';
import type { Bundle } from './open.ts';
import { DAMAGED } from './tar-files.ts';

/** One repository of a bundle, read only. Blobs are shared by all repositories of the bundle; tags are not. */
export class BundleStore implements ContentStore, ReferringStore, TagListingStore {
  readonly name: string;
  readonly #bundle: Bundle;
  readonly #tags: ReadonlyMap<string, Descriptor>;

  constructor(bundle: Bundle, repository: string, tags: ReadonlyMap<string, Descriptor>) {
    this.#bundle = bundle;
    this.#tags = tags;
    this.name = `${bundle.path}${repository === '' ? '' : ` (${repository})`}`;
  }

  async resolve(selector: string, options: CallOptions = {}): Promise<Descriptor | undefined> {
    options.signal?.throwIfAborted();
    return isDigest(selector) ? this.#bundle.manifest(selector) : this.#tags.get(selector);
  }

  async readManifest(selector: string, options: CallOptions = {}): Promise<RawManifest> {
    const found = await this.resolve(selector, options);
    if (found === undefined)
      throw new SallyportError('MANIFEST_NOT_FOUND', `has no ${selector}`, { subject: this.name });
    const bytes = await this.#bundle.readBlob(found.digest, MANIFEST_LIMITS.bytes);
    return readManifest(bytes, {
      digest: found.digest,
      contentType: found.mediaType,
      subject: `${this.name} ${found.digest}`,
    });
  }

  async hasBlob(blob: Descriptor, options: CallOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return this.#bundle.blob(blob.digest)?.size === blob.size;
  }

  async readBlob(blob: Descriptor, options: ReadBlobOptions = {}): Promise<Readable> {
    options.signal?.throwIfAborted();
    const { offset = 0, unchecked = false, signal } = options;
    const entry = this.#bundle.blob(blob.digest);
    if (entry === undefined) throw this.#missing(blob.digest);
    if (entry.size !== blob.size) throw sizeMismatch(blob, this.name, String(entry.size));
    return this.#bundle.file.stream(entry.data + offset, entry.data + entry.size, {
      signal,
      // From the middle the hash cannot be checked; the caller has the whole and does.
      ...(offset === 0 && !unchecked ? { check: checkContent(blob, this.name, DAMAGED) } : {}),
    });
  }

  async writeBlob(): Promise<void> {
    throw this.#readOnly();
  }

  async writeManifest(): Promise<void> {
    throw this.#readOnly();
  }

  async referrers(digest: Digest, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    options.signal?.throwIfAborted();
    return this.#bundle.referrers(digest);
  }

  async listTags(options: CallOptions & { readonly limit?: number } = {}): Promise<readonly string[]> {
    options.signal?.throwIfAborted();
    return [...this.#tags.keys()].sort().slice(0, options.limit);
  }

  #missing(digest: Digest): SallyportError {
    const omitted = this.#bundle.info.omitted.some((blob) => blob.digest === digest);
    return omitted
      ? new SallyportError(
          'BLOB_NOT_FOUND',
          `was made for a target that has ${digest}, so it does not hold it`,
          {
            subject: this.name,
            hint: 'Load into the target whose inventory was used, or make the bundle again without --since.',
          },
        )
      : new SallyportError('BLOB_NOT_FOUND', `has no blob ${digest}`, { subject: this.name });
  }

  #readOnly(): SallyportError {
    return new SallyportError('FILE_WRITE_FAILED', 'a bundle is never changed once it is made', {
      subject: this.name,
    });
  }
}
