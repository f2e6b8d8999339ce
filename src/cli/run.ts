import { run } from '@stricli/core';
import { buildApp } from './app.ts';
import type { CliContext, ExitStatus } from './context.ts';
import { endWithOutput } from './output.ts';
import { styleOf } from './terminal.ts';

export interface RunOptions {
  readonly version: string;
  readonly homeDir: string;
}

/** Exit statuses of stricli's own: wrong usage in all its forms is negative there, and 2 here. */
const USAGE = 2;

/** Runs the command line of this process. */
export async function runCli(options: RunOptions): Promise<void> {
  endWithOutput(process.stdout, process.stderr);
  const state: { own: ExitStatus | undefined } = { own: undefined };
  const shell = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    exitCode: undefined as number | string | null | undefined,
  };
  const context: CliContext = {
    process: shell,
    cwd: workingFolder(),
    env: process.env,
    homeDir: options.homeDir,
    version: options.version,
    signal: abortOnSignals(),
    stdinIsTerminal: () => process.stdin.isTTY,
    readStdin,
    stdoutStyle: () => styleOf(process.stdout, process.env),
    stderrStyle: () => styleOf(process.stderr, process.env),
    stderrIsTerminal:
      process.stderr.isTTY && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb',
    onResize: (listener) => {
      process.stderr.on('resize', listener);
      return () => process.stderr.off('resize', listener);
    },
    setExit: (status) => {
      state.own = status;
    },
  };
  const words = helpWords(process.argv.slice(2));
  await run(await buildApp(options.version, words[0]), words, context);
  const code = Number(shell.exitCode ?? 0);
  process.exitCode = state.own ?? (code < 0 ? USAGE : code);
}

/** Every path is relative to it. It may have been deleted under the shell that stands in it. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write(
      'error: the working folder does not exist any more\n  → Change to one that is there.\n',
    );
    return process.exit(1);
  }
}

/** `sallyport help lock` is `sallyport lock --help`; nothing at all asks for help too. */
function helpWords(words: readonly string[]): string[] {
  if (words.length === 0) return ['--help'];
  return words[0] === 'help' ? [...words.slice(1), '--help'] : [...words];
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The first Ctrl-C or SIGTERM asks everything to stop cleanly, the second ends at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
