import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SallyportError, systemCode } from '../base/index.ts';
import { digestOf, isDigest } from '../oci/index.ts';
import type { OutputFile } from '../render/index.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere, writeWhole } from './files.ts';

/** Lists what we wrote, so that the next run can tell its own files from the user's. */
const INVENTORY = '.sallyport-files';

/**
 * Writes a folder of files: each beside and renamed, files of an earlier run that are no longer made are removed.
 * Files that we did not write, or that were changed since, are foreign: `OUTPUT_FOREIGN_FILES` unless `force`, and then they are
 * kept unless a file of ours has their name. Nothing is written before that is known.
 */
export async function writeOutputFolder(
  context: WorkflowContext,
  folder: string,
  files: readonly OutputFile[],
  options: { readonly force: boolean; readonly alsoOurs?: readonly string[] },
): Promise<{ readonly written: number; readonly removed: number }> {
  const root = resolve(context.cwd, folder);
  const inventory = readInventory(await readIfThere(join(root, INVENTORY), `${folder}/${INVENTORY}`));
  const present = await listFiles(root, folder);
  const also = new Set(options.alsoOurs ?? []);
  if (!options.force) await refuseForeign(root, folder, present, inventory, also);
  context.signal?.throwIfAborted();
  const wanted = new Map(files.map((file) => [file.path, file]));
  let written = 0;
  for (const file of files) {
    const path = join(root, file.path);
    const old = await readIfThere(path, `${folder}/${file.path}`);
    if (old?.equals(file.bytes) === true) continue;
    await writeWhole(path, file.bytes, `${folder}/${file.path}`, file.secret === true ? 0o600 : undefined);
    written++;
  }
  const lines = files.map((file) => `${digestOf(file.bytes)}  ${file.path}\n`).sort();
  await writeWhole(join(root, INVENTORY), Buffer.from(lines.join('')), `${folder}/${INVENTORY}`);
  let removed = 0;
  for (const path of inventory.keys()) {
    if (wanted.has(path) || !present.includes(path)) continue;
    await rm(join(root, path));
    await removeEmptyParents(root, dirname(join(root, path)));
    removed++;
  }
  return { written, removed };
}

/** Throws the same refusal as writing would, before any work is done for nothing. */
export async function checkOutputFolder(
  context: WorkflowContext,
  folder: string,
  options: { readonly force: boolean; readonly alsoOurs?: readonly string[] },
): Promise<void> {
  if (options.force) return;
  const root = resolve(context.cwd, folder);
  const inventory = readInventory(await readIfThere(join(root, INVENTORY), `${folder}/${INVENTORY}`));
  await refuseForeign(
    root,
    folder,
    await listFiles(root, folder),
    inventory,
    new Set(options.alsoOurs ?? []),
  );
}

async function refuseForeign(
  root: string,
  folder: string,
  present: readonly string[],
  inventory: ReadonlyMap<string, string>,
  also: ReadonlySet<string>,
): Promise<void> {
  const foreign: string[] = [];
  for (const path of present) {
    if (path === INVENTORY || also.has(path)) continue;
    const known = inventory.get(path);
    const bytes = known === undefined ? undefined : await readIfThere(join(root, path), `${folder}/${path}`);
    if (known === undefined) foreign.push(path);
    else if (bytes !== undefined && digestOf(bytes) !== known)
      foreign.push(`${path} (changed since it was written)`);
  }
  if (foreign.length === 0) return;
  const shown = foreign.slice(0, 5).join(', ');
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : '';
  throw new SallyportError('OUTPUT_FOREIGN_FILES', `holds files that are not ours: ${shown}${more}`, {
    subject: folder,
  });
}

function readInventory(bytes: Buffer | undefined): Map<string, string> {
  const known = new Map<string, string>();
  for (const line of (bytes?.toString('utf8') ?? '').split('\n')) {
    const [digest, path] = [line.slice(0, line.indexOf('  ')), line.slice(line.indexOf('  ') + 2)];
    if (isDigest(digest) && path !== '' && !path.split('/').includes('..')) known.set(path, digest);
  }
  return known;
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => !path.startsWith('.git/'))
      .sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    if (systemCode(cause) === 'ENOTDIR')
      throw new SallyportError('FILE_WRITE_FAILED', 'is a file, not a folder', { subject: folder, cause });
    throw new SallyportError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be read', {
      subject: folder,
      cause,
    });
  }
}

async function removeEmptyParents(root: string, folder: string): Promise<void> {
  if (folder === root || !folder.startsWith(root)) return;
  try {
    await rmdir(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOTEMPTY' || systemCode(cause) === 'ENOENT') return;
    throw cause;
  }
  await removeEmptyParents(root, dirname(folder));
}
