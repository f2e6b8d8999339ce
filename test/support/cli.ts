import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { bareEnvironment } from './environment.ts';

export const PROGRAM = join(resolve(import.meta.dirname, '..', '..'), 'dist', 'sallyport.mjs');

export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as a user would, away from the user's own credentials and caches. */
export function sallyport(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string | Buffer;
    /** Called with the running program, for tests that send it signals. */
    readonly onStart?: (child: ChildProcess) => void;
  },
): Promise<CliRun> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: options.cwd,
      env: { ...bareEnvironment(options.cwd), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    options.onStart?.(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', fail);
    child.on('close', (status) =>
      done({
        status,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
