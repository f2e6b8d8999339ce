import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildCli } from '../scripts/build.ts';

/**
 * The tests of the command line run the program that users run. A build that fails removes the old program, so that
 * those tests fail, and lets the others run.
 */
export async function setup(): Promise<void> {
  const root = resolve(import.meta.dirname, '..');
  try {
    await buildCli(root);
  } catch (error) {
    rmSync(join(root, 'dist', 'sallyport.mjs'), { force: true });
    process.stderr.write(
      `the command line could not be built: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}\n`,
    );
  }
}
