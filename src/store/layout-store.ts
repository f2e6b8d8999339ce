import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { SallyportError, whenAborted } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  isDigest,
  isTag,
  MANIFEST_LIMITS,
  type RawManifest,
  readManifest,
} from '../oci/index.ts';
import { BlobWriter } from './blob-writer.ts';
import type {
  CallOptions,
  CheckingStore,
  ContentStore,
  MountingStore,
  ReadBlobOptions,
  ReferringStore,
  TagListingStore,
} from './content-store.ts';
import { sizeOfRegular } from './files.ts';
import type { DiskLayout } from './layout.ts';
import { makeEntry } from './layout-index.ts';
import { digestMismatch, sizeMismatch, verifying } from './verify.ts';

/** One repository of an OCI image layout. Blobs are shared by all repositories of the layout; tags are not. */
export class LayoutStore
  implements ContentStore, CheckingStore, MountingStore, ReferringStore, TagListingStore
{
  readonly checksContent = true;
  readonly name: string;
  readonly #layout: DiskLayout;
  readonly #repository: string;

  constructor(layout: DiskLayout, repository: string) {
    this.#layout = layout;
    this.#repository = repository;
    this.name = `layout ${layout.dir}${repository === '' ? '' : ` (${repository})`}`;
  }

  async resolve(selector: string, options: CallOptions = {}): Promise<Descriptor | undefined> {
    options.signal?.throwIfAborted();
    if (!isDigest(selector)) {
      const entry = this.#layout.entry(this.#repository, selector);
      return entry === undefined
        ? undefined
        : { mediaType: entry.mediaType, digest: entry.digest, size: entry.size };
    }
    // A manifest by digest may be a child that `index.json` does not list; its own bytes say what it is.
    return (await this.#load(selector))?.descriptor;
  }

  async readManifest(selector: string, options: CallOptions = {}): Promise<RawManifest> {
    options.signal?.throwIfAborted();
    const entry = isDigest(selector) ? undefined : this.#layout.entry(this.#repository, selector);
    const digest = isDigest(selector) ? selector : entry?.digest;
    const manifest = digest === undefined ? undefined : await this.#load(digest, entry?.mediaType);
    if (manifest === undefined)
      throw new SallyportError('MANIFEST_NOT_FOUND', `has no ${selector}`, { subject: this.name });
    return manifest;
  }

  async hasBlob(blob: Descriptor, options: CallOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return (await this.#layout.blobs.size(blob.digest)) === blob.size;
  }

  async readBlob(blob: Descriptor, options: ReadBlobOptions = {}): Promise<Readable> {
    options.signal?.throwIfAborted();
    const size = await this.#layout.blobs.size(blob.digest);
    if (size === undefined) throw this.#blobMissing(blob);
    if (size !== blob.size) throw sizeMismatch(blob, this.name, String(size));
    const offset = options.offset ?? 0;
    const source = await this.#layout.blobs.open(blob.digest, { start: offset });
    if (source === undefined) throw this.#blobMissing(blob);
    const end = (cause?: Error | null) => void source.destroy(cause ?? undefined);
    const forget = whenAborted(options.signal, () => source.destroy(asError(options.signal?.reason)));
    source.once('close', forget);
    // From the middle the hash cannot be checked; the caller has the whole and does.
    return offset === 0 && options.unchecked !== true
      ? pipeline(source, verifying(blob, this.name), end)
      : source;
  }

  async writeBlob(
    blob: Descriptor,
    open: (offset: number) => Promise<Readable>,
    options: CallOptions = {},
  ): Promise<void> {
    this.#layout.assertWritable();
    await this.#layout.exclusively(blob.digest, async () => {
      if ((await this.#layout.blobs.size(blob.digest)) === blob.size) return;
      const writer = await this.#continue(blob);
      try {
        await this.#fill(writer, blob, open, options);
      } catch (cause) {
        // Right so far, as far as is known: a later run continues here.
        await writer.close();
        throw cause;
      }
      const found = await writer.digest(digestAlgorithm(blob.digest));
      if (writer.offset !== blob.size || found !== blob.digest) {
        const short = writer.offset < blob.size;
        await (short ? writer.close() : writer.discard());
        throw writer.offset === blob.size
          ? digestMismatch(blob, this.name, digestHex(found))
          : sizeMismatch(blob, this.name, String(writer.offset));
      }
      await this.#layout.blobs.adopt(writer, blob.digest);
    });
  }

  async writeManifest(
    manifest: RawManifest,
    options: CallOptions & { readonly tag?: string } = {},
  ): Promise<void> {
    this.#layout.assertWritable();
    options.signal?.throwIfAborted();
    const { tag } = options;
    if (tag !== undefined && !isTag(tag))
      throw new SallyportError('REFERENCE_INVALID', 'is not a tag', { subject: tag });
    const { descriptor, view } = manifest;
    readManifest(manifest.bytes, { digest: descriptor.digest, contentType: descriptor.mediaType });
    if ((await this.#layout.blobs.size(descriptor.digest)) !== descriptor.size)
      await this.#layout.blobs.write(descriptor.digest, manifest.bytes);
    const name = tag === undefined ? undefined : this.#repository === '' ? tag : `${this.#repository}:${tag}`;
    const children = view.kind === 'index' ? view.manifests.map((child) => child.digest) : [];
    await this.#layout.record(makeEntry(descriptor, name), children);
  }

  /** A blob of the layout is in each of its repositories. */
  mountBlob(blob: Descriptor, _fromRepository: string, options: CallOptions = {}): Promise<boolean> {
    return this.hasBlob(blob, options);
  }

  /** Reads every manifest that `index.json` lists; layouts have no table of referrers. */
  async referrers(digest: Digest, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    const found = new Map<Digest, Descriptor>();
    for (const entry of this.#layout.entries()) {
      options.signal?.throwIfAborted();
      const manifest = await this.#load(entry.digest, entry.mediaType);
      if (manifest?.view.subject?.digest !== digest) continue;
      const { artifactType, annotations } = manifest.view;
      found.set(entry.digest, {
        ...manifest.descriptor,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      });
    }
    return [...found.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  }

  async listTags(options: CallOptions & { readonly limit?: number } = {}): Promise<readonly string[]> {
    options.signal?.throwIfAborted();
    return this.#layout.tags(this.#repository).slice(0, options.limit);
  }

  async #load(digest: Digest, contentType?: string): Promise<RawManifest | undefined> {
    const bytes = await this.#layout.blobs.read(digest, MANIFEST_LIMITS.bytes);
    if (bytes === undefined) return undefined;
    return readManifest(bytes, {
      digest,
      subject: `${this.name} ${digest}`,
      ...(contentType === undefined ? {} : { contentType }),
    });
  }

  async #continue(blob: Descriptor): Promise<BlobWriter> {
    const algorithm = digestAlgorithm(blob.digest);
    const path = join(await this.#layout.ingestFolder(), `${algorithm}-${digestHex(blob.digest)}`);
    const { durable } = this.#layout.blobs;
    const size = await sizeOfRegular(path);
    if (size === undefined) return BlobWriter.create({ path, durable, algorithm });
    const writer = BlobWriter.resume({ path, durable, algorithm, size });
    if (size <= blob.size) return writer;
    await writer.discard();
    return BlobWriter.create({ path, durable, algorithm });
  }

  async #fill(
    writer: BlobWriter,
    blob: Descriptor,
    open: (offset: number) => Promise<Readable>,
    options: CallOptions,
  ): Promise<void> {
    if (writer.offset === blob.size && blob.size > 0) return;
    const source = await open(writer.offset);
    try {
      for await (const chunk of source) {
        options.signal?.throwIfAborted();
        const bytes = chunk as Buffer;
        if (writer.offset + bytes.length > blob.size) {
          await writer.discard();
          throw sizeMismatch(blob, this.name, `more than ${blob.size}`);
        }
        await writer.append(bytes);
      }
    } finally {
      source.destroy();
    }
  }

  #blobMissing(blob: Descriptor): SallyportError {
    return new SallyportError('BLOB_NOT_FOUND', `has no blob ${blob.digest}`, { subject: this.name });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
