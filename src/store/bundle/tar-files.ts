import { SallyportError } from '../../base/index.ts';
import { type Digest, digestAlgorithm, digestOf } from '../../oci/index.ts';
import type { ByteFile } from './byte-file.ts';
import type { BundleEntry } from './layout.ts';
import { blobName } from './names.ts';
import { invalid } from './tar-header.ts';

/** The largest of the files that are read whole: an index of 10,000 images is some 10 MB. */
const FILE_LIMIT = 256 * 1024 * 1024;

/** What to do about a bundle with wrong content. */
export const DAMAGED =
  'Carry the bundle over again; `sallyport bundle verify FILE` names everything that is damaged.';

/** The files of a bundle by name. Their headers have been checked, their content not yet. */
export class TarFiles {
  readonly path: string;
  readonly file: ByteFile;
  /** By name, in the order of the tar. */
  readonly entries: ReadonlyMap<string, BundleEntry>;

  constructor(path: string, file: ByteFile, entries: ReadonlyMap<string, BundleEntry>) {
    this.path = path;
    this.file = file;
    this.entries = entries;
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
        hint: DAMAGED,
      });
    return bytes;
  }

  /** A whole file by name; not hashed unless it is a blob (`readBlob`). Throws `BUNDLE_INVALID`. */
  async readFile(name: string, limit = FILE_LIMIT): Promise<Buffer> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw invalid(this.path, `has no “${name}”`);
    if (entry.size > limit)
      throw invalid(this.path, `“${name}” is ${entry.size} bytes long, and ${limit} is the most for it`);
    return this.file.read(entry.data, entry.size);
  }
}
