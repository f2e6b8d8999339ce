import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Case, mirror } from '../bench.ts';
import { runOnce } from '../measure.ts';
import { listOf, oneOf, withEmptyRegistry, withSource } from '../registries.ts';

const MIB = 1024 ** 2;

export const memory: Case = {
  needs: ['/usr/bin/time', 'docker-registry'],
  run: async (bench) => {
    const peaks: string[] = [];
    let largest = 0;
    for (const size of [256 * MIB, 2048 * MIB]) {
      const images = oneOf(size);
      await withSource(join(bench.dir, 'large'), images, async (source) => {
        const list = join(bench.dir, 'large.txt');
        writeFileSync(list, listOf(images, source.host));
        const run = await withEmptyRegistry(join(bench.dir, 'target'), ({ host }) =>
          runOnce(mirror(bench, list, `${host}/copy`, [`${source.host},plainHttp`, `${host},plainHttp`]), {
            cwd: bench.dir,
          }),
        );
        largest = run.peakRss;
        peaks.push(`${formatBytes(run.peakRss)} for ${size / MIB} MiB`);
      });
    }
    bench.report(
      'peak memory of a copy of one layer of 2 GiB',
      `**${formatBytes(largest)}** (${peaks.join(', ')})`,
      'under 150 MB, flat',
    );
  },
};
