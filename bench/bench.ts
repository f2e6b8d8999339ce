import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { stop } from '../test/support/docker-registry.ts';

/** What every case gets. */
export interface Bench {
  readonly root: string;
  /** A folder for the run, in memory where there is room: it is not the disk that is measured. */
  readonly dir: string;
  /** The built program. */
  readonly program: string;
  /** A line of the results. */
  report(name: string, result: string, goal: string): void;
}

export interface Case {
  readonly run: (bench: Bench) => Promise<void>;
  /** Commands without which it is left out. */
  readonly needs: readonly string[];
}

/** A file of this folder as a program for bare Node. */
export async function compiled({ root, dir }: Bench, name: string): Promise<string> {
  const outfile = join(dir, `${name}.mjs`);
  await build({
    entryPoints: [join(root, 'bench', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return outfile;
}

export interface Helper {
  /** The first lines that it printed. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Starts a program of this folder beside the run and waits until it has printed so many lines. */
export async function startHelper(file: string, args: readonly string[], lines: number): Promise<Helper> {
  const child = spawn('node', [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen: string[] = [];
  if (lines > 0)
    for await (const line of createInterface({ input: child.stdout })) if (seen.push(line) === lines) break;
  if (seen.length < lines) throw new Error(`${file} ended before it was ready`);
  child.stdout.resume();
  return { lines: seen, close: () => stop(child) };
}

/** Our own command line for a list of images. */
export function mirror(
  { program }: Bench,
  list: string,
  to: string,
  registries: readonly string[],
): string[] {
  return [
    'node',
    program,
    'mirror',
    '--images',
    list,
    '--to',
    to,
    '--naming',
    'path',
    ...registries.flatMap((registry) => ['--registry', registry]),
    '--quiet',
  ];
}
