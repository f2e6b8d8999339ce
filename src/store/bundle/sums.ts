import { compareText } from '../../base/index.ts';
import { type Digest, digestAlgorithm, digestHex, digestOf } from '../../oci/index.ts';
import { blobName, SUMS, SUMS_512 } from './names.ts';

/**
 * `SHA256SUMS`: every file of the bundle but itself, as `sha256sum -c` reads it. Blobs are in it by the hash in their name; those named by
 * SHA-512 stand in `SHA512SUMS`, which is only there when there are any. Its own digest stands for the whole content of a bundle.
 */
export function sumsOf(
  files: readonly { readonly name: string; readonly digest: Digest }[],
  blobs: readonly Digest[],
): { readonly name: string; readonly bytes: Buffer }[] {
  const long = blobs.filter((digest) => digestAlgorithm(digest) === 'sha512');
  const second = long.length === 0 ? undefined : list(long.map(blobLine));
  return [
    {
      name: SUMS,
      bytes: list([
        ...files.map(({ name, digest }) => line(digest, name)),
        ...(second === undefined ? [] : [line(digestOf(second), SUMS_512)]),
        ...blobs.filter((digest) => digestAlgorithm(digest) === 'sha256').map(blobLine),
      ]),
    },
    ...(second === undefined ? [] : [{ name: SUMS_512, bytes: second }]),
  ];
}

function blobLine(digest: Digest): string {
  return line(digest, blobName(digest));
}

function line(digest: Digest, name: string): string {
  return `${digestHex(digest)}  ${name}\n`;
}

function list(lines: readonly string[]): Buffer {
  return Buffer.from(
    lines.toSorted((a, b) => compareText(a.slice(a.indexOf(' ')), b.slice(b.indexOf(' ')))).join(''),
  );
}
