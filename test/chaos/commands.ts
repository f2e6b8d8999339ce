import { readdirSync } from 'node:fs';
import { combineErrors, type SallyportError } from '../../src/base/index.ts';
import type { Lock } from '../../src/lock/index.ts';
import { createBundle } from '../../src/workflows/bundle-create.ts';
import { loadBundle } from '../../src/workflows/bundle-load.ts';
import { checkBundle } from '../../src/workflows/bundle-verify.ts';
import { listImages } from '../../src/workflows/images.ts';
import { makeLock } from '../../src/workflows/lock.ts';
import { mirrorImages } from '../../src/workflows/mirror.ts';
import { relocate } from '../../src/workflows/relocate.ts';
import { IMAGES, type World } from './world.ts';

/** A command that touches a registry, as the matrix runs it. */
export interface Command {
  readonly name: string;
  /** Whose misbehaviour it can meet. */
  readonly sides: readonly ('source' | 'target')[];
  /** What it does before anything misbehaves. */
  readonly prepare?: (world: World) => Promise<unknown>;
  /** Throws what the command fails with; gives what is wrong with what it says or leaves behind after it has succeeded. */
  readonly run: (world: World, prepared: unknown) => Promise<readonly string[]>;
  /** Whether its success means that the images are at the target. */
  readonly copies: boolean;
  /** It asks by HEAD alone, and does not see what lies behind that. */
  readonly onlyLooks?: true;
  /** What is wrong with what a failed run leaves behind, beside the registries. */
  readonly afterFailure?: (world: World) => readonly string[];
}

/** The table: every command that speaks to a registry. A new one is a row. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'images --confirm',
    sides: ['source'],
    copies: false,
    onlyLooks: true,
    run: async (world) => {
      const { images, unasked } = await listImages(world.context(), { config: world.config, confirm: true });
      if (images.length !== IMAGES.size) return [`lists ${images.length} images instead of ${IMAGES.size}`];
      // An image that could not be asked for is told in its row, and the command goes on.
      throwAll(unasked);
      return images.flatMap(({ reference, confirmed }) =>
        confirmed?.exists === true ? [] : [`${reference} does not exist, it says`],
      );
    },
  },
  {
    name: 'lock',
    sides: ['source'],
    copies: false,
    run: async (world) => wrongIn(await lockOf(world)),
  },
  {
    name: 'mirror',
    sides: ['source', 'target'],
    copies: true,
    prepare: lockOf,
    run: async (world, lock) => {
      const { failures } = await mirrorImages(world.context(), {
        registries: world.config.registries,
        platforms: [],
        what: { lock: lock as Lock },
      });
      throwAll(failures);
      return [];
    },
  },
  {
    name: 'mirror --images',
    sides: ['source'],
    copies: true,
    run: async (world) => {
      const { target } = world.config;
      if (target === undefined) throw new Error('the world has no target');
      const { failures } = await mirrorImages(world.context(), {
        registries: world.config.registries,
        platforms: [],
        what: { references: [...IMAGES.keys()], targets: [target] },
      });
      throwAll(failures);
      return [];
    },
  },
  {
    name: 'relocate',
    sides: ['source', 'target'],
    copies: true,
    run: async (world) => {
      const { lock, failures, rendered } = await relocate(world.context(), {
        config: world.config,
        folder: 'out',
        lockFile: 'sallyport.lock.yaml',
        alsoOurs: [],
        force: false,
        dryRun: false,
        referrers: true,
        recheck: false,
        withCredentials: false,
      });
      throwAll(failures);
      const text = (rendered?.files ?? []).map(({ bytes }) => bytes.toString('utf8')).join('\n');
      const unpinned = [...IMAGES.values()].filter((image) => !text.includes(image.root.descriptor.digest));
      return [
        ...wrongIn(lock),
        ...(rendered === undefined ? ['rendered nothing'] : []),
        ...unpinned.map((image) => `does not name ${image.root.descriptor.digest}`),
      ];
    },
    afterFailure: (world) =>
      readdirSync(world.cwd)
        .filter((name) => name === 'out' || name === 'sallyport.lock.yaml')
        .map((name) => `left ${name} behind`),
  },
  {
    name: 'bundle create',
    sides: ['source'],
    copies: false,
    prepare: lockOf,
    run: async (world, lock) => {
      await bundleOf(world, lock as Lock);
      const { problems } = await checkBundle(world.context(), BUNDLE);
      return problems.map((problem) => `made a bundle that is wrong: ${JSON.stringify(problem)}`);
    },
    afterFailure: (world) =>
      readdirSync(world.cwd).includes(BUNDLE) ? ['left a bundle behind that is not whole'] : [],
  },
  {
    name: 'bundle load',
    sides: ['target'],
    copies: true,
    prepare: async (world) => bundleOf(world, await lockOf(world)),
    run: async (world) => {
      const { failures } = await loadBundle(world.context(), {
        file: BUNDLE,
        registries: world.config.registries,
        dryRun: false,
        referrers: true,
        recheck: false,
      });
      throwAll(failures);
      return [];
    },
  },
];

const BUNDLE = 'che.bundle';

async function bundleOf(world: World, lock: Lock): Promise<void> {
  await createBundle(world.context(), {
    config: world.config,
    lock,
    output: BUNDLE,
    format: 'oci',
    platforms: [],
    referrers: true,
    manifests: false,
    reuse: [],
    dryRun: false,
  });
}

async function lockOf(world: World): Promise<Lock> {
  const { lock, failures } = await makeLock(world.context(), { config: world.config });
  throwAll(failures);
  return lock;
}

function wrongIn(lock: Lock): string[] {
  return [...IMAGES].flatMap(([reference, image]) => {
    const locked = lock.images.find((one) => one.reference === reference);
    return locked?.digest === image.root.descriptor.digest
      ? []
      : [`${reference} is locked as ${locked?.digest ?? 'nothing'}`];
  });
}

function throwAll(failures: readonly SallyportError[]): void {
  if (failures.length > 0) throw combineErrors(failures, 'some images failed');
}
