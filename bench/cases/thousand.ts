import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Case, mirror } from '../bench.ts';
import { interleave, peak, ratio, runOnce, seconds } from '../measure.ts';
import { findPeers } from '../peers.ts';
import { listOf, namesOf, tiny, withEmptyRegistry, withSource } from '../registries.ts';

const IMAGES = tiny(1000);
/** The others take 18 s and more for nothing. */
const QUICK = ['regsync (parallel 4)', 'crane, 4 at a time'];

export const thousand: Case = {
  needs: ['/usr/bin/time', 'docker-registry'],
  run: (bench) =>
    withSource(join(bench.dir, 'thousand'), IMAGES, async (source) => {
      const list = join(bench.dir, 'thousand.txt');
      writeFileSync(list, listOf(IMAGES, source.host));
      await withEmptyRegistry(join(bench.dir, 'target'), async ({ host }) => {
        const ours = mirror(bench, list, `${host}/copy`, [`${source.host},plainHttp`, `${host},plainHttp`]);
        const first = await runOnce(ours, { cwd: bench.dir });
        const wish = {
          source: source.host,
          target: host,
          dir: bench.dir,
          images: namesOf(IMAGES).map((name) => ({
            from: `${source.host}/${name}`,
            to: `${host}/copy/${name}`,
          })),
        };
        const peers = findPeers(bench.root).filter(({ name }) => QUICK.includes(name));
        const runs = await interleave(3, {
          ours: () => runOnce(ours, { cwd: bench.dir }),
          ...Object.fromEntries(
            peers.map((peer) => [peer.name, () => runOnce(peer.copy(wish), { cwd: bench.dir })]),
          ),
        });
        for (const { name } of peers)
          bench.report(
            `1,000 small images, warm, against ${name}`,
            `**${ratio(runs['ours'], runs[name]).toFixed(2)} ×**: ${seconds(runs['ours'])} against ${seconds(runs[name])}`,
            name.startsWith('regsync') ? 'at most 1 ×' : 'shown',
          );
        if (peers.length === 0)
          bench.report('1,000 small images, warm', seconds(runs['ours']), '1.6 to 1.9 s');
        bench.report(
          'peak memory of the same, cold and warm',
          formatBytes(Math.max(first.peakRss, peak(runs['ours']))),
          'under 150 MB',
        );
      });
    }),
};
