import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Case, compiled, mirror, startHelper } from '../bench.ts';
import { interleave, peak, type Run, ratio, runOnce, seconds } from '../measure.ts';
import { findPeers } from '../peers.ts';
import { listOf, namesOf, oneOf, withEmptyRegistry, withSource } from '../registries.ts';

const MB = 1_000_000;
const RATE = 25 * MB;
const IMAGES = oneOf(400 * MB);

/** One large layer from a server that gives each connection a part of what the line carries. */
export const limited: Case = {
  needs: ['/usr/bin/time', 'docker-registry'],
  run: (bench) =>
    withSource(join(bench.dir, 'limited'), IMAGES, async (source) => {
      const helper = await startHelper(await compiled(bench, 'limit-proxy'), [String(RATE), source.host], 1);
      try {
        const [from = ''] = helper.lines;
        const list = join(bench.dir, 'limited.txt');
        writeFileSync(list, listOf(IMAGES, from));
        const into = (command: (host: string) => readonly string[]) => (): Promise<Run> =>
          withEmptyRegistry(join(bench.dir, 'target'), ({ host }) =>
            runOnce(command(host), { cwd: bench.dir }),
          );
        const peer = findPeers(bench.root).find(({ name }) => name === 'skopeo');
        const runs = await interleave(3, {
          ours: into((host) =>
            mirror(bench, list, `${host}/copy`, [`${from},plainHttp`, `${host},plainHttp`]),
          ),
          ...(peer === undefined
            ? {}
            : {
                peer: into((host) =>
                  peer.copy({
                    source: from,
                    target: host,
                    dir: bench.dir,
                    images: namesOf(IMAGES).map((name) => ({
                      from: `${from}/${name}`,
                      to: `${host}/${name}`,
                    })),
                  }),
                ),
              }),
        });
        bench.report(
          `one layer of ${formatBytes(400 * MB)} from a server that gives a connection ${formatBytes(RATE)} a second${peer === undefined ? '' : ', against skopeo'}`,
          peer === undefined
            ? `**${seconds(runs['ours'])}**`
            : `**${ratio(runs['ours'], runs['peer']).toFixed(2)} ×**: ${seconds(runs['ours'])} against ${seconds(runs['peer'])}`,
          'below 1 ×',
        );
        bench.report('peak memory of the same', formatBytes(peak(runs['ours'])), 'under 150 MB');
      } finally {
        await helper.close();
      }
    }),
};
