import { resolve } from 'node:path';
import { buildCli } from '../scripts/build.ts';

/** The tests of the command line run the program that users run. */
export async function setup(): Promise<void> {
  await buildCli(resolve(import.meta.dirname, '..'));
}
