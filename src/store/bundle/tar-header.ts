import { SallyportError } from '../../base/index.ts';

/**
 * The tar headers of a bundle: POSIX.1-2001 (pax), with every field that could differ between two writers held fixed, so that a header is a
 * function of name and size alone. That makes bundles byte-identical, and lets a reader tell a damaged or foreign header by comparing.
 */
export const BLOCK = 512;

/** Two blocks of zeros end a tar (POSIX.1-2001 "pax Interchange Format"). */
export const END = Buffer.alloc(2 * BLOCK);

/** Of the ustar header: a name or a size beyond these goes into a pax record before it. */
const NAME_LIMIT = 100;
const SIZE_LIMIT = 8 ** 11;

/** 1980-01-01T00:00:00Z: GNU tar warns of files from 1970, and some file systems know nothing older than this. */
const MTIME = 315_532_800;

/** The longest pax record that we write: a path of 4096 bytes and a size. Longer ones are no bundle's. */
const PAX_LIMIT = 5000;

/** The header blocks of a regular file, pax record included where one is needed. */
export function tarHeader(name: string, size: number): Buffer {
  const bytes = Buffer.byteLength(name);
  if (bytes <= NAME_LIMIT && size < SIZE_LIMIT) return block(name, size, '0');
  const records = Buffer.from(
    `${bytes > NAME_LIMIT ? record('path', name) : ''}${size < SIZE_LIMIT ? '' : record('size', String(size))}`,
  );
  const short = bytes > NAME_LIMIT ? Buffer.from(name).subarray(0, NAME_LIMIT).toString('latin1') : name;
  return Buffer.concat([
    block('sallyport-pax', records.length, 'x'),
    records,
    Buffer.alloc(padding(records.length)),
    block(short, size < SIZE_LIMIT ? size : 0, '0', bytes > NAME_LIMIT ? 'latin1' : 'utf8'),
  ]);
}

/** Zeros from the end of the content to the next block. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const base = Buffer.byteLength(rest);
  // The length counts its own digits.
  let length = base + String(base).length;
  if (base + String(length).length !== length) length = base + String(length).length;
  return `${length}${rest}`;
}

function block(name: string, size: number, type: '0' | 'x', encoding: BufferEncoding = 'utf8'): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, NAME_LIMIT, encoding);
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(`${MTIME.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What a header block says, before anything of it is believed. */
export type TarBlock =
  | { readonly kind: 'end' }
  | { readonly kind: 'file'; readonly name: string; readonly size: number }
  | { readonly kind: 'pax'; readonly size: number };

/** What the types of tar entries are called (POSIX.1-2001, GNU tar); a bundle has regular files only. */
const TYPES: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a folder',
  '6': 'a named pipe',
  '7': 'a contiguous file',
  g: 'a global pax header',
  K: 'a GNU long link name',
  L: 'a GNU long name',
  M: 'a continued file',
  S: 'a sparse file',
  V: 'a volume label',
};

/** Reads one header block. Throws `BUNDLE_INVALID` with the reason. */
export function parseBlock(bytes: Buffer, where: string): TarBlock {
  if (bytes.every((byte) => byte === 0)) return { kind: 'end' };
  if (bytes.toString('latin1', 257, 262) !== 'ustar')
    throw invalid(where, 'there is no tar header where one belongs');
  const sum = bytes.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (octal(bytes, 148, 8) !== sum) throw invalid(where, 'the checksum of its tar header is wrong');
  const type = String.fromCharCode(bytes[156] ?? 0);
  const name = text(bytes, 0, NAME_LIMIT);
  if (type !== '0' && type !== '\0' && type !== 'x')
    throw invalid(
      where,
      `“${name}” is ${TYPES[type] ?? 'of a type of its own'}, and a bundle has plain files only`,
    );
  const size = octal(bytes, 124, 12);
  if (size === undefined) throw invalid(where, `“${name}” has no readable size`);
  if (type !== 'x') return { kind: 'file', name, size };
  if (size > PAX_LIMIT) throw invalid(where, `a pax record of ${size} bytes is longer than any path`);
  return { kind: 'pax', size };
}

/** The records of a pax header that a bundle may have. Throws `BUNDLE_INVALID` for others. */
export function parsePax(bytes: Buffer, where: string): { readonly path?: string; readonly size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (
      space === -1 ||
      !Number.isSafeInteger(length) ||
      length < 5 ||
      end > bytes.length ||
      bytes[end - 1] !== 0x0a
    )
      throw invalid(where, 'a pax record is malformed');
    const line = bytes.toString('utf8', space + 1, end - 1);
    const equals = line.indexOf('=');
    const key = line.slice(0, equals);
    if (key === 'path') found.path = line.slice(equals + 1);
    else if (key === 'size') found.size = Number(line.slice(equals + 1));
    else throw invalid(where, `the pax record “${key}” does not belong into a bundle`);
    at = end;
  }
  return found;
}

function octal(bytes: Buffer, start: number, length: number): number | undefined {
  const digits = text(bytes, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function text(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, end === -1 || end > start + length ? start + length : end);
}

export function invalid(where: string, reason: string, cause?: unknown): SallyportError {
  return new SallyportError('BUNDLE_INVALID', reason, { subject: where, cause });
}
