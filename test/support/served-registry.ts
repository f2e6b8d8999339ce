import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PROGRAM } from './cli.ts';
import { stop } from './docker-registry.ts';

/** An embedded registry that is a process of its own, so that it shares no event loop with a test. */
export interface ServedRegistry {
  /** `127.0.0.1:PORT`, plain http. */
  readonly host: string;
  close(): Promise<void>;
}

/** Starts the built program on a folder of its own and waits until it listens. */
export async function startServedRegistry(dir: string): Promise<ServedRegistry> {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'registry', 'serve', '--dir', dir, '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const host = /http:\/\/(127\.0\.0\.1:\d+)$/.exec(line)?.[1];
    if (host !== undefined) {
      child.stdout.resume();
      return { host, close: () => stop(child) };
    }
  }
  throw new Error('the registry ended before it listened');
}
