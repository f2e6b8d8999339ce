import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, writeWholeFile } from '../files.ts';
import type { Piece } from './byte-file.ts';
import type { BundleLayout } from './layout.ts';
import { formatParts, partName, partsFile, readParts } from './parts.ts';
import { hashOfPiece } from './pieces.ts';

/** The one file gets its name; parts of an earlier bundle of that name go. Gives the files that the bundle consists of. */
export async function nameWhole(path: string, pieces: readonly Piece[]): Promise<readonly string[]> {
  for (const piece of pieces) await move(piece.path, path);
  await removeParts(path, 0);
  return [path];
}

/** The parts get their names, then their index; a whole of that name goes. Gives the files that the bundle consists of, the index first. */
export async function nameParts(options: {
  readonly path: string;
  readonly pieces: readonly Piece[];
  readonly layout: BundleLayout;
  readonly partSize: number;
  readonly signal: AbortSignal | undefined;
}): Promise<readonly string[]> {
  const { path, pieces, layout, partSize, signal } = options;
  const known = await readParts(path).catch(() => undefined);
  const parts = [];
  for (const [position, piece] of pieces.entries()) {
    // What was hashed when it was found whole is not hashed again.
    const digest = piece.sealed === true ? known?.parts[position]?.digest : undefined;
    parts.push({
      file: partName(path, position + 1),
      size: piece.size,
      digest: digest ?? (await hashOfPiece(piece, signal)),
    });
  }
  const files = parts.map(({ file }) => join(dirname(path), file));
  // From here on the index and the parts may differ for a moment; whoever reads them then sees a damaged part, and this is run again.
  for (const [position, piece] of pieces.entries()) {
    if (piece.sealed !== true) await move(piece.path, files[position] ?? path);
  }
  await removeParts(path, parts.length);
  const index = { bundle: layout.digest, size: layout.total, partSize, parts };
  await writeWholeFile(partsFile(path), formatParts(index), true);
  await rm(path, { force: true });
  return [partsFile(path), ...files];
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw fileError(cause, to, 'write the file');
  }
}

/** Removes parts of an earlier bundle of this name from a number on; with none kept, their index too. */
async function removeParts(path: string, keep: number): Promise<void> {
  const earlier = await readParts(path).catch(() => undefined);
  if (earlier === undefined) return;
  if (keep === 0) await rm(partsFile(path), { force: true });
  for (const { file } of earlier.parts.slice(keep)) await rm(join(dirname(path), file), { force: true });
}
