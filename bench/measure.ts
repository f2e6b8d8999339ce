import { spawn } from 'node:child_process';

/** One finished process, as the operating system accounted for it. */
export interface Run {
  readonly wallMs: number;
  /** Time on processors, of the process itself and of those that it waited for. */
  readonly cpuMs: number;
  /** Largest resident set of any of them, in bytes. */
  readonly peakRss: number;
  readonly stdout: string;
}

export interface RunSettings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** File for the standard input. Default: none. */
  readonly stdin?: number;
}

/** Runs a command to its end under GNU time, which tells processor time and the peak memory of the process itself. */
export function runOnce(command: readonly string[], settings: RunSettings = {}): Promise<Run> {
  const { stdin = 'ignore', ...options } = settings;
  return new Promise((done, fail) => {
    const started = process.hrtime.bigint();
    const child = spawn('/usr/bin/time', ['-f', '%M %U %S', ...command], {
      ...options,
      stdio: [stdin, 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', fail);
    child.on('close', (status) => {
      const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
      const stderr = Buffer.concat(err).toString('utf8').trim();
      const [peakKb = 0, user = 0, system = 0] = (stderr.split('\n').at(-1) ?? '').split(' ').map(Number);
      if (status !== 0) fail(new Error(`${command.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`));
      else
        done({
          wallMs,
          cpuMs: (user + system) * 1000,
          peakRss: peakKb * 1024,
          stdout: Buffer.concat(out).toString('utf8'),
        });
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export const wall = (runs: readonly Run[] | undefined): number =>
  median((runs ?? []).map((run) => run.wallMs));
export const cpu = (runs: readonly Run[] | undefined): number => median((runs ?? []).map((run) => run.cpuMs));
export const peak = (runs: readonly Run[] | undefined): number =>
  Math.max(...(runs ?? []).map((run) => run.peakRss));
/** Seconds of each round, and their median. */
export const seconds = (runs: readonly Run[] | undefined): string =>
  `${(wall(runs) / 1000).toFixed(2)} s (${(runs ?? []).map((run) => (run.wallMs / 1000).toFixed(2)).join(', ')})`;

/** How much longer one took than another: the median of the rounds' ratios, so that a slow minute of the machine counts for both. */
export function ratio(runs: readonly Run[] | undefined, to: readonly Run[] | undefined): number {
  return median((runs ?? []).map((run, round) => run.wallMs / (to?.[round]?.wallMs ?? Number.NaN)));
}

/** Runs contenders in turn, A B C A B C, so that a drift of the machine's speed meets all alike. */
export async function interleave<T>(
  rounds: number,
  contenders: Readonly<Record<string, () => Promise<T>>>,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) results[name]?.push(await run());
  }
  return results;
}
