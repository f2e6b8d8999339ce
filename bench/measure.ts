import { spawn } from 'node:child_process';

/** One finished process, as the operating system accounted for it. */
export interface Run {
  readonly wallMs: number;
  /** Largest resident set, in bytes. */
  readonly peakRss: number;
  readonly status: number;
  readonly stdout: string;
}

/** Runs a command to its end under GNU time, which tells the peak memory of the process itself. */
export function runOnce(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  return new Promise((done, fail) => {
    const started = process.hrtime.bigint();
    const child = spawn('/usr/bin/time', ['-f', '%M', ...command], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', fail);
    child.on('close', (status) => {
      const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
      const stderr = Buffer.concat(err).toString('utf8').trim();
      const peakKb = Number(stderr.split('\n').at(-1));
      if (status !== 0) fail(new Error(`${command.join(' ')} ended with ${status}:\n${stderr}`));
      else
        done({
          wallMs,
          peakRss: peakKb * 1024,
          status: status ?? 1,
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
