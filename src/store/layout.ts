import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../base/index.ts';
import type { Digest } from '../oci/index.ts';
import { BlobFiles } from './blob-files.ts';
import { ensureFolder, fileError, isLeftover } from './files.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import {
  joinName,
  type LayoutEntry,
  readLayout,
  splitName,
  writeLayout,
  writeLayoutMarker,
} from './layout-index.ts';
import { LayoutStore } from './layout-store.ts';

export interface OpenLayoutOptions {
  readonly dir: string;
  /** `read`: the folder must be a layout and is never changed. `write`: it is made when missing, and locked. */
  readonly mode: 'read' | 'write';
  /** Sync what is acknowledged, so that it survives a power cut. Default true. */
  readonly durable?: boolean;
}

/** An OCI image layout on disk. It holds any number of repositories, told apart by the names in `index.json`, over shared blobs. */
export interface Layout {
  readonly dir: string;
  /** The content of one repository; the empty name holds entries with a bare tag. */
  repository(name: string): LayoutStore;
  /** Names that occur in `index.json`, sorted. */
  repositories(): readonly string[];
  /** Writes what is pending and gives up the lock. */
  close(): Promise<void>;
}

/** Opens a layout. Throws `FILE_UNREADABLE` for what is none, `LOCKED` when another process writes to it. */
export async function openLayout(options: OpenLayoutOptions): Promise<Layout> {
  const durable = options.durable ?? true;
  const blobs = new BlobFiles({ root: options.dir, durable });
  const write = options.mode === 'write';
  if (write) await ensureFolder(options.dir, durable);
  const lock = write ? await lockFolder(options.dir) : undefined;
  try {
    const found = await readLayout(options.dir);
    if (found === undefined && !write)
      throw new SallyportError('FILE_NOT_FOUND', 'holds no OCI image layout', { subject: options.dir });
    if (write && found === undefined) await refuseForeign(options.dir);
    await blobs.prepare(write);
    if (write && found === undefined) await writeLayoutMarker(options.dir, durable);
    return new DiskLayout(options.dir, blobs, found ?? [], lock);
  } catch (cause) {
    await lock?.release();
    throw cause;
  }
}

/** A folder with other people's files is not turned into a layout by accident. */
async function refuseForeign(dir: string): Promise<void> {
  const foreign = (await readdir(dir)).filter((name) => !name.startsWith('.') && name !== 'blobs');
  if (foreign.length > 0)
    throw new SallyportError(
      'OUTPUT_FOREIGN_FILES',
      `is no OCI image layout and holds other files (${foreign.slice(0, 3).join(', ')})`,
      {
        subject: dir,
        hint: 'Name an empty folder or one that is a layout already.',
      },
    );
}

/** What a `LayoutStore` needs of its layout. */
export class DiskLayout implements Layout {
  readonly dir: string;
  readonly blobs: BlobFiles;
  readonly #lock: FolderLock | undefined;
  /** Entries with a name, by name. */
  readonly #named = new Map<string, LayoutEntry>();
  /** Entries without one: what was written by digest only and is no child of another. */
  readonly #unnamed = new Map<Digest, LayoutEntry>();
  readonly #writing = new Map<Digest, Promise<void>>();
  #revision = 0;
  #written = 0;
  #flushing: Promise<void> | undefined;

  constructor(dir: string, blobs: BlobFiles, entries: readonly LayoutEntry[], lock: FolderLock | undefined) {
    this.dir = dir;
    this.blobs = blobs;
    this.#lock = lock;
    for (const entry of entries) {
      if (entry.name === undefined) this.#unnamed.set(entry.digest, entry);
      else this.#named.set(entry.name, entry);
    }
  }

  repository(name: string): LayoutStore {
    return new LayoutStore(this, name);
  }

  repositories(): readonly string[] {
    return [...new Set([...this.#named.keys()].map((name) => splitName(name).repository))].sort();
  }

  /** Changes with every write; whoever keeps something computed compares it. */
  get revision(): number {
    return this.#revision;
  }

  entry(repository: string, tag: string): LayoutEntry | undefined {
    return this.#named.get(joinName(repository, tag));
  }

  tags(repository: string): string[] {
    return [...this.#named.keys()]
      .map(splitName)
      .filter((name) => name.repository === repository)
      .map((name) => name.tag)
      .sort();
  }

  entries(): readonly LayoutEntry[] {
    return [...this.#named.values(), ...this.#unnamed.values()];
  }

  assertWritable(): void {
    if (this.#lock === undefined)
      throw new SallyportError('FILE_WRITE_FAILED', 'was opened for reading only', { subject: this.dir });
    if (this.#lock.lost())
      throw new SallyportError('LOCKED', 'was taken over by another process while this one slept', {
        subject: this.dir,
      });
  }

  /** Records a manifest; `children` stop being entries of their own unless they are named. Resolves when `index.json` has it. */
  async record(descriptor: LayoutEntry, children: readonly Digest[]): Promise<void> {
    if (descriptor.name === undefined) {
      const isNamed = [...this.#named.values()].some((entry) => entry.digest === descriptor.digest);
      if (!isNamed) this.#unnamed.set(descriptor.digest, descriptor);
    } else {
      this.#named.set(descriptor.name, descriptor);
      this.#unnamed.delete(descriptor.digest);
    }
    for (const child of children) this.#unnamed.delete(child);
    this.#revision++;
    // What has no name is written with the next named entry, or at the end: an index of 10,000 entries is not rewritten per child.
    if (descriptor.name !== undefined) await this.flush();
  }

  /** Writers that come together share one rewrite of the index. */
  async flush(): Promise<void> {
    const wanted = this.#revision;
    while (this.#written < wanted) {
      this.#flushing ??= this.#flushNow();
      await this.#flushing;
    }
  }

  async #flushNow(): Promise<void> {
    try {
      // Others that were about to record something get into the same rewrite.
      await Promise.resolve();
      const revision = this.#revision;
      await writeLayout(this.dir, this.entries(), this.blobs.durable);
      this.#written = revision;
    } finally {
      this.#flushing = undefined;
    }
  }

  /** One writer per digest; the others wait for it and find the blob there. */
  async exclusively(digest: Digest, write: () => Promise<void>): Promise<void> {
    const running = this.#writing.get(digest);
    if (running !== undefined) {
      // Its failure is its own; then it is our turn.
      await running.catch(() => undefined);
      return this.exclusively(digest, write);
    }
    const mine = write();
    this.#writing.set(digest, mine);
    try {
      await mine;
    } finally {
      this.#writing.delete(digest);
    }
  }

  /** Where partly written blobs wait, so that a later run continues them. */
  async ingestFolder(): Promise<string> {
    const folder = join(this.dir, '.ingest');
    await ensureFolder(folder, false);
    return folder;
  }

  async close(): Promise<void> {
    if (this.#lock === undefined) return;
    try {
      await this.flush();
      for (const name of await readdir(this.dir)) {
        if (isLeftover(name)) await rm(join(this.dir, name), { force: true });
      }
    } catch (cause) {
      throw fileError(cause, this.dir, 'write the index');
    } finally {
      await this.#lock.release();
    }
  }
}
