import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Bench, type Case, compiled, mirror, startHelper } from '../bench.ts';
import { interleave, peak, type Run, ratio, runOnce, seconds } from '../measure.ts';
import { findPeers } from '../peers.ts';
import { listOf, namesOf, small, withEmptyRegistry, withSource } from '../registries.ts';

const DELAY_MS = 40;
const IMAGES = small(100);
/** The others take more than a minute. */
const QUICK = ['regsync (parallel 4)', 'crane, 4 at a time'];

interface Both {
  readonly cold: Run;
  readonly warm: Run;
}

export const latency: Case = {
  needs: ['/usr/bin/time', 'docker-registry'],
  run: (bench) =>
    withSource(join(bench.dir, 'small'), IMAGES, async (source) => {
      const proxy = await compiled(bench, 'delay-proxy');
      const floor = await compiled(bench, 'floor');
      const far = (command: (from: string, to: string) => readonly string[]) => (): Promise<Both> =>
        withEmptyRegistry(join(bench.dir, 'target'), async (target) => {
          const delayed = await startHelper(proxy, [String(DELAY_MS), source.host, target.host], 2);
          try {
            const [from = '', to = ''] = delayed.lines;
            const args = command(from, to);
            const cold = await runOnce(args, { cwd: bench.dir });
            return { cold, warm: args.includes(floor) ? cold : await runOnce(args, { cwd: bench.dir }) };
          } finally {
            await delayed.close();
          }
        });
      const peers = findPeers(bench.root).filter(({ name }) => QUICK.includes(name));
      const runs = await interleave(3, {
        ours: far((from, to) => {
          const list = join(bench.dir, 'small.txt');
          writeFileSync(list, listOf(IMAGES, from));
          return mirror(bench, list, `${to}/copy`, [`${from},plainHttp`, `${to},plainHttp`]);
        }),
        floor: far((from, to) => ['node', floor, `http://${from}`, `http://${to}`, ...namesOf(IMAGES)]),
        ...Object.fromEntries(
          peers.map((peer) => [
            peer.name,
            far((from, to) =>
              peer.copy({
                source: from,
                target: to,
                dir: bench.dir,
                images: namesOf(IMAGES).map((name) => ({ from: `${from}/${name}`, to: `${to}/${name}` })),
              }),
            ),
          ]),
        ),
      });
      tell(
        bench,
        peers.map(({ name }) => name),
        runs,
      );
    }),
};

function tell(
  { report }: Bench,
  peers: readonly string[],
  runs: Readonly<Record<string, readonly Both[]>>,
): void {
  const cold = (name: string): Run[] => (runs[name] ?? []).map((both) => both.cold);
  const warm = (name: string): Run[] => (runs[name] ?? []).map((both) => both.warm);
  const what = `${DELAY_MS} ms before every request on both sides, 100 small images`;
  report(`${what}, cold`, `**${seconds(cold('ours'))}**`, 'at most 2.5 s');
  for (const name of ['floor', ...peers])
    report(
      `the same against ${name === 'floor' ? 'the bare copy, 8 at a time' : name}`,
      `**${ratio(cold('ours'), cold(name)).toFixed(2)} ×**: it takes ${seconds(cold(name))}`,
      'shown',
    );
  report(`${what}, warm`, `**${seconds(warm('ours'))}**`, 'at most 0.6 s');
  for (const name of peers)
    report(
      `the same against ${name}`,
      `**${ratio(warm('ours'), warm(name)).toFixed(2)} ×**: it takes ${seconds(warm(name))}`,
      'shown',
    );
  report(
    'peak memory of both',
    formatBytes(Math.max(peak(cold('ours')), peak(warm('ours')))),
    'under 150 MB',
  );
}
