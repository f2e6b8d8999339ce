import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError, systemCode } from '../../base/index.ts';
import { isDigest } from '../../oci/index.ts';
import {
  BlobFiles,
  ensureFolder,
  isLeftover,
  isPlainFolder,
  lockFolder,
  readLayout,
  sizeOfRegular,
  writeLayoutMarker,
} from '../../store/index.ts';
import { type CheckOptions, checkStorage, type StorageReport } from './check.ts';
import { collectGarbage, type FoundRepository, type GarbageOptions, type GarbageReport } from './garbage.ts';
import { LayoutView } from './layout-view.ts';
import { isUploadId, REPOSITORIES, UNCLEAN } from './paths.ts';
import { Recent } from './recent.ts';
import { DiskRepository } from './repository.ts';
import { Serial } from './serial.ts';
import type { Shared } from './shared.ts';
import type { WritableStorage } from './types.ts';
import type { DiskUpload } from './upload.ts';
import { entriesIn, walkRepositories } from './walk.ts';

export interface DiskStorageOptions {
  readonly dir: string;
  /** Sync what is acknowledged, so that it survives a power cut. Default true. */
  readonly durable?: boolean;
  /** Uploads without a byte for so long are removed. Default 24 hours. */
  readonly uploadExpiryMs?: number;
  readonly now?: () => number;
}

/** Opens a folder as registry storage, and makes it when it is not there. Throws `LOCKED`, `OUTPUT_FOREIGN_FILES`, `FILE_UNREADABLE`. */
export async function openDiskStorage(options: DiskStorageOptions): Promise<DiskStorage> {
  const { dir } = options;
  const durable = options.durable ?? true;
  const now = options.now ?? Date.now;
  await ensureFolder(dir, durable);
  const lock = await lockFolder(dir);
  try {
    const blobs = new BlobFiles({ root: dir, durable });
    const found = await readLayout(dir);
    const own = await isPlainFolder(join(dir, 'registry'));
    if (!own) await refuseForeign(dir);
    await blobs.prepare(true);
    await ensureFolder(join(dir, REPOSITORIES), durable);
    const uploads = new Map<string, DiskUpload>();
    const unclean = found === undefined || (await sizeOfRegular(join(dir, UNCLEAN))) !== undefined;
    const view = new LayoutView({ root: dir, durable, unclean });
    const shared: Shared = {
      root: dir,
      durable,
      blobs,
      view,
      serial: new Serial(),
      uploads,
      recent: new Recent(now),
      now,
      assertWritable: () => {
        if (lock.lost())
          throw new SallyportError('LOCKED', 'was taken over by another process while this one slept', {
            subject: dir,
          });
      },
    };
    const storage = new DiskStorage(shared, lock.release, options.uploadExpiryMs ?? 24 * 60 * 60 * 1000);
    if (lock.afterCrash) await storage.removeLeftovers();
    if (unclean) await storage.rebuildView();
    else view.load(found);
    if (found === undefined) await writeLayoutMarker(dir, durable);
    await view.flush();
    return storage;
  } catch (cause) {
    await lock.release();
    throw cause;
  }
}

/** The storage is a layout of another tool, or no layout at all: its content would be hidden below ours. */
async function refuseForeign(dir: string): Promise<void> {
  const foreign = (await readdir(dir)).filter((name) => !name.startsWith('.'));
  if (foreign.length > 0)
    throw new SallyportError(
      'OUTPUT_FOREIGN_FILES',
      `was not made by the embedded registry and holds other files (${foreign.slice(0, 3).join(', ')})`,
      { subject: dir, hint: 'Name an empty folder, or one that the embedded registry has used before.' },
    );
}

/** The storage of a registry in a folder. Made by `openDiskStorage`. */
export class DiskStorage implements WritableStorage {
  readonly #shared: Shared;
  readonly #release: () => Promise<void>;
  readonly #uploadExpiryMs: number;

  constructor(shared: Shared, release: () => Promise<void>, uploadExpiryMs: number) {
    this.#shared = shared;
    this.#release = release;
    this.#uploadExpiryMs = uploadExpiryMs;
  }

  get openUploads(): number {
    return this.#shared.uploads.size;
  }

  repository(name: string): DiskRepository {
    return new DiskRepository(name, this.#shared);
  }

  async repositories(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { name, hasContent } of walkRepositories(this.#shared.root))
      if (hasContent) found.push(name);
    return found.sort();
  }

  async sweep(): Promise<number> {
    let removed = 0;
    const oldest = this.#shared.now() - this.#uploadExpiryMs;
    this.#shared.recent.prune(oldest);
    for (const upload of this.#shared.uploads.values()) {
      if (upload.busy || upload.lastUsed >= oldest) continue;
      await upload.cancel();
      removed++;
    }
    for await (const { name, folder } of walkRepositories(this.#shared.root)) {
      for (const id of (await entriesIn(join(folder, '_uploads')))
        .map((entry) => entry.name)
        .filter(isUploadId)) {
        if (this.#shared.uploads.has(`${name} ${id}`)) continue;
        const path = join(folder, '_uploads', id);
        const info = await stat(path).catch(ignoreMissing);
        if (info === undefined || info.mtimeMs >= oldest) continue;
        await rm(path, { force: true });
        removed++;
      }
    }
    return removed;
  }

  async collectGarbage(options: GarbageOptions = {}): Promise<GarbageReport> {
    this.#shared.assertWritable();
    const uploads = options.dryRun === true ? 0 : await this.sweep();
    return { ...(await collectGarbage(this.#shared, this.#all(), options)), uploads };
  }

  check(options: CheckOptions = {}): Promise<StorageReport> {
    return checkStorage(this.#shared, options);
  }

  async *#all(): AsyncGenerator<FoundRepository> {
    for await (const { name, folder, hasContent } of walkRepositories(this.#shared.root))
      yield { repository: this.repository(name), folder, hasContent };
  }

  /** What a killed process may have left half written; only called while nobody writes. */
  async removeLeftovers(): Promise<void> {
    const { root } = this.#shared;
    const folders = [
      root,
      join(root, 'registry'),
      join(root, 'blobs', 'sha256'),
      join(root, 'blobs', 'sha512'),
    ];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await entriesIn(folder)) {
        if (isLeftover(entry.name)) await rm(join(folder, entry.name), { force: true });
        else if (entry.isDirectory() && folder.startsWith(join(root, 'registry')))
          folders.push(join(folder, entry.name));
      }
    }
  }

  /** Reads all tags and referrers; after a crash or in a new folder. */
  async rebuildView(): Promise<void> {
    for await (const { name, folder } of walkRepositories(this.#shared.root)) {
      const repository = this.repository(name);
      for (const tag of await repository.tags()) {
        const manifest = await repository.findManifest(tag);
        if (manifest !== undefined) this.#shared.view.setTag(name, tag, manifest);
      }
      for (const algorithm of await entriesIn(join(folder, '_referrers'))) {
        for (const subject of await entriesIn(join(folder, '_referrers', algorithm.name))) {
          const digest = `${algorithm.name}:${subject.name}`;
          if (!isDigest(digest)) continue;
          for (const referrer of await repository.referrers(digest))
            this.#shared.view.setReferrer(name, referrer);
        }
      }
    }
  }

  async close(): Promise<void> {
    try {
      await this.#shared.view.flush();
    } finally {
      await this.#release();
    }
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (systemCode(cause) === 'ENOENT') return undefined;
  throw cause;
}
