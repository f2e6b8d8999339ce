import { chmod, type FileHandle, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, type EmitEvent, printable, toSallyportError } from '../base/index.ts';
import { type Descriptor, isDigest } from '../oci/index.ts';
import {
  ensureFolder,
  type FolderLock,
  isPlainFolder,
  lockFolder,
  readWholeFile,
  writeWholeFile,
} from '../store/index.ts';

/**
 * Remembers open uploads beyond the end of the process, so that the next run continues a big blob where a killed one stopped. It holds
 * addresses only: how much has arrived is asked of the registry, and what it has counts after it compared the digest of the whole.
 * `repository` is host and repository. Never throws: without a journal an upload begins anew.
 */
export interface UploadJournal {
  /** The address of an upload that an earlier process left open. Handed out once: two writers must not share an upload. */
  take(repository: string, blob: Descriptor): Promise<URL | undefined>;
  /** An upload is open at this address. Resolves when a kill cannot take it away any more. */
  note(repository: string, blob: Descriptor, location: URL): Promise<void>;
  /** Nothing is open any more. */
  end(repository: string, blob: Descriptor): Promise<void>;
  /** Gives the file up for others. With `done` nothing of it is needed any more, and it is removed; so it is when nothing is left open. */
  close(done: boolean): Promise<void>;
}

export interface UploadJournalOptions {
  /** A folder of its own; made for this user alone when there is something to write. */
  readonly folder: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** Registries forget uploads after a week at the latest (CNCF distribution's `uploadpurging` default). */
const KEPT_MS = 7 * 24 * 3_600_000;
const FILE = 'uploads.jsonl';
/** Much more than a run can leave; a longer file is not ours. */
const MAX_BYTES = 64 * 1024 * 1024;

interface Entry {
  readonly at: number;
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
  readonly location?: string;
}

/**
 * A journal of JSON lines. Nothing is read or made before the first blob asks. Written without fsync: a kill loses nothing that the kernel
 * has, and what a power cut takes costs an upload begun anew. Addresses may carry signatures, so the file is for its owner only.
 */
export function createUploadJournal(options: UploadJournalOptions): UploadJournal {
  let opening: Promise<Journal | undefined> | undefined;
  const journal = (): Promise<Journal | undefined> => {
    opening ??= openJournal(options).catch((thrown: unknown) => withoutJournal(options, thrown));
    return opening;
  };
  const append = async (entry: Omit<Entry, 'at'>): Promise<void> => {
    const opened = await journal();
    if (opened === undefined) return;
    const full = { at: options.clock.now(), ...entry };
    remember(opened.open, full);
    try {
      await opened.file.appendFile(`${JSON.stringify(full)}\n`);
    } catch (thrown) {
      opening = Promise.resolve(withoutJournal(options, thrown));
      await release(opened, options.folder);
    }
  };
  return {
    take: async (repository, blob) => {
      const opened = await journal();
      const key = keyOf({ repository, digest: blob.digest, size: blob.size });
      const location = opened?.open.get(key)?.location;
      opened?.open.delete(key);
      return location === undefined ? undefined : new URL(location);
    },
    note: (repository, { digest, size }, location) =>
      append({ repository, digest, size, location: location.href }),
    end: (repository, { digest, size }) => append({ repository, digest, size }),
    close: async (done) => {
      const left = done && opening === undefined && (await isPlainFolder(options.folder).catch(() => false));
      const opened = await (left ? journal() : opening);
      opening = Promise.resolve(undefined);
      if (done) opened?.open.clear();
      if (opened !== undefined) await release(opened, options.folder);
    },
  };
}

interface Journal {
  readonly file: FileHandle;
  readonly lock: FolderLock;
  readonly open: Map<string, Entry>;
}

async function openJournal({ folder, clock }: UploadJournalOptions): Promise<Journal> {
  await ensureFolder(folder, false);
  await chmod(folder, 0o700);
  const lock = await lockFolder(folder);
  try {
    const path = join(folder, FILE);
    const kept = readEntries(await readWholeFile(path, MAX_BYTES), clock.now() - KEPT_MS);
    // Written anew: what is damaged or done is left behind, and new lines never join a torn one.
    await writeWholeFile(
      path,
      [...kept.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(''),
      false,
    );
    await chmod(path, 0o600);
    await forgetOld(folder, clock.now() - KEPT_MS);
    return { file: await open(path, 'a', 0o600), lock, open: kept };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function release({ file, lock, open: entries }: Journal, folder: string): Promise<void> {
  await file.close();
  if (entries.size > 0) return await lock.release();
  await rm(join(folder, FILE), { force: true });
  await lock.release();
  // Somebody may have come in the meantime; then it is theirs and not empty.
  await rmdir(folder).catch(() => undefined);
}

/** Journals of other copies that nobody went on with. */
async function forgetOld(folder: string, before: number): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    const other = join(parent, name);
    const used = await stat(join(other, FILE)).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (used !== undefined && used < before) await rm(other, { recursive: true, force: true });
  }
}

function withoutJournal({ folder, emit }: UploadJournalOptions, thrown: unknown): undefined {
  const error = toSallyportError(thrown);
  const why =
    error.code === 'LOCKED'
      ? 'another process copies the same'
      : printable(error.cause instanceof Error ? error.cause.message : error.message, 200);
  emit({
    type: 'note',
    level: 'info',
    subject: folder,
    message: `no journal is kept (${why}); after a kill, blobs that were under way begin anew`,
  });
  return undefined;
}

/** The uploads that stand open. Lines that are damaged, older than `after` or of another form are left out. */
export function readEntries(bytes: Buffer | undefined, after: number): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const line of bytes?.toString('utf8').split('\n') ?? []) {
    const entry = parseEntry(line);
    if (entry !== undefined && entry.at >= after) remember(entries, entry);
  }
  return entries;
}

function parseEntry(line: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, repository, digest, size, location } = value as Partial<Record<keyof Entry, unknown>>;
  if (typeof at !== 'number' || typeof repository !== 'string' || typeof size !== 'number') return undefined;
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (location === undefined) return { at, repository, digest, size };
  return typeof location === 'string' && /^https?:/.test(location) && URL.canParse(location)
    ? { at, repository, digest, size, location }
    : undefined;
}

function remember(entries: Map<string, Entry>, entry: Entry): void {
  if (entry.location === undefined) entries.delete(keyOf(entry));
  else entries.set(keyOf(entry), entry);
}

function keyOf({ repository, digest, size }: Pick<Entry, 'repository' | 'digest' | 'size'>): string {
  return `${repository}@${digest} ${size}`;
}
