import { rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatBytes, SallyportError } from '../../base/index.ts';
import { ensureFolder, isPlainFolder, sizeOfRegular } from '../files.ts';
import { lockFolder } from '../folder-lock.ts';
import { ByteFile, type Piece } from './byte-file.ts';
import type { BundleLayout } from './layout.ts';
import { SUMS } from './names.ts';
import { partName, partSizes, readParts } from './parts.ts';
import { partProblem } from './pieces.ts';
import { BundleWriter, workFolder } from './writer.ts';

export interface StartBundleOptions {
  readonly path: string;
  readonly layout: BundleLayout;
  /** Bytes of a part; undefined: one file. */
  readonly partSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Begins a bundle, or goes on with one that was interrupted: what is there already and right is kept. The place of every byte is known, so the room
 * that is needed is asked for first. Throws `NO_SPACE`, `LOCKED`, `FILE_WRITE_FAILED`.
 */
export async function startBundle(options: StartBundleOptions): Promise<BundleWriter> {
  const { path, layout, partSize, signal } = options;
  const folder = workFolder(path);
  const existed = await isPlainFolder(folder);
  await ensureFolder(folder, false);
  const lock = await lockFolder(folder);
  let file: ByteFile | undefined;
  try {
    const pieces = await choosePieces(options);
    const fresh = !(await continues(pieces, layout));
    await refuseWithoutRoom(path, pieces);
    file = await ByteFile.openForWriting(pieces);
    const writer = new BundleWriter({ path, layout, partSize, pieces, file, lock });
    await writer.begin(fresh, signal);
    return writer;
  } catch (cause) {
    await file?.close();
    await lock.release();
    if (!existed && file === undefined) await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

/** Parts of an earlier run that are whole stay where they are; only the others are made. */
async function choosePieces({ path, layout, partSize, signal }: StartBundleOptions): Promise<Piece[]> {
  const folder = workFolder(path);
  if (partSize === undefined) return [{ path: join(folder, basename(path)), size: layout.total }];
  const earlier = await readParts(path).catch(() => undefined);
  const same = earlier?.bundle === layout.digest && earlier.partSize === partSize ? earlier : undefined;
  const pieces: Piece[] = [];
  for (const [position, size] of partSizes(layout.total, partSize).entries()) {
    const name = partName(path, position + 1);
    const known = same?.parts[position];
    const there = join(dirname(path), name);
    const sealed = known !== undefined && (await partProblem(there, known, signal)) === undefined;
    pieces.push(sealed ? { path: there, size, sealed } : { path: join(folder, name), size });
  }
  return pieces;
}

/** Whether the files that are there were begun for this very layout. What was begun for another is removed. */
async function continues(pieces: readonly Piece[], layout: BundleLayout): Promise<boolean> {
  const begun = await Promise.all(
    pieces.map(async (piece) => piece.sealed === true || (await sizeOfRegular(piece.path)) === piece.size),
  );
  const sums = layout.entries.find(({ name }) => name === SUMS);
  if (begun.every((one) => one) && sums?.bytes !== undefined) {
    const file = await ByteFile.openForReading(pieces);
    try {
      if ((await file.read(sums.data, sums.size)).equals(sums.bytes)) return true;
    } finally {
      await file.close();
    }
  }
  for (const piece of pieces) if (piece.sealed !== true) await rm(piece.path, { force: true });
  return pieces.some((piece) => piece.sealed === true);
}

async function refuseWithoutRoom(path: string, pieces: readonly Piece[]): Promise<void> {
  let needed = 0;
  for (const piece of pieces) {
    if (piece.sealed === true) continue;
    const there = await stat(piece.path).catch(() => undefined);
    needed += Math.max(0, piece.size - (there?.blocks ?? 0) * 512);
  }
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new SallyportError(
    'NO_SPACE',
    `needs ${formatBytes(needed)}, and ${formatBytes(free)} are free there; nothing was written`,
    { subject: path, facts: { needed, free } },
  );
}
