import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The environment of a program that must not see the credentials, settings and caches of who runs the tests. */
export function bareEnvironment(home: string): { readonly [name: string]: string | undefined } {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: home,
    // Shared by all programs of a run, so that each need not be compiled again for a home of its own.
    NODE_COMPILE_CACHE: join(tmpdir(), 'compiled'),
  };
}
