import { readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { kill, pid as ownPid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { SallyportError, systemCode } from '../base/index.ts';
import { fileError } from './files.ts';

/** How long a lock counts without a sign of life, for holders that cannot be looked up (another machine or container). */
const STALE_MS = 10_000;
/** A process that was killed between the lock and its name leaves a lock that counts until it is stale; a living one gives its name at once. */
const NAMELESS_MS = STALE_MS + 2000;
const LOOK_MS = 100;

export interface FolderLock {
  /** True when the lock was lost, for example because the machine slept for long; nothing may be written any more. */
  readonly lost: () => boolean;
  /** True when the last holder did not give the lock up: it was killed, and may have left temporary files. */
  readonly afterCrash: boolean;
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since the epoch; tells two lives of one process number apart (a restarted container is always number 1). */
  readonly started: number;
}

/**
 * Makes this process the only one that writes to a folder. Throws `LOCKED` and names the holder. A holder on this machine that no
 * longer lives is recognised at once, so that a restart after a crash does not have to wait.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const lockfilePath = join(folder, '.lock');
  const holderFile = join(folder, '.lock-holder.json');
  let lost = false;
  const afterCrash = (await readHolder(holderFile)) !== undefined;
  const take = async (): Promise<FolderLock> => {
    const release = await lock(folder, {
      lockfilePath,
      stale: STALE_MS,
      update: STALE_MS / 5,
      retries: 0,
      onCompromised: () => {
        lost = true;
      },
    });
    await writeFile(holderFile, JSON.stringify(self()));
    let released = false;
    return {
      lost: () => lost,
      afterCrash,
      release: async () => {
        // A lock that was lost is somebody else's by now.
        if (lost || released) return;
        released = true;
        await rm(holderFile, { force: true });
        await release();
      },
    };
  };
  for (const until = performance.now() + NAMELESS_MS; ; await sleep(LOOK_MS)) {
    try {
      return await take();
    } catch (cause) {
      if (systemCode(cause) !== 'ELOCKED') throw fileError(cause, lockfilePath, 'make the lock');
      const holder = await readHolder(holderFile);
      if (holder === undefined && performance.now() < until) continue;
      if (holder === undefined || (await isAlive(holder))) throw locked(folder, lockfilePath, holder, cause);
      return await takeFromTheDead(take, folder, lockfilePath, holderFile, holder);
    }
  }
}

/** Only one process at a time may clear a dead lock; the others see `LOCKED` and may try again. */
async function takeFromTheDead(
  take: () => Promise<FolderLock>,
  folder: string,
  lockfilePath: string,
  holderFile: string,
  dead: Holder,
): Promise<FolderLock> {
  const turn = join(folder, '.lock-takeover');
  if (!(await takeTurn(turn))) throw locked(folder, lockfilePath, dead, undefined);
  try {
    // Whoever took the lock a moment ago has written its name by now.
    await sleep(20);
    const holder = await readHolder(holderFile);
    if (holder === undefined || (await isAlive(holder)))
      throw locked(folder, lockfilePath, holder, undefined);
    await rmdir(lockfilePath).catch((cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') throw fileError(cause, lockfilePath, 'remove the lock');
    });
    return await take();
  } catch (cause) {
    throw systemCode(cause) === 'ELOCKED' ? locked(folder, lockfilePath, dead, cause) : cause;
  } finally {
    await rm(turn, { force: true });
  }
}

/** False when another process has its turn. One that was killed in its turn has none: else nobody could ever take the lock again. */
async function takeTurn(turn: string): Promise<boolean> {
  if (await writeNew(turn)) return true;
  if (!(await isLeftOver(turn))) return false;
  const aside = `${turn}-${ownPid}`;
  try {
    await rename(turn, aside);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw fileError(cause, turn, 'move');
  }
  // Another may have cleared it and begun its own turn in between: then this is that one's.
  if (await isLeftOver(aside)) {
    await rm(aside, { force: true, recursive: true });
    return writeNew(turn);
  }
  await rename(aside, turn);
  return false;
}

async function writeNew(turn: string): Promise<boolean> {
  try {
    await writeFile(turn, JSON.stringify(self()), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw fileError(cause, turn, 'make');
  }
}

async function isLeftOver(turn: string): Promise<boolean> {
  const taker = await readHolder(turn);
  if (taker !== undefined) return !(await isAlive(taker));
  const made = await stat(turn).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > STALE_MS;
}

function self(): Holder {
  return { pid: ownPid, host: hostname(), started: performance.timeOrigin };
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, host, started } = value as Partial<Record<keyof Holder, unknown>>;
    return typeof pid === 'number' && typeof host === 'string' && typeof started === 'number'
      ? { pid, host, started }
      : undefined;
  } catch {
    // Missing or half written: nothing is known about the holder, so the lock counts until it is stale.
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (holder.pid === ownPid) return holder.started === performance.timeOrigin;
  try {
    kill(holder.pid, 0);
  } catch (cause) {
    // EPERM: it lives and is somebody else's.
    if (systemCode(cause) === 'ESRCH') return false;
  }
  return !(await isZombie(holder.pid));
}

/** Dead, and its number still taken, because its parent has not asked how it ended: usual in containers, whose first process is no init. */
async function isZombie(pid: number): Promise<boolean> {
  // proc_pid_stat(5): the state is the third field, behind a name that may hold anything. Not there on other systems.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}

function locked(
  folder: string,
  lockfilePath: string,
  holder: Holder | undefined,
  cause: unknown,
): SallyportError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new SallyportError('LOCKED', `is in use by ${who} (lock ${lockfilePath})`, {
    subject: folder,
    cause,
  });
}
