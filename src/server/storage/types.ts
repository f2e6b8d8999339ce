import type { Readable } from 'node:stream';
import type { Descriptor, Digest, RawManifest } from '../../oci/index.ts';

/**
 * What the registry serves. Reading is all that is asked of a storage (a bundle file can do no more);
 * a folder on disk can be written to as well.
 */
export interface ReadableStorage {
  /** The repository with this (checked) name; it need not exist. */
  repository(name: string): ReadableRepository;
  /** Names of all repositories that have content, in byte order. */
  repositories(): Promise<readonly string[]>;
  /** Called once, after the last request. */
  close(): Promise<void>;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Asking for what is not there gives undefined, false or an empty list; everything that throws is answered with a 5xx. */
export interface ReadableRepository {
  readonly name: string;
  /** Whether anything was ever put into it. */
  exists(): Promise<boolean>;
  /** Size of a blob of this repository, or undefined. */
  blobSize(digest: Digest): Promise<number | undefined>;
  /** The bytes of a blob whose size was just told. Throws `BLOB_NOT_FOUND`. */
  openBlob(digest: Digest, range?: ByteRange): Promise<Readable>;
  /** By tag or digest. */
  findManifest(selector: string): Promise<StoredManifest | undefined>;
  /** The exact bytes of a manifest that was just found. Throws `MANIFEST_NOT_FOUND`. */
  readManifest(digest: Digest): Promise<Buffer>;
  /** In byte order. */
  tags(): Promise<readonly string[]>;
  /** Manifests of this repository whose `subject` is this digest, by digest in byte order, with artifact type and annotations. */
  referrers(subject: Digest): Promise<readonly Descriptor[]>;
}

/** A storage that takes pushes. */
export interface WritableStorage extends ReadableStorage {
  repository(name: string): WritableRepository;
  /** Open uploads over all repositories. */
  readonly openUploads: number;
  /** Removes uploads that nobody has continued for long, and says how many; called now and then. */
  sweep(): Promise<number>;
}

export interface WritableRepository extends ReadableRepository {
  /** Makes a blob that is in the storage one of this repository's too. False when it is not in the storage. */
  linkBlob(digest: Digest): Promise<boolean>;
  /** False when it was not here. */
  deleteBlob(digest: Digest): Promise<boolean>;
  /** Stores the manifest, then makes it visible by digest, then by each tag. */
  writeManifest(manifest: RawManifest, tags: readonly string[]): Promise<void>;
  /** Removes it with all tags that point to it. False when it was not here. */
  deleteManifest(digest: Digest): Promise<boolean>;
  deleteTag(tag: string): Promise<boolean>;
  /** Runs one change of this repository at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  startUpload(): Promise<UploadSession>;
  /** An open upload of this repository, or undefined. */
  upload(id: string): Promise<UploadSession | undefined>;
}

/** A blob on its way in. One request at a time works on it (`acquire`). */
export interface UploadSession {
  readonly id: string;
  /** Bytes taken so far. */
  readonly offset: number;
  /** Takes it for this request, after another one has let go of it; false when that takes longer than so many milliseconds. */
  acquire(patienceMs: number): Promise<boolean>;
  /** Ends the work of this request; what came so far stays. */
  release(): Promise<void>;
  append(chunk: Buffer): Promise<void>;
  /** Makes the bytes a blob of the repository. Throws `DIGEST_MISMATCH`, and the upload is gone. */
  finish(digest: Digest): Promise<void>;
  cancel(): Promise<void>;
}
