import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { giveBack, SallyportError, systemCode } from '../../base/index.ts';
import type { Digest } from '../../oci/index.ts';
import { fileError, sizeOfRegular } from '../files.ts';
import { ByteFile, type Piece } from './byte-file.ts';
import { type BundleParts, isPartsFile, partsFile, readParts, wholeName } from './parts.ts';

const NAME_IT = 'Name the bundle, the index of its parts (FILE.parts.json) or one of its parts.';

/**
 * The files of a bundle, whichever of them was named: the whole, the index of its parts, or one part. Throws `FILE_NOT_FOUND`, and
 * `BUNDLE_INVALID` for an index that is damaged.
 */
export async function findPieces(
  path: string,
): Promise<{ readonly pieces: readonly Piece[]; readonly parts?: BundleParts }> {
  const size = isPartsFile(path) ? undefined : await sizeOfNamed(path);
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
    const content = file.stream(0, piece.size, { signal });
    for await (const chunk of content as AsyncIterable<Buffer>) {
      hash.update(chunk);
      giveBack(content, chunk);
    }
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
