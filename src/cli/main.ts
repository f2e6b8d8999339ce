import type { RunOptions } from './run.ts';

declare const SALLYPORT_VERSION: string;

/** `--version` is answered before anything is loaded. */
if (
  process.argv.length === 3 &&
  (process.argv[2] === '--version' || process.argv[2] === '-v' || process.argv[2] === 'version')
) {
  process.stdout.write(`${SALLYPORT_VERSION}\n`);
} else {
  // Node 22.1 and newer keep what they compiled; older ones have no such function.
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: () => unknown;
  };
  enableCompileCache?.();
  const { runCli } = await import('./run.ts');
  const options: RunOptions = { version: SALLYPORT_VERSION };
  await runCli(options);
}
