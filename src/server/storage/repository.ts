import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SallyportError } from '../../base/index.ts';
import { type Descriptor, type Digest, isDigest, isTag, type RawManifest } from '../../oci/index.ts';
import { isPlainFolder, readWholeFile, sizeOfRegular } from '../../store/index.ts';
import { digestPath, referrerDigest, referrerName, repositoryFolder, tagPath } from './paths.ts';
import type { Shared } from './shared.ts';
import { namesIn, removeFile, touchFile, writeFile } from './small-files.ts';
import { STORED_LIMITS } from './stored-manifest.ts';
import type { ByteRange, StoredManifest, UploadSession, WritableRepository } from './types.ts';
import { findUpload, startUpload } from './uploads.ts';

/** One repository on disk: small files beside the shared blobs (see paths.ts for the layout). */
export class DiskRepository implements WritableRepository {
  readonly name: string;
  readonly #folder: string;
  readonly #shared: Shared;

  constructor(name: string, shared: Shared) {
    this.name = name;
    this.#folder = repositoryFolder(shared.root, name);
    this.#shared = shared;
  }

  async exists(): Promise<boolean> {
    return (
      (await isPlainFolder(join(this.#folder, '_manifests'))) ||
      (await isPlainFolder(join(this.#folder, '_blobs')))
    );
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#shared.serial.run(this.name, work);
  }

  async blobSize(digest: Digest): Promise<number | undefined> {
    // Before looking: whoever is told that it is here must find it here.
    this.#shared.recent.mark(`${this.name} ${digest}`);
    const linked = (await sizeOfRegular(digestPath(this.#folder, '_blobs', digest))) !== undefined;
    if (linked) return await this.#shared.blobs.size(digest);
    // Nobody can rely on what is not here, and questions for random digests must not fill the memory.
    this.#shared.recent.unmark(`${this.name} ${digest}`);
    return undefined;
  }

  async openBlob(digest: Digest, range?: ByteRange): Promise<Readable> {
    const stream = await this.#shared.blobs.open(digest, range);
    if (stream === undefined)
      throw new SallyportError('BLOB_NOT_FOUND', 'is not in the storage', { subject: digest });
    return stream;
  }

  async linkBlob(digest: Digest): Promise<boolean> {
    this.#shared.assertWritable();
    // Under the lock of the digest: garbage collection removes files under the same one.
    return await this.#shared.serial.run(digest, async () => {
      if ((await this.#shared.blobs.size(digest)) === undefined) return false;
      this.#shared.recent.mark(digest);
      await this.#link(digest);
      return true;
    });
  }

  async deleteBlob(digest: Digest): Promise<boolean> {
    this.#shared.assertWritable();
    return await removeFile(this.#shared, digestPath(this.#folder, '_blobs', digest));
  }

  async findManifest(selector: string): Promise<StoredManifest | undefined> {
    const digest = isDigest(selector) ? selector : await this.digestOfTag(selector);
    if (digest === undefined) return undefined;
    const link = await readWholeFile(digestPath(this.#folder, '_manifests', digest), 1024);
    if (link === undefined) return undefined;
    this.#shared.recent.mark(`${this.name} ${digest}`);
    const size = await this.#shared.blobs.size(digest);
    return size === undefined ? undefined : { digest, mediaType: link.toString('utf8'), size };
  }

  /** Whether this manifest was made one of this repository's, wherever its bytes are. */
  async hasManifestLink(digest: Digest): Promise<boolean> {
    return (await sizeOfRegular(digestPath(this.#folder, '_manifests', digest))) !== undefined;
  }

  async readManifest(digest: Digest): Promise<Buffer> {
    const bytes = await this.#shared.blobs.read(digest, STORED_LIMITS.bytes);
    if (bytes === undefined)
      throw new SallyportError('MANIFEST_NOT_FOUND', 'is not in the storage', { subject: digest });
    return bytes;
  }

  async writeManifest(manifest: RawManifest, tags: readonly string[]): Promise<void> {
    this.#shared.assertWritable();
    const { descriptor, view } = manifest;
    const { digest } = descriptor;
    await this.#shared.serial.run(digest, async () => {
      this.#shared.recent.mark(digest);
      if ((await this.#shared.blobs.size(digest)) !== descriptor.size)
        await this.#shared.blobs.write(digest, manifest.bytes);
    });
    const subject = view.subject?.digest;
    if (subject === undefined && tags.length === 0) return this.#writeManifestLink(descriptor);
    await this.#shared.view.during(async () => {
      if (subject !== undefined) {
        const referrer: Descriptor = {
          ...descriptor,
          ...(view.artifactType === undefined ? {} : { artifactType: view.artifactType }),
          ...(Object.keys(view.annotations).length === 0 ? {} : { annotations: view.annotations }),
        };
        await writeFile(
          this.#shared,
          join(digestPath(this.#folder, '_referrers', subject), referrerName(digest)),
          JSON.stringify(referrer),
        );
        this.#shared.view.setReferrer(this.name, referrer);
      }
      await this.#writeManifestLink(descriptor);
      for (const tag of tags) {
        await writeFile(this.#shared, tagPath(this.#folder, tag), digest);
        this.#shared.view.setTag(this.name, tag, descriptor);
      }
    });
  }

  async deleteManifest(digest: Digest): Promise<boolean> {
    this.#shared.assertWritable();
    const path = digestPath(this.#folder, '_manifests', digest);
    if ((await sizeOfRegular(path)) === undefined) return false;
    return this.#shared.view.during(async () => {
      // Tags first: a tag never points to what is not there.
      for (const tag of await this.tags()) {
        if ((await this.digestOfTag(tag)) === digest) await this.#removeTag(tag);
      }
      const removed = await removeFile(this.#shared, path);
      const referrers = join(this.#folder, '_referrers');
      for (const algorithm of await namesIn(referrers)) {
        for (const subject of await namesIn(join(referrers, algorithm))) {
          await removeFile(this.#shared, join(referrers, algorithm, subject, referrerName(digest)));
        }
      }
      this.#shared.view.removeReferrer(this.name, digest);
      return removed;
    });
  }

  async deleteTag(tag: string): Promise<boolean> {
    this.#shared.assertWritable();
    if ((await this.digestOfTag(tag)) === undefined) return false;
    return this.#shared.view.during(() => this.#removeTag(tag));
  }

  async tags(): Promise<readonly string[]> {
    return (await namesIn(join(this.#folder, '_tags'))).filter(isTag).sort();
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const folder = digestPath(this.#folder, '_referrers', subject);
    const digests = (await namesIn(folder)).flatMap((name) => referrerDigest(name) ?? []).sort();
    const found: Descriptor[] = [];
    for (const digest of digests) {
      // The record is written before the manifest is visible.
      if ((await sizeOfRegular(digestPath(this.#folder, '_manifests', digest))) === undefined) continue;
      const bytes = await readWholeFile(join(folder, referrerName(digest)), STORED_LIMITS.bytes);
      if (bytes !== undefined) found.push(JSON.parse(bytes.toString('utf8')) as Descriptor);
    }
    return found;
  }

  startUpload(): Promise<UploadSession> {
    this.#shared.assertWritable();
    return startUpload(this.#shared, this.name, this.#folder, (digest) => this.#link(digest));
  }

  upload(id: string): Promise<UploadSession | undefined> {
    return findUpload(this.#shared, this.name, this.#folder, id, (digest) => this.#link(digest));
  }

  /** What a tag points to, whether or not it is there. */
  async digestOfTag(tag: string): Promise<Digest | undefined> {
    const text = (await readWholeFile(tagPath(this.#folder, tag), 1024))?.toString('utf8');
    return text !== undefined && isDigest(text) ? text : undefined;
  }

  /** An empty file, so there is nothing to be half written. Runs under the lock of the digest. */
  async #link(digest: Digest): Promise<void> {
    this.#shared.recent.mark(`${this.name} ${digest}`);
    const path = digestPath(this.#folder, '_blobs', digest);
    if ((await sizeOfRegular(path)) !== undefined) return;
    await touchFile(this.#shared, path);
  }

  #writeManifestLink(descriptor: Descriptor): Promise<void> {
    return writeFile(
      this.#shared,
      digestPath(this.#folder, '_manifests', descriptor.digest),
      descriptor.mediaType,
    );
  }

  async #removeTag(tag: string): Promise<boolean> {
    const removed = await removeFile(this.#shared, tagPath(this.#folder, tag));
    this.#shared.view.removeTag(this.name, tag);
    return removed;
  }
}
