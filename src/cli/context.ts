import type { CommandContext } from '@stricli/core';
import type { Style } from '../report/index.ts';

/** What a command sees of the process, as values and a few functions: tests pass their own. */
export interface CliContext extends CommandContext {
  readonly process: CommandContext['process'];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly version: string;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly stdinIsTerminal: () => boolean;
  readonly readStdin: () => Promise<Buffer>;
  /** How standard output and standard error look now; width Infinity in a pipe. */
  readonly stdoutStyle: () => Style;
  readonly stderrStyle: () => Style;
  readonly stderrIsTerminal: boolean;
  /** Calls back after each change of the size of standard error's terminal; the answer ends that. */
  readonly onResize: (listener: () => void) => () => void;
  /** Remembers the exit status; the greatest trouble wins. */
  setExit(status: ExitStatus): void;
}

/**
 * 0 done; 1 it failed; 2 wrong usage or configuration; 3 the answer is no; 130 interrupted.
 */
export type ExitStatus = 0 | 1 | 2 | 3 | 130;
