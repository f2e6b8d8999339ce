import type { ByteFile } from './byte-file.ts';
import type { BundleEntry } from './layout.ts';
import { nameProblem } from './names.ts';
import {
  BLOCK,
  END,
  invalid,
  padding,
  parseBlock,
  parsePax,
  type TarBlock,
  tarHeader,
} from './tar-header.ts';

/** No bundle has more: 10,000 images of several platforms have some 100,000 blobs. */
const MAX_ENTRIES = 500_000;

/** Headers of small files lie close together: one read serves many. */
const WINDOW = 64 * 1024;

/**
 * Reads the headers of a bundle from its beginning to its end and gives its files by name, in the order of the tar. Every header must be byte for
 * byte what a writer makes of its name and size, and nothing may stand beside, between or behind; so nothing can be hidden in one.
 * Throws `BUNDLE_INVALID` with the reason.
 */
export async function scanTar(file: ByteFile, signal?: AbortSignal): Promise<Map<string, BundleEntry>> {
  const entries = new Map<string, BundleEntry>();
  const bytesAt = window(file);
  if (file.size < BLOCK + END.length)
    throw invalid(file.name, `is no bundle, or was cut off: it has only ${file.size} bytes`);
  let at = 0;
  for (;;) {
    signal?.throwIfAborted();
    const where = `${file.name} at byte ${at}`;
    if (at + END.length > file.size)
      throw invalid(file.name, `is cut off: it ends at byte ${file.size}, and its end mark is not there`);
    const first = parseBlock(await bytesAt(at, BLOCK), where);
    if (first.kind === 'end') break;
    const entry = await readEntry({ bytesAt, header: at, first, where });
    const problem = nameProblem(entry.name);
    if (problem !== undefined) throw invalid(where, `the name “${entry.name}” is refused: ${problem}`);
    if (entries.has(entry.name)) throw invalid(where, `“${entry.name}” stands in it twice`);
    if (entries.size >= MAX_ENTRIES) throw invalid(where, `has more than ${MAX_ENTRIES} files`);
    entries.set(entry.name, entry);
    at = entry.data + entry.size + padding(entry.size);
    if (at + END.length > file.size)
      throw invalid(
        file.name,
        `is cut off: “${entry.name}” (${entry.size} bytes) would end at byte ${entry.data + entry.size}, the file at ${file.size}`,
      );
  }
  if (!(await file.read(at, END.length)).equals(END)) throw invalid(file.name, 'its end mark is damaged');
  if (at + END.length !== file.size)
    throw invalid(file.name, `has ${file.size - at - END.length} bytes behind its end`);
  return entries;
}

async function readEntry({
  bytesAt,
  header,
  first,
  where,
}: {
  readonly bytesAt: ReturnType<typeof window>;
  readonly header: number;
  /** The block there. */
  readonly first: Exclude<TarBlock, { readonly kind: 'end' }>;
  readonly where: string;
}): Promise<BundleEntry> {
  let at = header + BLOCK;
  let said: ReturnType<typeof parsePax> = {};
  let own: TarBlock = first;
  if (first.kind === 'pax') {
    said = parsePax(await bytesAt(at, first.size), where);
    at += first.size + padding(first.size);
    own = parseBlock(await bytesAt(at, BLOCK), where);
    at += BLOCK;
  }
  if (own.kind !== 'file') throw invalid(where, 'a pax record has no file behind it');
  const entry = { name: said.path ?? own.name, size: said.size ?? own.size, header, data: at };
  if (!Number.isSafeInteger(entry.size) || entry.size < 0)
    throw invalid(where, `“${entry.name}” has no readable size`);
  const expected = tarHeader(entry.name, entry.size);
  if (expected.length !== at - header || !(await bytesAt(header, expected.length)).equals(expected))
    throw invalid(where, `the header of “${entry.name}” is damaged, or another program wrote it`);
  return entry;
}

/** Gives bytes of a file, from what was read ahead where they lie in it. */
function window(file: ByteFile): (position: number, length: number) => Promise<Buffer> {
  let start = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return async (position, length) => {
    if (position + length > file.size) throw invalid(file.name, 'it ends within a tar header');
    if (position < start || position + length > start + bytes.length) {
      bytes = await file.read(position, Math.min(Math.max(WINDOW, length), file.size - position));
      start = position;
    }
    return bytes.subarray(position - start, position - start + length);
  };
}
