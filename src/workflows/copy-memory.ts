import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { fieldsOf, makeFolderSync, stateFolder } from '../base/index.ts';
import { type Digest, isDigest } from '../oci/index.ts';
import type { Brought, CopyMemory, Remembered } from '../transfer/index.ts';
import type { WorkflowContext } from './context.ts';

/** What runs of this user have brought to targets, in a file of the state folder. */
export interface KeptCopies extends CopyMemory {
  /** Where it cannot be written nothing is lost: the next run asks the target. */
  keep(brought: readonly Brought[]): void;
}

const FORMAT = 1;
/** Some 250 bytes each with its tag; those that were seen longest ago go first. */
const MAX_IMAGES = 20_000;

interface Kept {
  readonly images: Map<string, Remembered>;
  /** Digests by `registry/repository:tag`. */
  readonly tags: Map<string, Digest>;
}

/** As it stands in the file: most runs ask for a few of thousands. */
interface Unread {
  readonly images: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, unknown>>;
}

export function openCopyMemory(context: Pick<WorkflowContext, 'env' | 'homeDir'>): KeptCopies {
  const path = join(stateFolder(context), 'copies.json');
  let read: Unread | undefined;
  const opened = (): Unread => (read ??= readEntries(path));
  const recall: KeptCopies['recall'] = (place, digest) => {
    const key = imageKey({ ...place, digest });
    return Object.hasOwn(opened().images, key) ? readImage(opened().images[key]) : undefined;
  };
  const lastOf: KeptCopies['lastOf'] = (place, tag) => {
    const key = tagKey({ ...place, tag });
    return Object.hasOwn(opened().tags, key) ? readTag(opened().tags[key]) : undefined;
  };
  const isNews = (one: Brought): boolean =>
    saysMore(recall(one, one.digest), one) || (one.tag !== undefined && lastOf(one, one.tag) !== one.digest);
  return {
    recall,
    lastOf,
    keep: (brought) => {
      if (!brought.some(isNews)) return;
      // Read again: another run may have written in the meantime.
      const all = readAll(path);
      for (const one of brought) remember(all, one);
      write(path, all);
    },
  };
}

function remember({ images, tags }: Kept, one: Brought): void {
  const key = imageKey(one);
  putLast(images, key, joined(one.anew ? undefined : images.get(key), one));
  if (one.tag !== undefined) putLast(tags, tagKey({ ...one, tag: one.tag }), one.digest);
}

/** To the end: what was seen last stays longest. */
function putLast<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
}

function saysMore(known: Remembered | undefined, one: Brought): boolean {
  const now = joined(one.anew ? undefined : known, one);
  return (
    known === undefined ||
    known.whole !== now.whole ||
    known.referrers !== now.referrers ||
    known.dropped?.join() !== now.dropped?.join() ||
    known.platforms.join() !== now.platforms.join()
  );
}

/** Of an image that was there already, what one run brought and what another did are there together. */
function joined(before: Remembered | undefined, now: Remembered): Remembered {
  const { whole, platforms, referrers, dropped = before?.dropped ?? [] } = now;
  return {
    whole: whole || before?.whole === true,
    platforms: [...new Set([...(before?.platforms ?? []), ...platforms])].sort(),
    referrers: referrers || before?.referrers === true,
    ...(dropped.length === 0 ? {} : { dropped: [...dropped].sort() }),
  };
}

type Repository = Pick<Brought, 'toRegistry' | 'toRepository'>;

function imageKey({ toRegistry, toRepository, digest }: Repository & Pick<Brought, 'digest'>): string {
  return `${toRegistry}/${toRepository}@${digest}`;
}

function tagKey({ toRegistry, toRepository, tag }: Repository & { readonly tag: string }): string {
  return `${toRegistry}/${toRepository}:${tag}`;
}

function write(path: string, { images, tags }: Kept): void {
  const kept = {
    format: FORMAT,
    images: latest(images, ({ whole, platforms, referrers, dropped }) => ({
      ...(whole ? {} : { whole }),
      ...(platforms.length === 0 ? {} : { platforms }),
      ...(referrers ? {} : { referrers }),
      ...(dropped === undefined ? {} : { dropped }),
    })),
    tags: latest(tags, (digest) => digest),
  };
  try {
    makeFolderSync(dirname(path), 0o700);
    writeFileAtomic.sync(path, `${JSON.stringify(kept)}\n`, { mode: 0o600, fsync: false });
  } catch {
    // Not remembered: the next run asks the target.
  }
}

function latest<T>(entries: ReadonlyMap<string, T>, written: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    [...entries].slice(-MAX_IMAGES).map(([key, value]) => [key, written(value)] as const),
  );
}

function readAll(path: string): Kept {
  const { images, tags } = readEntries(path);
  return { images: readable(images, readImage), tags: readable(tags, readTag) };
}

function readable<T>(
  entries: Readonly<Record<string, unknown>>,
  read: (value: unknown) => T | undefined,
): Map<string, T> {
  return new Map(
    Object.entries(entries).flatMap(([key, value]) => {
      const entry = read(value);
      return entry === undefined ? [] : [[key, entry] as const];
    }),
  );
}

function readEntries(path: string): Unread {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Missing or damaged: nothing is known.
    return { images: {}, tags: {} };
  }
  const { format, images, tags } = fieldsOf(parsed);
  return format === FORMAT ? { images: fieldsOf(images), tags: fieldsOf(tags) } : { images: {}, tags: {} };
}

function readImage(value: unknown): Remembered | undefined {
  const { whole = true, platforms = [], referrers = true, dropped } = fieldsOf(value);
  return typeof whole === 'boolean' &&
    Array.isArray(platforms) &&
    platforms.every((platform) => typeof platform === 'string') &&
    typeof referrers === 'boolean'
    ? { whole, platforms, referrers, ...readDropped(dropped) }
    : undefined;
}

function readDropped(value: unknown): Pick<Remembered, 'dropped'> {
  if (!Array.isArray(value)) return {};
  const dropped = value.filter((digest) => typeof digest === 'string' && isDigest(digest));
  return dropped.length === 0 ? {} : { dropped };
}

function readTag(value: unknown): Digest | undefined {
  return typeof value === 'string' && isDigest(value) ? value : undefined;
}
