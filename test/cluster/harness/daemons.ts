import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnvironment } from '../../support/environment.ts';

/** Long-running programs of one test cluster: logs in a folder, gone when this process is gone, however it ends. */
export interface Daemons {
  start(name: string, command: string, args: readonly string[], env?: Readonly<Record<string, string>>): void;
  /** Waits until `check` says true; throws with the last log lines when a daemon ends first or time is up. */
  until(what: string, check: () => Promise<boolean>, timeoutMs?: number): Promise<void>;
  /** The end of a daemon's log. */
  log(name: string): string;
  /** Ends one; it may be started again by the same name. */
  stopOne(name: string): Promise<void>;
  /** Ends them, the youngest first, and waits until they are gone. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly folder: string;
  /** A command with its arguments that runs another one inside the cluster's namespaces. Default: none, on the machine itself. */
  readonly enter?: readonly string[];
}

export function createDaemons({ folder, enter = [] }: DaemonOptions): Daemons {
  const running = new Map<string, ChildProcess>();
  const logFile = (name: string) => join(folder, `${name}.log`);
  const log = (name: string) => readFileSync(logFile(name), 'utf8').trim().split('\n').slice(-15).join('\n');
  const gone = () => [...running].filter(([, child]) => child.exitCode !== null || child.signalCode !== null);
  return {
    log,
    start: (name, command, args, env) => {
      const file = openSync(logFile(name), 'a');
      // The kernel ends the daemon when this process ends, even by SIGKILL, where no handler of ours runs.
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...enter, command, ...args], {
        cwd: folder,
        stdio: ['ignore', file, file],
        env: { ...bareEnvironment(folder), ...env },
      });
      closeSync(file);
      child.on('error', (error) => process.stderr.write(`${name}: ${error.message}\n`));
      running.set(name, child);
    },
    until: async (what, check, timeoutMs = 60_000) => {
      const deadline = performance.now() + timeoutMs;
      while (!(await check())) {
        const [dead] = gone();
        if (dead !== undefined) throw new Error(`${dead[0]} ended before ${what}:\n${log(dead[0])}`);
        if (performance.now() > deadline) {
          const logs = [...running.keys()].map((name) => `== ${name}\n${log(name)}`).join('\n');
          throw new Error(`not within ${timeoutMs / 1000} s: ${what}\n${logs}`);
        }
        await sleep(100);
      }
    },
    stopOne: async (name) => {
      const child = running.get(name);
      running.delete(name);
      if (child !== undefined) await end(child);
    },
    stop: async () => {
      for (const child of [...running.values()].reverse()) await end(child);
      running.clear();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(impatient);
}
