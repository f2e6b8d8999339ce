import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isFields, SallyportError, systemCode } from '../../base/index.ts';
import { type Digest, isDigest } from '../../oci/index.ts';
import { fileError, readWholeFile, sizeOfRegular } from '../files.ts';
import { ByteFile, type Piece } from './byte-file.ts';
import { invalid } from './tar-header.ts';

/** `FILE.parts.json`: a bundle in parts. Sizes are bytes. */
export interface BundleParts {
  /** The digest of the bundle's `SHA256SUMS`. */
  readonly bundle: Digest;
  readonly size: number;
  /** Size of every part but the last. */
  readonly partSize: number;
  readonly parts: readonly { readonly file: string; readonly size: number; readonly digest: Digest }[];
}

const SUFFIX = '.parts.json';
const INDEX_LIMIT = 16 * 1024 * 1024;

const NAME_IT = 'Name the bundle, the index of its parts (FILE.parts.json) or one of its parts.';

/** Every part is a file that stays open while the bundle is read. */
const MAX_PARTS = 1000;

/** `che.bundle` → `che.bundle.parts.json`. */
export function partsFile(path: string): string {
  return `${path}${SUFFIX}`;
}

/** The name of a part, counted from 1: `che.bundle.001`. */
export function partName(path: string, number: number): string {
  return `${basename(path)}.${String(number).padStart(3, '0')}`;
}

/** The sizes of the parts of a file. */
export function partSizes(total: number, partSize: number): number[] {
  const sizes: number[] = [];
  for (let at = 0; at < total; at += partSize) sizes.push(Math.min(partSize, total - at));
  return sizes;
}

/** The name of the whole, from that of the index, of a part, or its own. */
function wholeName(path: string): string {
  return path.endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : path.replace(/\.\d{3,}$/, '');
}

/**
 * The files of a bundle, whichever of them was named: the whole, the index of its parts, or one part. Throws `FILE_NOT_FOUND`, and
 * `BUNDLE_INVALID` for an index that is damaged.
 */
export async function findPieces(
  path: string,
): Promise<{ readonly pieces: readonly Piece[]; readonly parts?: BundleParts }> {
  const size = path.endsWith(SUFFIX) ? undefined : await sizeOfNamed(path);
  if (size !== undefined && wholeName(path) === path) return { pieces: [{ path, size }] };
  const parts = await readParts(wholeName(path));
  if (parts === undefined) {
    if (size !== undefined) return { pieces: [{ path, size }] };
    throw new SallyportError('FILE_NOT_FOUND', 'does not exist', {
      subject: path,
      hint: NAME_IT,
    });
  }
  return {
    parts,
    pieces: parts.parts.map(({ file, size }) => ({ path: join(dirname(path), file), size })),
  };
}

/** The length of the file that the user named, who may well name a link; undefined when there is none. */
async function sizeOfNamed(path: string): Promise<number | undefined> {
  const info = await stat(path).catch((cause: unknown) => {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(cause, path, 'read the file');
  });
  if (info === undefined || info.isFile()) return info?.size;
  throw new SallyportError(
    'FILE_UNREADABLE',
    info.isDirectory() ? 'is a folder, and a bundle is a file' : 'is not a plain file',
    { subject: path, hint: NAME_IT },
  );
}

/** The first part that is not there, as an error that says what to carry. */
export async function missingPart(path: string, { parts }: BundleParts): Promise<SallyportError | undefined> {
  for (const [position, { file }] of parts.entries()) {
    const part = join(dirname(path), file);
    if ((await sizeOfRegular(part)) === undefined)
      return new SallyportError(
        'FILE_NOT_FOUND',
        `is missing; it is part ${position + 1} of ${parts.length}`,
        {
          subject: part,
          hint: 'Carry this part over too; `sallyport bundle verify FILE` names every part that is missing or damaged.',
        },
      );
  }
  return undefined;
}

/** The index of parts of the bundle at `path`, or undefined when there is none. Throws `BUNDLE_INVALID`. */
export async function readParts(path: string): Promise<BundleParts | undefined> {
  const where = partsFile(path);
  const bytes = await readWholeFile(where, INDEX_LIMIT);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid(where, 'it is not JSON', cause);
  }
  if (!isFields(value)) throw invalid(where, 'it is not a JSON object');
  const { bundle, partSize, parts } = value;
  if (
    typeof bundle !== 'string' ||
    !isDigest(bundle) ||
    !Array.isArray(parts) ||
    !isLength(partSize) ||
    partSize === 0 ||
    parts.length > MAX_PARTS
  )
    throw invalid(where, 'it is no index of parts');
  const read = parts.map((part: unknown, position) => {
    const { size, digest } = isFields(part) ? part : {};
    if (!isLength(size) || typeof digest !== 'string' || !isDigest(digest))
      throw invalid(where, `parts[${position}] is malformed`);
    return { file: partName(path, position + 1), size, digest };
  });
  const size = read.reduce((sum, part) => sum + part.size, 0);
  const index: BundleParts = { bundle, size, partSize, parts: read };
  if (Math.ceil(size / partSize) !== read.length)
    throw invalid(where, 'its parts are not as many as their size says');
  const sizes = partSizes(size, partSize);
  // Written anew it must be the same: names, order, sums and the form itself are thereby checked.
  if (sizes.some((one, position) => read[position]?.size !== one) || !formatParts(index).equals(bytes))
    throw invalid(where, 'it is damaged: its own numbers contradict each other');
  return index;
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function formatParts(parts: BundleParts): Buffer {
  return Buffer.from(
    `${JSON.stringify({ apiVersion: 'sallyport.dev/v1alpha1', kind: 'BundleParts', ...parts }, undefined, 1)}\n`,
  );
}

/** What is wrong with a part, or undefined. */
export async function partProblem(
  path: string,
  expected: { readonly size: number; readonly digest: Digest },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const size = await sizeOfRegular(path);
  if (size === undefined) return 'is missing';
  if (size !== expected.size) return `is ${size} bytes long instead of ${expected.size}`;
  return (await hashOfPiece({ path, size }, signal)) === expected.digest
    ? undefined
    : 'is damaged: its hash is another';
}

/** The digest of a whole file. */
export async function hashOfPiece(piece: Piece, signal?: AbortSignal): Promise<Digest> {
  const file = await ByteFile.openForReading([piece]);
  try {
    const hash = createHash('sha256');
    for await (const chunk of file.stream(0, piece.size, { signal })) hash.update(chunk as Buffer);
    return `sha256:${hash.digest('hex')}`;
  } finally {
    await file.close();
  }
}

/** The files of the bundle that is at a path now, and its length; undefined when there is none, or an index that cannot be read. */
export async function findBundle(
  path: string,
): Promise<
  | { readonly files: readonly string[]; readonly size: number; readonly partSize: number | undefined }
  | undefined
> {
  const whole = await sizeOfRegular(path);
  if (whole !== undefined) return { files: [path], size: whole, partSize: undefined };
  const parts = await readParts(path).catch(() => undefined);
  return parts === undefined
    ? undefined
    : {
        files: [partsFile(path), ...parts.parts.map(({ file }) => join(dirname(path), file))],
        size: parts.size,
        partSize: parts.partSize,
      };
}
