import type { Dirent } from 'node:fs';
import { access, constants, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder, SallyportError, systemCode } from '../base/index.ts';
import { digestOf, isDigest } from '../oci/index.ts';
import type { OutputFile } from '../render/index.ts';
import type { WorkflowContext } from './context.ts';
import { exists, readIfThere, writeFailure, writeWhole } from './files.ts';

/** Lists what we wrote, so that the next run can tell its own files from the user's. */
const INVENTORY = '.sallyport-files';

/** Where the new files stand until all of them are written. */
const STAGE = '.sallyport-new';

/** Digests that a file of ours may have; two while a run is under way: of the old and of the new file. */
type Inventory = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Writes a folder of files as a whole: all of them aside first, then each is renamed, and files of an earlier run that are no longer made
 * are removed. What fails for want of space or permission so leaves the folder as it was; what is killed in the middle of the renames
 * leaves only files that the next run knows as its own.
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
  if (!options.force) await refuseForeign(root, folder, inventory, new Set(options.alsoOurs ?? []));
  context.signal?.throwIfAborted();
  const changed: OutputFile[] = [];
  for (const file of files) {
    const old = await readIfThere(join(root, file.path), `${folder}/${file.path}`);
    if (old?.equals(file.bytes) !== true) changed.push(file);
  }
  const made = new Map(files.map((file) => [file.path, new Set([digestOf(file.bytes)])]));
  if (changed.length > 0) await replaceAll(root, folder, changed, { old: inventory, made });
  let removed = 0;
  for (const [path, digests] of inventory) {
    if (made.has(path)) continue;
    const bytes = await readIfThere(join(root, path), `${folder}/${path}`);
    // What somebody has changed since is theirs, also when they force us to write beside it.
    if (bytes === undefined || !digests.has(digestOf(bytes))) continue;
    await rm(join(root, path));
    await removeEmptyParents(root, dirname(join(root, path)));
    removed++;
  }
  await writeInventory(root, folder, made);
  return { written: changed.length, removed };
}

async function replaceAll(
  root: string,
  folder: string,
  files: readonly OutputFile[],
  inventories: { readonly old: Inventory; readonly made: Inventory },
): Promise<void> {
  const stage = join(root, STAGE);
  const isNew = !(await exists(root));
  const both = new Map(inventories.old);
  for (const [path, digests] of inventories.made)
    both.set(path, new Set([...(both.get(path) ?? []), ...digests]));
  try {
    await rm(stage, { recursive: true, force: true });
    for (const { path, bytes, secret } of files)
      await writeWhole(join(stage, path), bytes, `${folder}/${path}`, secret === true ? 0o600 : undefined);
    await writeInventory(root, folder, both);
  } catch (thrown) {
    await rm(isNew ? root : stage, { recursive: true, force: true });
    throw thrown;
  }
  for (const { path } of files) {
    try {
      await makeFolder(dirname(join(root, path)));
      await rename(join(stage, path), join(root, path));
    } catch (cause) {
      throw writeFailure(cause, `${folder}/${path}`);
    }
  }
  await rm(stage, { recursive: true, force: true });
}

async function writeInventory(root: string, folder: string, inventory: Inventory): Promise<void> {
  const lines = [...inventory].flatMap(([path, digests]) =>
    [...digests].map((digest) => `${digest}  ${path}\n`),
  );
  const bytes = Buffer.from(lines.sort().join(''));
  const subject = `${folder}/${INVENTORY}`;
  const old = await readIfThere(join(root, INVENTORY), subject);
  if (old?.equals(bytes) !== true) await writeWhole(join(root, INVENTORY), bytes, subject);
}

/** Throws the same refusals as writing would, before any work is done for nothing. */
export async function checkOutputFolder(
  context: WorkflowContext,
  folder: string,
  options: { readonly force: boolean; readonly alsoOurs?: readonly string[] },
): Promise<void> {
  const root = resolve(context.cwd, folder);
  if (!options.force) {
    const inventory = readInventory(await readIfThere(join(root, INVENTORY), `${folder}/${INVENTORY}`));
    await refuseForeign(root, folder, inventory, new Set(options.alsoOurs ?? []));
  }
  await refuseUnwritable(root, folder);
}

/** Looks at the folder, or at the nearest above it that is there. Throws `FILE_WRITE_FAILED`. */
async function refuseUnwritable(path: string, folder: string): Promise<void> {
  try {
    // With the slash a file is refused too.
    await access(`${path}/`, constants.W_OK);
  } catch (cause) {
    const parent = dirname(path);
    if (systemCode(cause) === 'ENOENT' && parent !== path) return refuseUnwritable(parent, folder);
    if (systemCode(cause) === 'ENOTDIR')
      throw new SallyportError('FILE_WRITE_FAILED', 'is a file or below one, and a folder is expected', {
        subject: folder,
        cause,
      });
    throw writeFailure(cause, folder);
  }
}

/** Names a few of them and looks no further: a folder that is not ours may be a whole disk. */
const SHOWN = 5;

async function refuseForeign(
  root: string,
  folder: string,
  inventory: Inventory,
  also: ReadonlySet<string>,
): Promise<void> {
  const foreign: string[] = [];
  for await (const path of filesBelow(root, '', folder)) {
    if (path === INVENTORY || also.has(path)) continue;
    const known = inventory.get(path);
    const bytes = known === undefined ? undefined : await readIfThere(join(root, path), `${folder}/${path}`);
    if (known === undefined) foreign.push(path);
    else if (bytes !== undefined && !known.has(digestOf(bytes)))
      foreign.push(`${path} (changed since it was written)`);
    if (foreign.length > SHOWN) break;
  }
  if (foreign.length === 0) return;
  const more = foreign.length > SHOWN ? ' and more' : '';
  throw new SallyportError(
    'OUTPUT_FOREIGN_FILES',
    `holds files that are not ours: ${foreign.slice(0, SHOWN).join(', ')}${more}`,
    { subject: folder },
  );
}

function readInventory(bytes: Buffer | undefined): Inventory {
  const known = new Map<string, Set<string>>();
  for (const line of (bytes?.toString('utf8') ?? '').split('\n')) {
    const [digest, path] = [line.slice(0, line.indexOf('  ')), line.slice(line.indexOf('  ') + 2)];
    if (isDigest(digest) && path !== '' && !path.split('/').includes('..'))
      known.set(path, (known.get(path) ?? new Set()).add(digest));
  }
  return known;
}

/** What lies in a folder and below it but for folders, in the order of names; nothing of a folder that is not there yet. */
async function* filesBelow(root: string, below: string, folder: string): AsyncGenerator<string> {
  for (const entry of await entriesOf(root, below, folder)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (path === '.git' || path === STAGE) continue;
    if (entry.isDirectory()) yield* filesBelow(root, path, folder);
    else yield path;
  }
}

async function entriesOf(root: string, below: string, folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(join(root, below), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []; // not there yet, or removed while we were looking
    if (systemCode(cause) === 'ENOTDIR' && below === '')
      throw new SallyportError('FILE_WRITE_FAILED', 'is a file, not a folder', { subject: folder, cause });
    throw new SallyportError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be read', {
      subject: below === '' ? folder : `${folder}/${below}`,
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
