import { isUtf8 } from 'node:buffer';
import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import { type Lock, readLock, writeLock } from '../lock/index.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere, writeWhole } from './files.ts';
import { readManifestFiles } from './manifest-files.ts';
import { parseReferenceList } from './reference-list.ts';

/** Some 70,000 images, six times what a ConfigMap carries; what unpacks to more is no lock, and reading it takes twenty times its bytes. */
const MAX_UNPACKED = 64 * 1024 * 1024;

/** Reads the lock, which may be packed by gzip as the mirror Jobs carry it. Throws `LOCK_NOT_FOUND`, `LOCK_INVALID`. */
export async function readLockFile(context: WorkflowContext, file: string): Promise<Lock> {
  const bytes = await readIfThere(resolve(context.cwd, file), file);
  if (bytes === undefined) throw new SallyportError('LOCK_NOT_FOUND', 'does not exist', { subject: file });
  return readLock({ path: file, bytes: isPacked(bytes) ? await unpack(file, bytes) : bytes });
}

/** RFC 1952 section 2.3.1; no YAML begins so. */
function isPacked(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(file: string, bytes: Buffer): Promise<Buffer> {
  const { gunzipSync } = await import('node:zlib');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    throw new SallyportError('LOCK_INVALID', 'is packed by gzip and damaged, or unpacks to no lock', {
      subject: file,
      cause,
    });
  }
}

/** Writes the lock beside and renames it; false when the file holds these very bytes already. */
export async function writeLockFile(context: WorkflowContext, file: string, lock: Lock): Promise<boolean> {
  const path = resolve(context.cwd, file);
  const bytes = writeLock(lock);
  const old = await readIfThere(path, file);
  if (old?.equals(bytes) === true) return false;
  await writeWhole(path, bytes, file);
  return true;
}

/** The references of a plain text file or standard input (`-`), one a line. Throws `NO_INPUT` when there are none, and `FILE_UNREADABLE` for what is no text. */
export async function readReferenceList(context: WorkflowContext, file: string): Promise<readonly string[]> {
  const nothing = (): SallyportError =>
    new SallyportError('NO_INPUT', 'names no image', {
      subject: file === '-' ? 'standard input' : file,
      hint: 'Write references one a line, or pipe them in: sallyport images -f deploy/ -o name | sallyport mirror --images - --to HOST/PATH',
    });
  const files = await readManifestFiles(context, [file]).catch((thrown: unknown) => {
    throw thrown instanceof SallyportError && thrown.code === 'NO_INPUT' ? nothing() : thrown;
  });
  const bytes = files[0]?.bytes ?? Buffer.alloc(0);
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new SallyportError('FILE_UNREADABLE', 'is no text, and a list of references is', {
      subject: file === '-' ? 'standard input' : file,
      hint: 'Write references one a line, in UTF-8.',
    });
  const text = bytes.toString('utf8');
  if (/^(?:apiVersion|kind):\s/m.test(text))
    throw new SallyportError('NO_INPUT', 'is a manifest, and a list has one reference a line', {
      subject: file === '-' ? 'standard input' : file,
      hint: 'Make a list of it: sallyport images -f FILE -o name | sallyport mirror --images - --to HOST/PATH',
    });
  const references = parseReferenceList(text);
  if (references.length === 0) throw nothing();
  return references;
}
