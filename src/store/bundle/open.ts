import { SallyportError } from '../../base/index.ts';
import {
  blobsOf,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isManifestType,
  MANIFEST_LIMITS,
  nameOf,
  readManifest,
  tryParseReference,
} from '../../oci/index.ts';
import { LAYOUT_MARKER, type LayoutEntry, parseIndex } from '../layout-index.ts';
import { BundleStore } from './bundle-store.ts';
import { ByteFile } from './byte-file.ts';
import { type BundleInfo, parseInfo } from './info.ts';
import type { BundleEntry } from './layout.ts';
import { blobName, digestOfName, INDEX, INFO, MARKER, OWN_FOLDER, SUMS } from './names.ts';
import { type BundleParts, findPieces } from './parts.ts';
import { scanTar } from './scan.ts';
import { invalid } from './tar-header.ts';

/** The largest of the files that are read whole: an index of 10,000 images is some 10 MB. */
const FILE_LIMIT = 256 * 1024 * 1024;

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
  const file = await ByteFile.openForReading(pieces);
  try {
    const entries = await scanTar(file, signal);
    const bundle = new Bundle(path, file, entries, parts);
    await bundle.load(signal);
    return bundle;
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/** An open bundle. Made by `openBundle`. */
export class Bundle {
  readonly path: string;
  readonly file: ByteFile;
  readonly parts: BundleParts | undefined;
  /** By name, in the order of the tar. */
  readonly entries: ReadonlyMap<string, BundleEntry>;
  #info: BundleInfo | undefined;
  #digest: Digest | undefined;
  readonly #manifests = new Map<Digest, Descriptor>();
  readonly #referrers = new Map<Digest, Descriptor[]>();
  readonly #repositories = new Map<string, Map<string, Descriptor>>();

  constructor(
    path: string,
    file: ByteFile,
    entries: ReadonlyMap<string, BundleEntry>,
    parts: BundleParts | undefined,
  ) {
    this.path = path;
    this.file = file;
    this.entries = entries;
    this.parts = parts;
  }

  get info(): BundleInfo {
    return this.#loaded(this.#info);
  }

  /** The digest of `SHA256SUMS`: the same content has the same. */
  get digest(): Digest {
    return this.#loaded(this.#digest);
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this.file.size;
  }

  /** Names of the repositories that tags stand in, as references have them (`quay.io/eclipse/che-server`), sorted. */
  repositories(): readonly string[] {
    return [...this.#repositories.keys()].sort();
  }

  /** The tags of a repository. */
  tags(repository: string): ReadonlyMap<string, Descriptor> {
    return this.#repositories.get(repository) ?? new Map();
  }

  repository(name: string): BundleStore {
    return new BundleStore(this, name, this.tags(name));
  }

  manifest(digest: Digest): Descriptor | undefined {
    return this.#manifests.get(digest);
  }

  /** All manifests, in no order. */
  manifests(): readonly Descriptor[] {
    return [...this.#manifests.values()];
  }

  referrers(subject: Digest): readonly Descriptor[] {
    return this.#referrers.get(subject) ?? [];
  }

  blob(digest: Digest): BundleEntry | undefined {
    return this.entries.get(blobName(digest));
  }

  /** A whole blob, its hash checked. Throws `BUNDLE_INVALID` when it is longer than `limit`, `DIGEST_MISMATCH`. */
  async readBlob(digest: Digest, limit: number): Promise<Buffer> {
    const bytes = await this.readFile(blobName(digest), limit);
    if (digestOf(bytes, digestAlgorithm(digest)) !== digest)
      throw new SallyportError('DIGEST_MISMATCH', 'is damaged: its bytes are not what its name says', {
        subject: `${this.path} (${blobName(digest)})`,
        hint: 'Carry the bundle over again; `sallyport bundle verify` names everything that is damaged.',
      });
    return bytes;
  }

  /** A whole file of the bundle by name; not hashed unless it is a blob (`readBlob`). */
  async readFile(name: string, limit = FILE_LIMIT): Promise<Buffer> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw invalid(this.path, `has no “${name}”`);
    if (entry.size > limit)
      throw invalid(this.path, `“${name}” is ${entry.size} bytes long, and ${limit} is the most for it`);
    return this.file.read(entry.data, entry.size);
  }

  /** Reads and checks everything but blobs. */
  async load(signal: AbortSignal | undefined): Promise<void> {
    const sums = await this.readFile(SUMS);
    this.#digest = digestOf(sums);
    if (this.parts !== undefined && this.parts.bundle !== this.#digest)
      throw invalid(this.path, 'the parts belong to another bundle than their index');
    const listed = new Map(
      sums
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => [line.slice(line.indexOf('  ') + 2), line.slice(0, line.indexOf('  '))]),
    );
    const read = async (name: string): Promise<Buffer> => {
      const bytes = await this.readFile(name);
      if (digestOf(bytes) !== `sha256:${listed.get(name) ?? ''}`)
        throw new SallyportError(
          'DIGEST_MISMATCH',
          `“${name}” is not what ${SUMS} says: one of the two is damaged`,
          {
            subject: this.path,
            hint: 'Carry the bundle over again.',
          },
        );
      return bytes;
    };
    if ((await read(MARKER)).toString('utf8') !== LAYOUT_MARKER)
      throw invalid(this.path, `“${MARKER}” is of another version`);
    this.#info = parseInfo(await read(INFO), this.path);
    const index = parseEntries(await read(INDEX), `${this.path} (${INDEX})`);
    for (const entry of index) this.#name(entry);
    await this.#walk(index, signal);
    for (const { reference, digest } of this.info.images) {
      if (!this.#manifests.has(digest))
        throw invalid(this.path, `has no manifest of ${reference} (${digest})`);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  #name({ digest, mediaType, size, name }: LayoutEntry): void {
    if (name === undefined) return;
    const parsed = tryParseReference(name);
    if ('reason' in parsed)
      throw invalid(`${this.path} (${INDEX})`, `the name “${name}” is none: ${parsed.reason}`);
    const repository = nameOf(parsed);
    const tags = this.#repositories.get(repository) ?? new Map<string, Descriptor>();
    this.#repositories.set(repository, tags);
    if (parsed.tag === undefined) return;
    const before = tags.get(parsed.tag);
    // `name:tag@digest` may stand beside `name:tag`; the one without a digest says what the tag is.
    if (before === undefined || parsed.digest === undefined)
      tags.set(parsed.tag, { mediaType, digest, size });
  }

  /** Follows every manifest; whatever one names must be there, and nothing else may be. */
  async #walk(index: readonly LayoutEntry[], signal: AbortSignal | undefined): Promise<void> {
    const omitted = new Map(this.info.omitted.map((blob) => [blob.digest, blob.size]));
    const used = new Set<string>();
    const waiting: { descriptor: Descriptor; depth: number; optional: boolean }[] = index.map(
      ({ digest, mediaType, size }) => ({
        descriptor: { digest, mediaType, size },
        depth: 0,
        optional: false,
      }),
    );
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      signal?.throwIfAborted();
      const { descriptor, depth, optional } = next;
      const { digest } = descriptor;
      const entry = this.blob(digest);
      // Children that were left out because of the chosen platforms.
      if (entry === undefined && optional) continue;
      this.#sameSize(descriptor, entry, omitted);
      used.add(blobName(digest));
      if (this.#manifests.has(digest) || !isManifestType(descriptor.mediaType)) continue;
      if (depth > MANIFEST_LIMITS.depth) throw invalid(this.path, 'has indexes within indexes without end');
      const { view } = readManifest(await this.readBlob(digest, MANIFEST_LIMITS.bytes), {
        digest,
        contentType: descriptor.mediaType,
        subject: `${this.path} ${digest}`,
      });
      const { mediaType, size } = descriptor;
      this.#manifests.set(digest, { mediaType, digest, size });
      if (view.subject !== undefined) {
        const { artifactType, annotations } = view;
        const known = this.#referrers.get(view.subject.digest) ?? [];
        this.#referrers.set(view.subject.digest, known);
        known.push({
          mediaType,
          digest,
          size,
          ...(artifactType === undefined ? {} : { artifactType }),
          ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        });
      }
      if (view.kind === 'index')
        for (const child of view.manifests)
          waiting.push({
            descriptor: child,
            depth: depth + 1,
            optional: this.info.platforms.length > 0 || !isManifestType(child.mediaType),
          });
      for (const blob of blobsOf(view)) {
        const found = this.blob(blob.digest);
        this.#sameSize(blob, found, omitted);
        used.add(blobName(blob.digest));
      }
    }
    for (const known of this.#referrers.values()) known.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    for (const name of this.entries.keys()) {
      if (digestOfName(name) !== undefined && !used.has(name))
        throw invalid(this.path, `“${name}” belongs to no image`);
    }
  }

  #sameSize(
    { digest, size }: Descriptor,
    entry: BundleEntry | undefined,
    omitted: ReadonlyMap<Digest, number>,
  ): void {
    if (entry === undefined && !omitted.has(digest))
      throw invalid(this.path, `lacks ${digest}, which a manifest in it names`);
    const found = entry?.size ?? omitted.get(digest);
    if (found !== size)
      throw invalid(this.path, `${digest} is ${found ?? 0} bytes long, and a descriptor says ${size}`);
  }

  #loaded<T>(value: T | undefined): T {
    if (value === undefined)
      throw new SallyportError('INTERNAL', 'the bundle is not read yet', { subject: this.path });
    return value;
  }
}

function parseEntries(bytes: Buffer, where: string): readonly LayoutEntry[] {
  try {
    return parseIndex(bytes, where);
  } catch (cause) {
    throw invalid(where, cause instanceof Error ? cause.message : 'is damaged', cause);
  }
}

/** The names of the files that travel along, without those that every bundle has. */
export function ownFiles(bundle: Bundle): readonly BundleEntry[] {
  return [...bundle.entries.values()].filter(({ name }) => name.startsWith(OWN_FOLDER) && name !== INFO);
}
