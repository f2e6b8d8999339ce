import { createRegistryServer } from '../../src/server/index.ts';

/** A registry in a process of its own, for tests that kill it. Built into one file before it is started. */
const dir = process.argv[2];
if (dir === undefined) throw new Error('a folder is needed');
createRegistryServer({ dir }).then(
  (registry) => process.stdout.write(`${registry.url}\n`),
  (thrown: unknown) => {
    process.stderr.write(`${String(thrown)}\n`);
    process.exitCode = 1;
  },
);
