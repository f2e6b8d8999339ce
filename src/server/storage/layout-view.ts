import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor, Digest } from '../../oci/index.ts';
import { joinName, type LayoutEntry, makeEntry, writeLayout, writeWholeFile } from '../../store/index.ts';
import { UNCLEAN } from './paths.ts';

/** A rewrite costs time in proportion to all tags, so pushes in a row share one. */
const DELAY_MS = 2_000;

/**
 * Keeps `index.json` in step with tags and referrers, so that other OCI tools can read the folder. It is derived: the small files of
 * each repository are the truth, and a mark on disk says when it is behind, so that it is made anew after a crash.
 */
export class LayoutView {
  readonly #root: string;
  readonly #durable: boolean;
  readonly #entries = new Map<string, LayoutEntry>();
  #unclean: boolean;
  #marking: Promise<void> | undefined;
  /** Changes that have begun and not ended: the disk may be ahead of the entries. */
  #pending = 0;
  #revision = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(options: { readonly root: string; readonly durable: boolean; readonly unclean: boolean }) {
    this.#root = options.root;
    this.#durable = options.durable;
    this.#unclean = options.unclean;
  }

  /** Takes over what `index.json` says, when the mark says that it is up to date. */
  load(entries: readonly LayoutEntry[]): void {
    for (const entry of entries) {
      const repository = repositoryOf(entry);
      if (entry.name !== undefined) this.#entries.set(tagKey(entry.name), entry);
      else if (repository !== undefined) this.#entries.set(referrerKey(repository, entry.digest), entry);
    }
  }

  /** Runs a change of tags or referrers on disk and here; the mark is set before and stays until the index has it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++;
    try {
      if (!this.#unclean) {
        this.#marking ??= writeWholeFile(join(this.#root, UNCLEAN), '', this.#durable);
        try {
          await this.#marking;
        } finally {
          this.#marking = undefined;
        }
        this.#unclean = true;
      }
      return await work();
    } finally {
      this.#pending--;
    }
  }

  setTag(repository: string, tag: string, descriptor: Descriptor): void {
    const name = joinName(repository, tag);
    this.#entries.set(tagKey(name), makeEntry(descriptor, name));
    this.#changed();
  }

  removeTag(repository: string, tag: string): void {
    if (this.#entries.delete(tagKey(joinName(repository, tag)))) this.#changed();
  }

  setReferrer(repository: string, descriptor: Descriptor): void {
    this.#entries.set(referrerKey(repository, descriptor.digest), referrerEntry(repository, descriptor));
    this.#changed();
  }

  removeReferrer(repository: string, digest: Digest): void {
    if (this.#entries.delete(referrerKey(repository, digest))) this.#changed();
  }

  /** Writes the index now when it is behind. Throws what a write in the background failed with. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #changed(): void {
    this.#revision++;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, DELAY_MS);
    this.#timer.unref();
  }

  #write(): void {
    this.#writing = this.#writing.then(async () => {
      if (!this.#unclean) return;
      const revision = this.#revision;
      try {
        await writeLayout(this.#root, this.#entries.values(), this.#durable);
        // A change that came meanwhile keeps the mark.
        if (revision !== this.#revision || this.#pending > 0) return;
        this.#unclean = false;
        await rm(join(this.#root, UNCLEAN), { force: true });
      } catch (cause) {
        this.#failure = cause;
      }
    });
  }
}

/** A referrer has no name of its own; the annotation tells which repository it is in. */
const REPOSITORY = 'dev.sallyport.repository';

function referrerEntry(repository: string, descriptor: Descriptor): LayoutEntry {
  const entry = makeEntry(descriptor, undefined);
  return { ...entry, raw: { ...entry.raw, annotations: { [REPOSITORY]: repository } } };
}

function repositoryOf(entry: LayoutEntry): string | undefined {
  const annotations = entry.raw['annotations'];
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const repository = (annotations as Record<string, unknown>)[REPOSITORY];
  return typeof repository === 'string' ? repository : undefined;
}

function tagKey(name: string): string {
  return `tag ${name}`;
}

function referrerKey(repository: string, digest: Digest): string {
  return `referrer ${repository} ${digest}`;
}
