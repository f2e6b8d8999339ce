import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Bench, type Case, compiled, mirror } from '../bench.ts';
import { cpu, interleave, median, peak, type Run, ratio, runOnce, seconds, wall } from '../measure.ts';
import { findPeers, type Peer, type Wish } from '../peers.ts';
import { listOf, namesOf, TWENTY, withEmptyRegistry, withSource } from '../registries.ts';

/** The same set with nothing at the target, and again with everything there. */
interface Both {
  readonly cold: Run;
  /** Processor time of both registries meanwhile, milliseconds. */
  readonly serversMs: number;
  readonly warm: Run;
}

export const copy: Case = {
  needs: ['/usr/bin/time', 'docker-registry'],
  run: (bench) =>
    withSource(join(bench.dir, 'twenty'), TWENTY, async (source) => {
      const list = join(bench.dir, 'twenty.txt');
      writeFileSync(list, listOf(TWENTY, source.host));
      const floor = await compiled(bench, 'floor');
      const peers = findPeers(bench.root);
      const twice = (command: (host: string) => readonly string[]) => (): Promise<Both> =>
        withEmptyRegistry(join(bench.dir, 'target'), async (target) => {
          const before = source.cpuMs() + target.cpuMs();
          const cold = await runOnce(command(target.host), { cwd: bench.dir });
          const serversMs = source.cpuMs() + target.cpuMs() - before;
          return { cold, serversMs, warm: await runOnce(command(target.host), { cwd: bench.dir }) };
        });
      const runs = await interleave(3, {
        floor: () =>
          withEmptyRegistry(join(bench.dir, 'target'), async ({ host }) => {
            const cold = await runOnce(
              ['node', floor, `http://${source.host}`, `http://${host}`, ...namesOf(TWENTY)],
              { cwd: bench.dir },
            );
            return { cold, serversMs: 0, warm: cold };
          }),
        ours: twice((host) =>
          mirror(bench, list, `${host}/copy`, [`${source.host},plainHttp`, `${host},plainHttp`]),
        ),
        ...Object.fromEntries(
          peers.map((peer) => [peer.name, twice((host) => peer.copy(wish(bench, source.host, host)))]),
        ),
      });
      tell(bench, peers, runs);
    }),
};

function wish({ dir }: Bench, source: string, target: string): Wish {
  return {
    source,
    target,
    dir,
    images: namesOf(TWENTY).map((name) => ({ from: `${source}/${name}`, to: `${target}/${name}` })),
  };
}

function tell(
  { report }: Bench,
  peers: readonly Peer[],
  runs: Readonly<Record<string, readonly Both[]>>,
): void {
  const cold = (name: string): Run[] => (runs[name] ?? []).map((both) => both.cold);
  const warm = (name: string): Run[] => (runs[name] ?? []).map((both) => both.warm);
  const ours = cold('ours');
  report(
    '20 two-platform images, cold, against the bare streaming copy',
    `**${ratio(ours, cold('floor')).toFixed(2)} ×**: ${seconds(ours)} against ${seconds(cold('floor'))}`,
    'at most 1.1 ×',
  );
  for (const { name } of peers)
    report(
      `the same against ${name}`,
      `**${ratio(ours, cold(name)).toFixed(2)} ×**: it takes ${seconds(cold(name))}, ${ratio(cold(name), cold('floor')).toFixed(2)} × the bare copy`,
      name === 'skopeo' ? 'at most 0.4 ×' : 'below 1 ×',
    );
  const others = peers.map(
    ({ name }) => `${name} ${(median(warm(name).map((run) => run.wallMs)) / 1000).toFixed(2)}`,
  );
  report(
    'the same, warm, whole process',
    `**${seconds(warm('ours'))}**${others.length === 0 ? '' : `; s: ${others.join(', ')}`}`,
    'at most 0.25 s',
  );
  const servers = median((runs['ours'] ?? []).map(({ serversMs }) => serversMs));
  const cores = cpus().length;
  const full = (cpu(ours) + servers) / cores;
  report(
    'processor time of that copy',
    `${(cpu(ours) / 1000).toFixed(2)} s of ours and ${(servers / 1000).toFixed(2)} s of the two registries, which fill ${cores} cores for ${(full / 1000).toFixed(2)} s${peers.some(({ name }) => name === 'skopeo') ? `; the registries' alone is ${(servers / cores / wall(cold('skopeo'))).toFixed(2)} × the time of skopeo` : ''}`,
    'shown',
  );
  report('peak memory of both', formatBytes(Math.max(peak(ours), peak(warm('ours')))), 'under 150 MB');
}
