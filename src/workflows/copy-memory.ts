import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { fieldsOf } from '../base/index.ts';
import type { Brought, CopyMemory, Remembered } from '../transfer/index.ts';
import type { WorkflowContext } from './context.ts';
import { stateFolder } from './state-folder.ts';

/** What runs of this user have brought to targets, in a file of the state folder. */
export interface KeptCopies extends CopyMemory {
  /** Where it cannot be written nothing is lost: the next run asks the target. */
  keep(brought: readonly Brought[]): void;
}

const FORMAT = 1;
/** Some 130 bytes each; those that were seen longest ago go first. */
const MAX_IMAGES = 20_000;

type Images = Map<string, Remembered>;

export function openCopyMemory(context: Pick<WorkflowContext, 'env' | 'homeDir'>): KeptCopies {
  const path = join(stateFolder(context), 'copies.json');
  let read: Readonly<Record<string, unknown>> | undefined;
  const recall = (key: string): Remembered | undefined => {
    read ??= readEntries(path);
    return Object.hasOwn(read, key) ? readEntry(read[key]) : undefined;
  };
  return {
    recall: (place, digest) => recall(keyOf({ ...place, digest })),
    keep: (brought) => {
      if (!brought.some((one) => isNews(recall(keyOf(one)), one))) return;
      // Read again: another run may have written in the meantime.
      const all = readImages(path);
      for (const one of brought) remember(all, one);
      write(path, [...all].slice(-MAX_IMAGES));
    },
  };
}

function remember(images: Images, one: Brought): void {
  const key = keyOf(one);
  const now = joined(one.anew ? undefined : images.get(key), one);
  images.delete(key); // to the end: what was seen last stays longest
  images.set(key, now);
}

function isNews(known: Remembered | undefined, one: Brought): boolean {
  const now = joined(one.anew ? undefined : known, one);
  return (
    known === undefined ||
    known.whole !== now.whole ||
    known.referrers !== now.referrers ||
    known.platforms.join() !== now.platforms.join()
  );
}

/** Of an image that was there already, what one run brought and what another did are there together. */
function joined(before: Remembered | undefined, { whole, platforms, referrers }: Remembered): Remembered {
  return {
    whole: whole || before?.whole === true,
    platforms: [...new Set([...(before?.platforms ?? []), ...platforms])].sort(),
    referrers: referrers || before?.referrers === true,
  };
}

function keyOf({
  toRegistry,
  toRepository,
  digest,
}: Pick<Brought, 'toRegistry' | 'toRepository' | 'digest'>): string {
  return `${toRegistry}/${toRepository}@${digest}`;
}

function write(path: string, images: readonly (readonly [string, Remembered])[]): void {
  const kept = Object.fromEntries(
    images.map(([key, { whole, platforms, referrers }]) => [
      key,
      {
        ...(whole ? {} : { whole }),
        ...(platforms.length === 0 ? {} : { platforms }),
        ...(referrers ? {} : { referrers }),
      },
    ]),
  );
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomic.sync(path, `${JSON.stringify({ format: FORMAT, images: kept })}\n`, {
      mode: 0o600,
      fsync: false,
    });
  } catch {
    // Not remembered: the next run asks the target.
  }
}

function readImages(path: string): Images {
  return new Map(
    Object.entries(readEntries(path)).flatMap(([key, value]) => {
      const entry = readEntry(value);
      return entry === undefined ? [] : [[key, entry] as const];
    }),
  );
}

/** As they stand in the file: most runs ask for a few of thousands. */
function readEntries(path: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Missing or damaged: nothing is known.
    return {};
  }
  const { format, images } = fieldsOf(parsed);
  return format === FORMAT ? fieldsOf(images) : {};
}

function readEntry(value: unknown): Remembered | undefined {
  const { whole = true, platforms = [], referrers = true } = fieldsOf(value);
  return typeof whole === 'boolean' &&
    Array.isArray(platforms) &&
    platforms.every((platform) => typeof platform === 'string') &&
    typeof referrers === 'boolean'
    ? { whole, platforms, referrers }
    : undefined;
}
