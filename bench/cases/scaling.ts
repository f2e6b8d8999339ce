import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Case, compiled, mirror, startHelper } from '../bench.ts';
import { cpu, interleave, peak, type Run, runOnce, wall } from '../measure.ts';

const COUNTS = [10, 100, 1000, 10_000];
/** With so many, one round says enough. */
const MANY = 10_000;

/** Against a registry that makes its images up, so that it is the client whose cost is seen. */
export const scaling: Case = {
  needs: ['/usr/bin/time'],
  run: async (bench) => {
    const program = await compiled(bench, 'simulated-registry');
    const results: { readonly count: number; readonly cold: Run[]; readonly warm: Run[] }[] = [];
    for (const count of COUNTS) {
      const cold: Run[] = [];
      const warm: Run[] = [];
      await interleave(count === MANY ? 1 : 3, {
        ours: async () => {
          const registry = await startHelper(program, [], 1);
          const [host = ''] = registry.lines;
          try {
            const list = join(bench.dir, 'scaling.txt');
            writeFileSync(
              list,
              Array.from({ length: count }, (_, index) => `${host}/many/app-${index}:v1\n`).join(''),
            );
            const command = mirror(bench, list, `${host}/copy`, [`${host},plainHttp`]);
            cold.push(await runOnce(command, { cwd: bench.dir }));
            warm.push(await runOnce(command, { cwd: bench.dir }));
          } finally {
            await registry.close();
          }
        },
      });
      results.push({ count, cold, warm });
    }
    const start = cpu(results[0]?.warm);
    const each = (runs: readonly Run[], count: number): string =>
      `${((cpu(runs) - (count > 10 ? start : 0)) / count).toFixed(1)} ms`;
    for (const { count, cold, warm } of results)
      bench.report(
        `${count.toLocaleString('en')} small images, simulated registry`,
        `cold ${(wall(cold) / 1000).toFixed(1)} s, ${each(cold, count)} of one core an image, ${formatBytes(peak(cold))}; warm ${(wall(warm) / 1000).toFixed(1)} s, ${each(warm, count)}, ${formatBytes(peak(warm))}`,
        'linear in images, memory too',
      );
  },
};
