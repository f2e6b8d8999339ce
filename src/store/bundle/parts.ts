import { basename } from 'node:path';
import { isFields, jsonFields } from '../../base/index.ts';
import { type Digest, isDigest } from '../../oci/index.ts';
import { readWholeFile } from '../files.ts';
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

/** Whether a path is named as an index of parts. */
export function isPartsFile(path: string): boolean {
  return path.endsWith(SUFFIX);
}

/** The name of the whole, from that of the index, of a part, or its own. */
export function wholeName(path: string): string {
  return path.endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : path.replace(/\.\d{3,}$/, '');
}

/** The index of parts of the bundle at `path`, or undefined when there is none. Throws `BUNDLE_INVALID`. */
export async function readParts(path: string): Promise<BundleParts | undefined> {
  const where = partsFile(path);
  const bytes = await readWholeFile(where, INDEX_LIMIT);
  if (bytes === undefined) return undefined;
  const value = jsonFields(bytes, (reason, cause) => invalid(where, reason, cause));
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
