import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { abandonedFolders, makeOwnedFolder } from './support/owned-folder.ts';

// Short: the sockets of a cluster lie below it, and a socket's path has at most 107 characters (unix(7)).
const PREFIX = 'sallyport-';

/**
 * Gives a run a temporary folder of its own, for the tests and all that they start, so that nothing stays in the
 * machine's, however a test ends. What a killed run left goes at the start of the next.
 */
export function setup(): () => void {
  for (const folder of abandonedFolders(PREFIX)) remove(folder);
  const folder = makeOwnedFolder(PREFIX);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  // Ctrl-C ends the run without a teardown.
  const end = () => remove(folder);
  process.once('exit', end);
  return () => {
    process.off('exit', end);
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    end();
  };
}

/** Runs `work` with such a folder. It is gone when the work is done, when it fails, and when Ctrl-C or SIGTERM ends it. */
export async function inRunFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const teardown = setup();
  exitOnSignals();
  try {
    await work(tmpdir());
  } finally {
    teardown();
  }
}

/** A signal by itself ends a process without `exit`, where what it made is removed. */
export function exitOnSignals(): void {
  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(name, () => process.exit(status));
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
