import { randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { SallyportError, systemCode } from '../../base/index.ts';
import {
  type Descriptor,
  type Digest,
  isDigest,
  isTag,
  MANIFEST_LIMITS,
  type RawManifest,
} from '../../oci/index.ts';
import {
  type BlobFiles,
  BlobWriter,
  ensureFolder,
  fileError,
  isPlainFolder,
  readWholeFile,
  sizeOfRegular,
  syncFolder,
  writeWholeFile,
} from '../../store/index.ts';
import type { RepositoryStorage, StoredManifest, UploadSession } from '../types.ts';
import type { LayoutView } from './layout-view.ts';
import {
  digestPath,
  isUploadId,
  referrerDigest,
  referrerName,
  repositoryFolder,
  tagPath,
  uploadPath,
} from './paths.ts';
import type { Serial } from './serial.ts';
import { DiskUpload } from './upload.ts';

/** What the repositories of one folder share. */
export interface Shared {
  readonly root: string;
  readonly durable: boolean;
  readonly blobs: BlobFiles;
  readonly view: LayoutView;
  readonly serial: Serial;
  readonly uploads: Map<string, DiskUpload>;
  readonly now: () => number;
  /** Throws when the folder's lock was lost. */
  readonly assertWritable: () => void;
}

/** One repository on disk: small files beside the shared blobs (see paths.ts for the layout). */
export class DiskRepository implements RepositoryStorage {
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
    const linked = (await sizeOfRegular(digestPath(this.#folder, '_blobs', digest))) !== undefined;
    return linked ? await this.#shared.blobs.size(digest) : undefined;
  }

  async openBlob(
    digest: Digest,
    range?: { readonly start: number; readonly end: number },
  ): Promise<Readable> {
    const stream = await this.#shared.blobs.open(digest, range);
    if (stream === undefined)
      throw new SallyportError('BLOB_NOT_FOUND', 'is not in the storage', { subject: digest });
    return stream;
  }

  async linkBlob(digest: Digest): Promise<boolean> {
    this.#shared.assertWritable();
    if ((await this.#shared.blobs.size(digest)) === undefined) return false;
    await this.#link(digest);
    return true;
  }

  async deleteBlob(digest: Digest): Promise<boolean> {
    this.#shared.assertWritable();
    return await this.#remove(digestPath(this.#folder, '_blobs', digest));
  }

  async findManifest(selector: string): Promise<StoredManifest | undefined> {
    const digest = isDigest(selector) ? selector : await this.#digestOfTag(selector);
    if (digest === undefined) return undefined;
    const link = await readWholeFile(digestPath(this.#folder, '_manifests', digest), 1024);
    if (link === undefined) return undefined;
    const size = await this.#shared.blobs.size(digest);
    return size === undefined ? undefined : { digest, mediaType: link.toString('utf8'), size };
  }

  async readManifest(digest: Digest): Promise<Buffer> {
    const bytes = await this.#shared.blobs.read(digest, MANIFEST_LIMITS.bytes);
    if (bytes === undefined)
      throw new SallyportError('MANIFEST_NOT_FOUND', 'is not in the storage', { subject: digest });
    return bytes;
  }

  async writeManifest(manifest: RawManifest, tags: readonly string[]): Promise<void> {
    this.#shared.assertWritable();
    const { descriptor, view } = manifest;
    const { digest } = descriptor;
    if ((await this.#shared.blobs.size(digest)) !== descriptor.size)
      await this.#shared.blobs.write(digest, manifest.bytes);
    const subject = view.subject?.digest;
    if (subject === undefined && tags.length === 0) return this.#writeManifestLink(descriptor);
    await this.#shared.view.during(async () => {
      if (subject !== undefined) {
        const referrer: Descriptor = {
          ...descriptor,
          ...(view.artifactType === undefined ? {} : { artifactType: view.artifactType }),
          ...(Object.keys(view.annotations).length === 0 ? {} : { annotations: view.annotations }),
        };
        await this.#write(
          join(digestPath(this.#folder, '_referrers', subject), referrerName(digest)),
          JSON.stringify(referrer),
        );
        this.#shared.view.setReferrer(this.name, referrer);
      }
      await this.#writeManifestLink(descriptor);
      for (const tag of tags) {
        await this.#write(tagPath(this.#folder, tag), digest);
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
        if ((await this.#digestOfTag(tag)) === digest) await this.#removeTag(tag);
      }
      const removed = await this.#remove(path);
      const referrers = join(this.#folder, '_referrers');
      for (const algorithm of await names(referrers)) {
        for (const subject of await names(join(referrers, algorithm))) {
          await this.#remove(join(referrers, algorithm, subject, referrerName(digest)));
        }
      }
      this.#shared.view.removeReferrer(this.name, digest);
      return removed;
    });
  }

  async deleteTag(tag: string): Promise<boolean> {
    this.#shared.assertWritable();
    if ((await this.#digestOfTag(tag)) === undefined) return false;
    return this.#shared.view.during(() => this.#removeTag(tag));
  }

  async tags(): Promise<readonly string[]> {
    return (await names(join(this.#folder, '_tags'))).filter(isTag).sort();
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const folder = digestPath(this.#folder, '_referrers', subject);
    const digests = (await names(folder)).flatMap((name) => referrerDigest(name) ?? []).sort();
    const found: Descriptor[] = [];
    for (const digest of digests) {
      // The record is written before the manifest is visible.
      if ((await sizeOfRegular(digestPath(this.#folder, '_manifests', digest))) === undefined) continue;
      const bytes = await readWholeFile(join(folder, referrerName(digest)), MANIFEST_LIMITS.bytes);
      if (bytes !== undefined) found.push(JSON.parse(bytes.toString('utf8')) as Descriptor);
    }
    return found;
  }

  async startUpload(): Promise<UploadSession> {
    this.#shared.assertWritable();
    const id = randomUUID();
    const path = uploadPath(this.#folder, id);
    await ensureFolder(dirname(path), this.#shared.durable);
    const writer = await BlobWriter.create({ path, durable: this.#shared.durable });
    // Between requests an upload holds no file open.
    await writer.close();
    return this.#register(id, writer);
  }

  async upload(id: string): Promise<UploadSession | undefined> {
    if (!isUploadId(id)) return undefined;
    const known = this.#shared.uploads.get(`${this.name} ${id}`);
    if (known !== undefined) return known;
    // From before a restart: the file is the state.
    const path = uploadPath(this.#folder, id);
    const size = await sizeOfRegular(path);
    if (size === undefined) return undefined;
    return (
      this.#shared.uploads.get(`${this.name} ${id}`) ??
      this.#register(id, BlobWriter.resume({ path, durable: this.#shared.durable, size }))
    );
  }

  #register(id: string, writer: BlobWriter): DiskUpload {
    const key = `${this.name} ${id}`;
    const upload = new DiskUpload({
      id,
      writer,
      blobs: this.#shared.blobs,
      link: (digest) => this.#link(digest),
      onEnd: () => this.#shared.uploads.delete(key),
      now: this.#shared.now(),
    });
    this.#shared.uploads.set(key, upload);
    return upload;
  }

  async #digestOfTag(tag: string): Promise<Digest | undefined> {
    const text = (await readWholeFile(tagPath(this.#folder, tag), 1024))?.toString('utf8');
    return text !== undefined && isDigest(text) ? text : undefined;
  }

  /** An empty file, so there is nothing to be half written. */
  async #link(digest: Digest): Promise<void> {
    const path = digestPath(this.#folder, '_blobs', digest);
    if ((await sizeOfRegular(path)) !== undefined) return;
    await ensureFolder(dirname(path), this.#shared.durable);
    try {
      await writeFile(path, '');
    } catch (cause) {
      throw fileError(cause, path, 'write the file');
    }
    if (this.#shared.durable) await syncFolder(dirname(path));
  }

  #writeManifestLink(descriptor: Descriptor): Promise<void> {
    return this.#write(digestPath(this.#folder, '_manifests', descriptor.digest), descriptor.mediaType);
  }

  async #write(path: string, text: string): Promise<void> {
    await ensureFolder(dirname(path), this.#shared.durable);
    await writeWholeFile(path, text, this.#shared.durable);
  }

  async #removeTag(tag: string): Promise<boolean> {
    const removed = await this.#remove(tagPath(this.#folder, tag));
    this.#shared.view.removeTag(this.name, tag);
    return removed;
  }

  async #remove(path: string): Promise<boolean> {
    try {
      await rm(path);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return false;
      throw fileError(cause, path, 'remove the file');
    }
    if (this.#shared.durable) await syncFolder(dirname(path));
    return true;
  }
}

/** The names in a folder; none when there is no folder. */
async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw fileError(cause, folder, 'read the folder');
  }
}
