import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, homeFolder, makeFolder } from '../base/index.ts';
import { endWithOutput } from './output.ts';
import type { RunOptions } from './run.ts';

declare const SALLYPORT_VERSION: string;

/** `--version` is answered before anything is loaded. */
if (
  process.argv.length === 3 &&
  (process.argv[2] === '--version' || process.argv[2] === '-v' || process.argv[2] === 'version')
) {
  endWithOutput(process.stdout);
  process.stdout.write(`${SALLYPORT_VERSION}\n`);
} else {
  const homeDir = homeFolder(process.env, () => userInfo().homedir);
  // Node 22.1 and newer keep what they compiled; older ones have no such function.
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: (folder: string) => unknown;
  };
  if (enableCompileCache !== undefined) {
    // Left to itself Node puts it into the temporary folder, which others write to as well.
    const folder = join(cacheFolder({ env: process.env, homeDir }), 'compiled');
    // Without a folder for it every start compiles, as with Node 20. Node's own way to make it may never end (see `makeFolder`).
    await makeFolder(folder).then(
      () => enableCompileCache(folder),
      () => undefined,
    );
  }
  const { runCli } = await import('./run.ts');
  const options: RunOptions = { version: SALLYPORT_VERSION, homeDir };
  await runCli(options);
}
