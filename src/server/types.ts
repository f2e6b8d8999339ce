import type { Readable } from 'node:stream';
import type { Descriptor, Digest, RawManifest } from '../oci/index.ts';

/** A request as handlers see it: no sockets, so that a table of requests and responses can test them. */
export interface ApiRequest {
  readonly method: string;
  /** Path as sent, without the query, percent-encoding untouched. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `http` or `https`, and the host the client used: what absolute URLs in answers are made of. */
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** The client's address, for the log. */
  readonly remote: string;
  /** The body, once. Fails when the connection breaks or a limit is passed. */
  readonly body: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
}

/** A response as handlers give it. A HEAD answer is a GET answer whose body is not sent. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Buffer | ApiStream;
}

export interface ApiStream {
  readonly length: number;
  /** Called only when the bytes are wanted (not for HEAD). */
  readonly open: () => Promise<Readable>;
}

/** Where the content is. The folder on disk is one; a bundle file, read only, can be another. */
export interface RegistryStorage {
  /** The repository with this (checked) name; it need not exist. */
  repository(name: string): RepositoryStorage;
  /** Names of all repositories, sorted. */
  repositories(): Promise<readonly string[]>;
  /** Open uploads over all repositories. */
  readonly openUploads: number;
  /** Removes uploads that nobody has continued for long. */
  sweep(): Promise<void>;
  /** Writes what is pending and gives up the lock. */
  close(): Promise<void>;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

export interface RepositoryStorage {
  readonly name: string;
  /** Whether anything was ever put into it. */
  exists(): Promise<boolean>;

  /** Size of a blob of this repository, or undefined. */
  blobSize(digest: Digest): Promise<number | undefined>;
  /** Bytes `start` to `end`, both included. */
  openBlob(digest: Digest, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Makes a blob that is in the storage one of this repository's too. False when it is not in the storage. */
  linkBlob(digest: Digest): Promise<boolean>;
  /** False when it was not here. */
  deleteBlob(digest: Digest): Promise<boolean>;

  /** By tag or digest. */
  findManifest(selector: string): Promise<StoredManifest | undefined>;
  readManifest(digest: Digest): Promise<Buffer>;
  /** Stores the manifest, then makes it visible by digest, then by each tag. */
  writeManifest(manifest: RawManifest, tags: readonly string[]): Promise<void>;
  /** Removes it with all tags that point to it. False when it was not here. */
  deleteManifest(digest: Digest): Promise<boolean>;
  deleteTag(tag: string): Promise<boolean>;
  /** In byte order. */
  tags(): Promise<readonly string[]>;
  /** Manifests of this repository whose `subject` is this digest, by digest in byte order. */
  referrers(subject: Digest): Promise<readonly Descriptor[]>;
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
  /** False while another request works on it. */
  acquire(): boolean;
  /** Ends the work of this request; what came so far stays. */
  release(): Promise<void>;
  append(chunk: Buffer): Promise<void>;
  /** Makes the bytes a blob of the repository. Throws `DIGEST_MISMATCH`, and the upload is gone. */
  finish(digest: Digest): Promise<void>;
  cancel(): Promise<void>;
}
