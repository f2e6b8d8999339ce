import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import { type Bench, type Case, compiled } from '../bench.ts';
import { interleave, peak, type Run, ratio, runOnce, seconds } from '../measure.ts';
import { filledRegistry, TWENTY, withEmptyRegistry } from '../registries.ts';

/** Bundles of the twenty images: making one against writing the same bytes plainly, loading one against pushing them plainly. */
export const bundles: Case = { needs: ['/usr/bin/time', 'docker-registry'], run };

async function run(bench: Bench): Promise<void> {
  const { program, report } = bench;
  const dir = join(bench.dir, 'bundles');
  mkdirSync(dir);
  const source = await filledRegistry(join(dir, 'source'), TWENTY);
  try {
    const floor = await compiled(bench, 'bundle-floor');
    writeFileSync(join(dir, 'pods.yaml'), pods(source.host));
    const reach = (host: string) => ['--registry', `${host},plainHttp`, '--quiet'];
    await runOnce(
      [
        'node',
        program,
        'lock',
        '-f',
        'pods.yaml',
        '--to',
        'registry.example',
        '--naming',
        'path',
        ...reach(source.host),
      ],
      { cwd: dir },
    );
    const fresh = (file: string, command: string[]) => () => {
      rmSync(join(dir, file), { force: true });
      return runOnce(command, { cwd: dir });
    };
    const made = await interleave(5, {
      floor: fresh('plain', [
        'node',
        floor,
        'write',
        source.host,
        'plain',
        ...TWENTY.map(({ name }) => `${name}:v1`),
      ]),
      ours: fresh('x.bundle', ['node', program, 'bundle', 'create', '-o', 'x.bundle', ...reach(source.host)]),
    });
    tell('bundle create, 20 two-platform images, against writing the same bytes plainly', made);
    const into = (command: (host: string) => string[]) => () =>
      withEmptyRegistry(join(dir, 'target'), (target) => runOnce(command(target.host), { cwd: dir }));
    const loaded = await interleave(5, {
      floor: into((host) => ['node', floor, 'push', 'plain', host]),
      ours: into((host) => [
        ...['node', program, 'bundle', 'load', 'x.bundle', '--to', host, '--naming', 'path'],
        ...reach(host),
      ]),
    });
    tell('bundle load of them, against pushing the same bytes plainly', loaded);
  } finally {
    await source.close();
    rmSync(dir, { recursive: true, force: true });
  }

  function tell(name: string, runs: Record<string, Run[]>): void {
    report(
      name,
      `**${ratio(runs['ours'], runs['floor']).toFixed(2)} ×** (s: ${seconds(runs['ours'])} against ${seconds(runs['floor'])}), ${formatBytes(peak(runs['ours']))}`,
      'at most 1.15 ×, under 150 MB',
    );
  }
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
