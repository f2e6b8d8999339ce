import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { type EmitEvent, isAbort, SallyportError, systemClock, systemCode } from '../../base/index.ts';
import { createProgress, errorText, type Style } from '../../report/index.ts';
import type { WorkflowContext } from '../../workflows/index.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { prepareEngine } from '../engine.ts';
import { exitStatusOf } from '../exit.ts';
import type { CommonFlags } from '../flags.ts';

/** What a handler works with. */
export interface Session {
  readonly workflow: WorkflowContext;
  /** Writes a result to standard output. */
  readonly out: (text: string) => void;
  /** Writes something to be read now, not a result, to standard error. */
  readonly note: (text: string) => void;
  /** Writes a problem that does not end the command, with its next step. */
  readonly problem: (thrown: unknown) => void;
  /** How the two look now: their widths change when a window does. */
  readonly outStyle: Style;
  readonly errStyle: Style;
  readonly emit: EmitEvent;
}

/**
 * Runs a handler: progress and problems to standard error, results to standard output, the right exit status whatever happens. `stopped` says what
 * an interruption leaves.
 */
export async function runCommand(
  cli: CliContext,
  flags: CommonFlags,
  work: (session: Session) => Promise<ExitStatus>,
  stopped: string | (() => string) = 'nothing half-written was left, and the same command continues',
): Promise<void> {
  prepareEngine();
  const paintless = flags.color ? {} : { color: false };
  const outStyle = (): Style => ({ ...cli.stdoutStyle(), ...paintless });
  const errStyle = (): Style => ({ ...cli.stderrStyle(), ...paintless });
  const stderr = cli.process.stderr;
  const progress = createProgress({
    sink: stderr,
    style: errStyle,
    live: cli.stderrIsTerminal && !flags.verbose,
    quiet: flags.quiet,
    verbose: flags.verbose,
    now: systemClock.now,
  });
  const forgetSize = cli.onResize(progress.resized);
  const problem = (thrown: unknown) => {
    progress.clear();
    stderr.write(errorText(thrown, errStyle(), { verbose: flags.verbose }));
  };
  let log: EventLog | undefined;
  try {
    log = flags.events === undefined ? undefined : openEventLog(cli, flags.events);
    const emit: EmitEvent = (event) => {
      progress.emit(event);
      log?.write(event);
    };
    const status = await work({
      workflow: {
        cwd: cli.cwd,
        env: cli.env,
        homeDir: cli.homeDir,
        userAgent: `sallyport/${cli.version}`,
        clock: systemClock,
        emit,
        signal: cli.signal,
        readStdin: cli.readStdin,
      },
      out: (text) => {
        progress.clear();
        cli.process.stdout.write(text);
      },
      note: (text) => {
        progress.clear();
        stderr.write(text);
      },
      problem,
      get outStyle() {
        return outStyle();
      },
      get errStyle() {
        return errStyle();
      },
      emit,
    });
    progress.clear();
    cli.setExit(status);
  } catch (thrown) {
    if (isAbort(thrown) || cli.signal.aborted) {
      progress.clear();
      const left = typeof stopped === 'string' ? stopped : stopped();
      stderr.write(`stopped; ${untouched(thrown) ?? left}\n`);
      cli.setExit(130);
      return;
    }
    problem(thrown);
    cli.setExit(exitStatusOf(thrown));
  } finally {
    forgetSize();
    const failure = await log?.close();
    if (failure !== undefined) {
      problem(failure);
      cli.setExit(exitStatusOf(failure));
    }
  }
}

/** What an answer at a prompt that ended everything says; undefined for an interruption of work. */
function untouched(thrown: unknown): string | undefined {
  return thrown instanceof SallyportError && thrown.facts['untouched'] === true ? thrown.message : undefined;
}

interface EventLog {
  write(event: object): void;
  /** Resolves with what kept events from being written, if anything did. */
  close(): Promise<SallyportError | undefined>;
}

/** JSON lines with a time. The file is opened at once, so that a wrong path is an error before work begins. */
function openEventLog(cli: CliContext, name: string): EventLog {
  if (name === '-') {
    return {
      write: (event) =>
        cli.process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`),
      close: () => Promise.resolve(undefined),
    };
  }
  let stream: WriteStream;
  try {
    stream = createWriteStream(name, { fd: openSync(resolve(cli.cwd, name), 'w') });
  } catch (cause) {
    throw unwritable(name, cause);
  }
  let failure: SallyportError | undefined;
  stream.on('error', (cause) => {
    failure = unwritable(name, cause);
  });
  return {
    write: (event) => stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`),
    close: () =>
      new Promise((done) => {
        if (stream.destroyed) done(failure);
        stream.on('close', () => done(failure));
        stream.end();
      }),
  };
}

function unwritable(name: string, cause: unknown): SallyportError {
  return new SallyportError(
    'FILE_WRITE_FAILED',
    `cannot be written (${systemCode(cause) ?? 'unknown reason'})`,
    { subject: name, cause },
  );
}
