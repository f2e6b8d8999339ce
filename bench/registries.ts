import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fill, makeImage } from '../scripts/sample-images.ts';
import { openRegistries } from '../src/workflows/registries.ts';
import { type DockerRegistry, startDockerRegistry } from '../test/support/docker-registry.ts';
import { testContext } from '../test/support/workflow-context.ts';

export interface ImageSpec {
  readonly name: string;
  readonly platforms: readonly string[];
  /** Sizes in bytes; the same seed is the same layer. */
  readonly layers: readonly { readonly size: number; readonly seed: string; readonly shared?: boolean }[];
}

/** A docker-registry filled with images, their content made as it is written. */
export async function filledRegistry(dir: string, images: readonly ImageSpec[]): Promise<DockerRegistry> {
  const registry = await startDockerRegistry(dir);
  const opened = openRegistries(testContext(dir), { [registry.host]: { plainHttp: true } });
  try {
    for (const { name, platforms, layers } of images) {
      await fill(
        opened.target({ registry: registry.host, repository: name }),
        makeImage({ platforms, layers }),
        'v1',
      );
    }
  } finally {
    opened.close();
  }
  return registry;
}

/** An empty registry for one run; its data is removed with it. */
export async function withEmptyRegistry<T>(
  dir: string,
  work: (registry: DockerRegistry) => Promise<T>,
): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const registry = await startDockerRegistry(dir);
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

export const ONE_LARGE: readonly ImageSpec[] = [
  { name: 'team/large', platforms: ['linux/amd64'], layers: [{ size: 1_073_741_824, seed: 'large' }] },
];

export const listOf = (images: readonly ImageSpec[], host: string): string =>
  images.map(({ name }) => `${join(host, name)}:v1\n`).join('');
