import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill, makeImage, type SampleImage } from '../../scripts/sample-images.ts';
import type { SallyportEvent } from '../../src/base/index.ts';
import type { Config } from '../../src/lock/index.ts';
import { mergeConfig } from '../../src/lock/index.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { testContext } from '../support/workflow-context.ts';
import { type ChaosRegistry, LOGIN, startChaosRegistry } from './chaos-registry.ts';

/** What lies at the source, by the reference that manifests name it with. */
export const IMAGES: ReadonlyMap<string, SampleImage> = new Map([
  [
    'quay.io/team/app:1',
    makeImage({
      platforms: ['linux/amd64', 'linux/arm64'],
      layers: [
        { size: 30_000, seed: 'base', shared: true },
        { size: 1_200_000, seed: 'app', shared: true },
      ],
      attestations: true,
      signature: 'tag',
    }),
  ],
  [
    'quay.io/team/tool:1',
    makeImage({
      platforms: ['linux/amd64'],
      layers: [
        { size: 30_000, seed: 'base', shared: true },
        { size: 280_000, seed: 'tool' },
      ],
      signature: 'referrer',
    }),
  ],
]);

/** Long enough for a busy machine, short enough for silence to be waited out many times. */
const PATIENCE_MS = 800;

/** Two registries that may be told to misbehave, and a folder in which commands run. */
export interface World {
  readonly source: ChaosRegistry;
  readonly target: ChaosRegistry;
  readonly cwd: string;
  readonly clock: FakeClock;
  readonly config: Config;
  readonly events: readonly SallyportEvent[];
  /** A fresh context, as each command line is a process of its own. */
  context(): ReturnType<typeof testContext>;
  close(): Promise<void>;
}

/** The images under `mirror/quay.io/…` of a registry in a folder that outlives it. */
export async function fillSource(dir: string): Promise<void> {
  const clock = fakeClock();
  const registry = await startChaosRegistry({ now: clock.now, dir });
  const cwd = mkdtempSync(join(tmpdir(), 'sallyport-chaos-fill-'));
  try {
    writeLogins(cwd, [registry.server.registry]);
    const registries = openRegistries(testContext(cwd), { [registry.server.registry]: { plainHttp: true } });
    for (const [reference, image] of IMAGES) {
      const [repository = '', tag = ''] = reference.split(':');
      await fill(
        registries.target({ registry: registry.server.registry, repository: `mirror/${repository}` }),
        image,
        tag,
      );
    }
    registries.close();
  } finally {
    await registry.close();
    rmSync(cwd, { recursive: true, force: true });
  }
}

export async function openWorld(sourceDir: string): Promise<World> {
  const clock = fakeClock();
  const source = await startChaosRegistry({ now: clock.now, dir: sourceDir });
  const target = await startChaosRegistry({ now: clock.now });
  const cwd = mkdtempSync(join(tmpdir(), 'sallyport-chaos-world-'));
  writeLogins(cwd, [source.server.registry, target.server.registry]);
  writeFileSync(join(cwd, 'operator.yaml'), operator([...IMAGES.keys()]));
  const config = mergeConfig(undefined, {
    manifests: ['operator.yaml'],
    target: { prefix: `${target.server.registry}/che` },
    registries: {
      'quay.io': { mirror: `${source.server.registry}/mirror/quay.io`, plainHttp: true },
      [target.server.registry]: { plainHttp: true },
    },
  });
  const events: SallyportEvent[] = [];
  return {
    source,
    target,
    cwd,
    clock,
    config,
    events,
    context: () =>
      testContext(cwd, {
        clock,
        emit: (event) => void events.push(event),
        httpTimeouts: {
          header: PATIENCE_MS,
          putHeader: PATIENCE_MS,
          streamHeader: PATIENCE_MS,
          progress: PATIENCE_MS,
        },
      }),
    close: async () => {
      await source.close();
      await target.close();
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}

/** Where an image of the source has to be at the target. */
export function targetName(reference: string): string {
  return `che/${reference}`;
}

function writeLogins(homeDir: string, registries: readonly string[]): void {
  const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  mkdirSync(join(homeDir, '.docker'));
  writeFileSync(
    join(homeDir, '.docker', 'config.json'),
    JSON.stringify({ auths: Object.fromEntries(registries.map((host) => [host, { auth }])) }),
  );
}

function operator(images: readonly string[]): string {
  const containers = images.map((image, index) => `        - name: c${index}\n          image: ${image}\n`);
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: operator
  namespace: team
spec:
  selector:
    matchLabels: {app: operator}
  template:
    metadata:
      labels: {app: operator}
    spec:
      containers:
${containers.join('')}`;
}
