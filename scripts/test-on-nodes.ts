import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { nodeBinary } from '../test/support/node-binary.ts';

/** The unit suite on the other supported Nodes; the running one is `npm test`. */
const root = resolve(import.meta.dirname, '..');
let failed = 0;
for (const major of ['20', '22', '24'].filter((one) => one !== process.versions.node.split('.')[0])) {
  const node = nodeBinary(major);
  if (node === undefined) {
    console.log(`Node ${major}: no binary for this machine, skipped`);
    continue;
  }
  console.log(`Node ${major}`);
  const run = spawnSync(
    node,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--reporter',
      './test/counts-reporter.ts',
      '--reporter',
      'dot',
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (run.status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
