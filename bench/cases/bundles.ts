import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Bench, type Case, compiled } from '../bench.ts';
import { type Carrier, findCarriers } from '../carriers.ts';
import { cpu, interleave, peak, type Run, ratio, runOnce, seconds } from '../measure.ts';
import { filledRegistry, namesOf, TWENTY, withEmptyRegistry } from '../registries.ts';

/** Bundles of the twenty images: making one against writing the same bytes plainly, loading one against pushing them plainly, and against peers. */
export const bundles: Case = { needs: ['/usr/bin/time', 'docker-registry'], run };

async function run(bench: Bench): Promise<void> {
  const { program } = bench;
  const dir = join(bench.dir, 'bundles');
  mkdirSync(dir);
  const source = await filledRegistry(join(dir, 'source'), TWENTY);
  try {
    const floor = await compiled(bench, 'bundle-floor');
    const carriers = findCarriers(bench.root);
    const images = namesOf(TWENTY);
    writeFileSync(join(dir, 'pods.yaml'), pods(source.host));
    const ours = (host: string, ...words: string[]) => [
      ...['node', program, ...words],
      ...['--registry', `${host},plainHttp`, '--quiet'],
    ];
    const lock = ['lock', '-f', 'pods.yaml', '--to', 'registry.example', '--naming', 'path'];
    await runOnce(ours(source.host, ...lock), { cwd: dir });

    const fresh = (name: string, command: readonly string[]) => () => {
      rmSync(join(dir, name), { recursive: true, force: true });
      return runOnce(command, { cwd: dir });
    };
    const carriage = (name: string, host: string) => ({ host, dir, layout: join(dir, name), images });
    const made = await interleave(3, {
      floor: fresh('plain', ['node', floor, 'write', source.host, 'plain', ...images]),
      ours: fresh('x.bundle', ours(source.host, 'bundle', 'create', '-o', 'x.bundle')),
      ...byName(carriers, ({ name, save }) => fresh(name, save(carriage(name, source.host)))),
    });
    tell(bench, 'bundle create, 20 two-platform images, against writing the same bytes plainly', made);

    const into = (command: (host: string) => readonly string[]) => () =>
      withEmptyRegistry(join(dir, 'target'), ({ host }) => runOnce(command(host), { cwd: dir }));
    const loaded = await interleave(3, {
      floor: into((host) => ['node', floor, 'push', 'plain', host]),
      ours: into((host) => ours(host, 'bundle', 'load', 'x.bundle', '--to', host, '--naming', 'path')),
      ...byName(carriers, ({ name, load }) => into((host) => load(carriage(name, host)))),
    });
    tell(bench, 'bundle load of them, against pushing the same bytes plainly', loaded);
  } finally {
    await source.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function byName<T>(carriers: readonly Carrier[], make: (carrier: Carrier) => T): Record<string, T> {
  return Object.fromEntries(carriers.map((carrier) => [carrier.name, make(carrier)]));
}

function tell(
  { report }: Bench,
  name: string,
  { floor, ours, ...peers }: Readonly<Record<string, readonly Run[]>>,
): void {
  const processor = cpu(ours) / cpu(floor);
  report(
    name,
    `**${ratio(ours, floor).toFixed(2)} ×**: ${seconds(ours)} against ${seconds(floor)}; processor time ${processor.toFixed(2)} ×; ${formatBytes(peak(ours))}`,
    'at most 1.15 ×, under 150 MB',
  );
  for (const [peer, runs] of Object.entries(peers))
    report(
      `the same against ${peer} and an OCI layout`,
      `**${ratio(ours, runs).toFixed(2)} ×**: it takes ${seconds(runs)}, ${ratio(runs, floor).toFixed(2)} × the plain way`,
      'below 1 ×',
    );
}

function pods(host: string): string {
  const containers = TWENTY.map(({ name }, index) => `    - {name: c${index}, image: "${host}/${name}:v1"}`);
  return [
    'apiVersion: v1',
    'kind: Pod',
    'metadata: {name: all}',
    'spec:',
    '  containers:',
    ...containers,
    '',
  ].join('\n');
}
