import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheFolder, fieldsOf, makeFolderSync } from '../base/index.ts';
import type { CapabilityValues, LearnedCapability } from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';

/** What runs learned of registries (ranges, mounts, largest bodies…), kept in the cache folder until it expires. */
export interface Learned {
  /** Of a server, `host[:port]`. */
  known(server: string): readonly LearnedCapability[];
  /** Keeps what is new. It is a cache: where it cannot be written, nothing is lost. */
  keep(learned: ReadonlyMap<string, readonly LearnedCapability[]>): void;
}

type Servers = Map<string, readonly LearnedCapability[]>;

const FORMAT = 1;

export function openLearned(context: Pick<WorkflowContext, 'env' | 'homeDir' | 'clock'>): Learned {
  const path = join(cacheFolder(context), 'registries.json');
  let read: Servers | undefined;
  const servers = (): Servers => {
    read ??= readServers(path);
    return read;
  };
  return {
    known: (server) => servers().get(server) ?? [],
    keep: (learned) => {
      const now = context.clock.now();
      if (![...learned].some(([server, entries]) => isNew(servers().get(server) ?? [], entries, now))) return;
      // Read again: another run may have written in the meantime.
      const all = new Map([
        ...readServers(path),
        ...[...learned].filter(([, entries]) => entries.length > 0),
      ]);
      const fresh = [...all]
        .map(([server, entries]) => [server, entries.filter(({ until }) => until > now)] as const)
        .filter(([, entries]) => entries.length > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      write(
        path,
        `${JSON.stringify({ format: FORMAT, servers: Object.fromEntries(fresh) }, undefined, 1)}\n`,
      );
    },
  };
}

/** Whether there is something to write: another answer, or one whose time is half over. */
function isNew(
  known: readonly LearnedCapability[],
  learned: readonly LearnedCapability[],
  now: number,
): boolean {
  return learned.some(({ name, value, until }) => {
    const before = known.find((entry) => entry.name === name);
    return before === undefined || before.value !== value || before.until - now < (until - now) / 2;
  });
}

function write(path: string, text: string): void {
  try {
    makeFolderSync(dirname(path), 0o700);
    writeFileAtomic.sync(path, text, { mode: 0o600, fsync: false });
  } catch {
    // A cache that cannot be written is no cache; the next run learns again.
  }
}

function readServers(path: string): Servers {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Missing or damaged: nothing is known.
    return new Map();
  }
  const { format, servers } = fieldsOf(parsed);
  if (format !== FORMAT) return new Map();
  return new Map(
    Object.entries(fieldsOf(servers)).map(([server, list]) => [
      server,
      Array.isArray(list) ? list.flatMap(readEntry) : [],
    ]),
  );
}

/** Names are judged by whoever uses them. */
function readEntry(value: unknown): LearnedCapability[] {
  const { name, value: answer, until } = fieldsOf(value);
  return typeof name === 'string' &&
    (typeof answer === 'boolean' || typeof answer === 'number') &&
    typeof until === 'number'
    ? [{ name: name as keyof CapabilityValues, value: answer, until }]
    : [];
}
