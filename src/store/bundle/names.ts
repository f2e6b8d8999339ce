import { type Digest, digestAlgorithm, digestHex, isDigest } from '../../oci/index.ts';

/** What stands in every bundle, in this order at its beginning (OCI image-spec v1.1 image-layout.md for the first two). */
export const MARKER = 'oci-layout';
export const INDEX = 'index.json';
export const SUMS = 'SHA256SUMS';
export const SUMS_512 = 'SHA512SUMS';
export const INFO = 'sallyport/bundle.json';
/** What `docker load` reads (docker image spec v1.2 "Combined Image JSON + Filesystem Changeset Format"). */
export const DOCKER_MANIFEST = 'manifest.json';

/** Files of the platform that travel along stand below this folder. */
export const OWN_FOLDER = 'sallyport/';

const TOP: ReadonlySet<string> = new Set([MARKER, INDEX, SUMS, SUMS_512, DOCKER_MANIFEST]);
const NAME_LIMIT = 4096;

export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

/** The digest that a name of a blob stands for. */
export function digestOfName(name: string): Digest | undefined {
  const match = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(name);
  const digest = `${match?.[1] ?? ''}:${match?.[2] ?? ''}`;
  return isDigest(digest) ? digest : undefined;
}

/** Why a name may not stand in a bundle, or undefined. Whoever unpacks a bundle with `tar x` trusts these names. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (Buffer.byteLength(name) > NAME_LIMIT) return `it is longer than ${NAME_LIMIT} bytes`;
  if (name.startsWith('/')) return 'it is absolute';
  if (/^[A-Za-z]:/.test(name)) return 'it begins with a drive letter';
  if (name.includes('\\')) return 'it has a backslash';
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffd]/.test(name))
    return 'it has control characters';
  const parts = name.split('/');
  if (parts.includes('..')) return 'it leads out of its folder';
  if (parts.some((part) => part === '' || part === '.')) return 'it has an empty part';
  if (TOP.has(name) || name.startsWith(OWN_FOLDER) || digestOfName(name) !== undefined) return undefined;
  return 'nothing of that name belongs into a bundle';
}
