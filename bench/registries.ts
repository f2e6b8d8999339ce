import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { fill, makeImage } from '../scripts/sample-images.ts';
import { openRegistries } from '../src/workflows/registries.ts';
import { type DockerRegistry, startDockerRegistry, type TestCa } from '../test/support/docker-registry.ts';
import { testContext } from '../test/support/workflow-context.ts';

export interface ImageSpec {
  readonly name: string;
  readonly platforms: readonly string[];
  /** Sizes in bytes; the same seed is the same layer. */
  readonly layers: readonly { readonly size: number; readonly seed: string; readonly shared?: boolean }[];
}

const MEMORY = '/dev/shm';
const ROOM = 6 * 1024 ** 3;

/** A folder for registries and lists: in memory where six gigabytes are free there, else on the disk. */
export function scratchFolder(): string {
  const space = existsSync(MEMORY) ? statfsSync(MEMORY) : undefined;
  const inMemory = space !== undefined && space.bavail * space.bsize > ROOM;
  return mkdtempSync(join(inMemory ? MEMORY : tmpdir(), 'sallyport-bench-'));
}

/** A docker-registry filled with images, their content made as it is written. */
export async function filledRegistry(
  dir: string,
  images: readonly ImageSpec[],
  tls?: TestCa,
): Promise<DockerRegistry> {
  const registry = await startDockerRegistry(dir, tls === undefined ? {} : { tls });
  const opened = openRegistries(testContext(dir), {
    [registry.host]: tls === undefined ? { plainHttp: true } : { caFile: tls.caFile },
  });
  const limit = pLimit(8);
  try {
    await Promise.all(
      images.map(({ name, platforms, layers }) =>
        limit(() =>
          fill(
            opened.target({ registry: registry.host, repository: name }),
            makeImage({ platforms, layers }),
            'v1',
          ),
        ),
      ),
    );
  } finally {
    opened.close();
  }
  return registry;
}

/** An empty registry for one run; its data is removed with it. */
export async function withEmptyRegistry<T>(
  dir: string,
  work: (registry: DockerRegistry) => Promise<T>,
  tls?: TestCa,
): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const registry = await startDockerRegistry(dir, tls === undefined ? {} : { tls });
  try {
    return await work(registry);
  } finally {
    await registry.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A source for the time of `work`. */
export async function withSource<T>(
  dir: string,
  images: readonly ImageSpec[],
  work: (registry: DockerRegistry) => Promise<T>,
  tls?: TestCa,
): Promise<T> {
  const registry = await filledRegistry(dir, images, tls);
  try {
    return await work(registry);
  } finally {
    await registry.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Twenty two-platform images that share a base, as operators' images do: about 600 MB in all. */
export const TWENTY: readonly ImageSpec[] = Array.from({ length: 20 }, (_, index) => ({
  name: `team/app-${index}`,
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: [
    { size: 30_000_000, seed: 'base' },
    { size: 10_000_000, seed: `middle-${index}` },
    { size: 3_500_000, seed: `top-${index}` },
  ],
}));

/** One-platform images of 250 KB with a base in common: 22 MB for a hundred. */
export const small = (count: number): readonly ImageSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `small/app-${index}`,
    platforms: ['linux/amd64'],
    layers: [
      { size: 30_000, seed: 'base' },
      { size: 120_000, seed: `middle-${index}` },
      { size: 100_000, seed: `top-${index}` },
    ],
  }));

/** One-platform images of one layer of 2 KB. */
export const tiny = (count: number): readonly ImageSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `tiny/app-${index}`,
    platforms: ['linux/amd64'],
    layers: [{ size: 500, seed: `only-${index}` }],
  }));

export const oneOf = (size: number): readonly ImageSpec[] => [
  { name: 'team/large', platforms: ['linux/amd64'], layers: [{ size, seed: 'large' }] },
];

export const namesOf = (images: readonly ImageSpec[]): string[] => images.map(({ name }) => `${name}:v1`);

export const listOf = (images: readonly ImageSpec[], host: string): string =>
  namesOf(images)
    .map((name) => `${host}/${name}\n`)
    .join('');
