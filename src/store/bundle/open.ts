import type { Descriptor, Digest } from '../../oci/index.ts';
import { BundleStore } from './bundle-store.ts';
import { ByteFile } from './byte-file.ts';
import { type BundleContents, readContents } from './contents.ts';
import type { BundleInfo } from './info.ts';
import type { BundleEntry } from './layout.ts';
import { INFO, OWN_FOLDER } from './names.ts';
import type { BundleParts } from './parts.ts';
import { findPieces, missingPart } from './pieces.ts';
import { scanTar } from './scan.ts';
import { TarFiles } from './tar-files.ts';
import { invalid } from './tar-header.ts';

export interface OpenBundleOptions {
  /** The bundle, the index of its parts, or one of its parts. */
  readonly path: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens a bundle for reading. Its structure is checked whole before anything is believed: headers, names, sums of the small files, and that
 * every manifest finds what it names, in the size that it says. Blobs are hashed when they are read, all of them by `verifyBundle`.
 * Throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `BUNDLE_INVALID`, `DIGEST_MISMATCH`.
 */
export async function openBundle({ path, signal }: OpenBundleOptions): Promise<Bundle> {
  const { pieces, parts } = await findPieces(path);
  const missing = parts === undefined ? undefined : await missingPart(path, parts);
  if (missing !== undefined) throw missing;
  const file = await ByteFile.openForReading(pieces);
  try {
    const files = new TarFiles(path, file, await scanTar(file, signal));
    const contents = await readContents(files, signal);
    if (parts !== undefined && parts.bundle !== contents.digest)
      throw invalid(path, 'the parts belong to another bundle than their index');
    return new Bundle(files, contents, parts);
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/** An open bundle. Made by `openBundle`. */
export class Bundle {
  readonly parts: BundleParts | undefined;
  readonly #files: TarFiles;
  readonly #contents: BundleContents;

  constructor(files: TarFiles, contents: BundleContents, parts: BundleParts | undefined) {
    this.#files = files;
    this.#contents = contents;
    this.parts = parts;
  }

  get path(): string {
    return this.#files.path;
  }

  get file(): ByteFile {
    return this.#files.file;
  }

  /** By name, in the order of the tar. */
  get entries(): ReadonlyMap<string, BundleEntry> {
    return this.#files.entries;
  }

  get info(): BundleInfo {
    return this.#contents.info;
  }

  /** The digest of `SHA256SUMS`: the same content has the same. */
  get digest(): Digest {
    return this.#contents.digest;
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this.file.size;
  }

  /** Names of the repositories that tags stand in, as references have them (`quay.io/eclipse/che-server`), sorted. */
  repositories(): readonly string[] {
    return [...this.#contents.repositories.keys()].sort();
  }

  /** The tags of a repository. */
  tags(repository: string): ReadonlyMap<string, Descriptor> {
    return this.#contents.repositories.get(repository) ?? new Map();
  }

  repository(name: string): BundleStore {
    return new BundleStore(this, name, this.tags(name));
  }

  manifest(digest: Digest): Descriptor | undefined {
    return this.#contents.manifests.get(digest);
  }

  /** All manifests, in no order. */
  manifests(): readonly Descriptor[] {
    return [...this.#contents.manifests.values()];
  }

  referrers(subject: Digest): readonly Descriptor[] {
    return this.#contents.referrers.get(subject) ?? [];
  }

  blob(digest: Digest): BundleEntry | undefined {
    return this.#files.blob(digest);
  }

  /** A whole blob, its hash checked. Throws `BUNDLE_INVALID` when it is longer than `limit`, `DIGEST_MISMATCH`. */
  readBlob(digest: Digest, limit: number): Promise<Buffer> {
    return this.#files.readBlob(digest, limit);
  }

  /** A whole file of the bundle by name; not hashed unless it is a blob (`readBlob`). */
  readFile(name: string, limit?: number): Promise<Buffer> {
    return this.#files.readFile(name, limit);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** The names of the files that travel along, without those that every bundle has. */
export function ownFiles(bundle: Bundle): readonly BundleEntry[] {
  return [...bundle.entries.values()].filter(({ name }) => name.startsWith(OWN_FOLDER) && name !== INFO);
}
