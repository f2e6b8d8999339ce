import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import { sallyport } from '../support/cli.ts';
import { containerdFolder, withContainerd } from '../support/containerd.ts';
import { hasDocker, withDocker } from '../support/docker-daemon.ts';
import { commandExists } from '../support/docker-registry.ts';
import { type Embedded, startEmbedded } from '../support/embedded.ts';

/** Bundles taken by what runs images, without a registry between: podman, containerd, Docker. They unpack the layers. */
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const layers = (seed: string) => [
  { size: 20_000, seed: 'base', shared: true },
  { size: 50_000, seed },
];
/** Every form that a source gives: signatures under a tag and as referrers, attestations, Docker's types, no index. */
const IMAGES = {
  'team/app:1': makeImage({ platforms: PLATFORMS, layers: layers('app'), signature: 'tag' }),
  'team/attested:2': makeImage({ platforms: PLATFORMS, layers: layers('attested'), attestations: true }),
  'team/docker:3': makeImage({ platforms: PLATFORMS, layers: layers('docker'), docker: true }),
  'team/single:4': makeImage({
    platforms: ['linux/arm64'],
    layers: layers('single'),
    signature: 'referrer',
  }),
};

/** Of one platform: what `docker load` and `podman load` take. */
const ONE_PLATFORM = ['all.tar', 'arm64.bundle'];

describe('bundles, loaded without a registry', { timeout: 120_000 }, () => {
  let dir = '';
  let source: Embedded;
  let names: readonly string[] = [];
  /** As a node finds what `render` writes (`name:tag@digest`, of which the CRI drops the tag). */
  const nodeNames = (): string[] =>
    Object.entries(IMAGES).map(([name, { root }]) => {
      const [repository = ''] = name.split(':');
      const host = source.server.registry.replace(':', '-');
      return `registry.example/che/${host}/${repository}@${root.descriptor.digest}`;
    });

  const create = async (output: string, images: readonly string[], ...flags: string[]) => {
    const containers = images.map((name, index) => `    - {name: c${index}, image: "${name}"}`);
    writeFileSync(
      join(dir, 'pod.yaml'),
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n${containers.join('\n')}\n`,
    );
    const registry = ['--to', 'registry.example/che', '--registry', `${source.server.registry},plainHttp`];
    const made = await sallyport(
      ['bundle', 'create', '-o', output, '-f', 'pod.yaml', ...registry, ...flags],
      { cwd: dir },
    );
    expect(made).toMatchObject({ status: 0 });
  };

  beforeAll(async () => {
    // podman wants the path of its state to be shorter than 50 characters.
    dir = mkdtempSync(join(tmpdir(), 'stores-'));
    source = await startEmbedded();
    for (const [name, image] of Object.entries(IMAGES)) {
      const [repository = '', tag = ''] = name.split(':');
      await fill(source.repository(repository), image, tag);
    }
    names = Object.keys(IMAGES).map((name) => `${source.server.registry}/${name}`);
    await create('all.bundle', names);
    await create('all.tar', names, '--format', 'docker-archive', '--platform', 'linux/arm64');
    await create('arm64.bundle', names, '--platform', 'linux/arm64');
  });
  afterAll(async () => {
    await source.close();
    rmSync(dir, { recursive: true, force: true });
  });

  describe.skipIf(!commandExists('podman') || !isRoot)('podman', () => {
    const podman = async (...args: string[]): Promise<string> => {
      const own = ['--root', join(dir, 'podman'), '--runroot', join(dir, 'run')];
      return (await run('podman', [...own, '--storage-driver', 'vfs', ...args], { cwd: dir })).stdout.trim();
    };
    const architecture = (name: string) => podman('inspect', '--format', '{{.Architecture}}', name);

    it.each(ONE_PLATFORM)('loads %s', async (file) => {
      const said = await podman('load', '-q', '-i', file);
      for (const name of names) {
        expect(said).toContain(`Loaded image: ${name}`);
        expect(await architecture(name)).toBe('arm64');
      }
      await podman('rmi', '-f', ...names);
    });

    it('pulls any image out of a bundle', async () => {
      const [first = ''] = names;
      await podman('pull', '-q', '--arch', 'amd64', `oci-archive:all.bundle:${first}`);
      expect(await architecture(first)).toBe('amd64');
    });
  });

  it.skipIf(containerdFolder === undefined)(
    'containerd imports all, and takes no signature for an image',
    async () => {
      await withContainerd(join(dir, 'containerd'), async (ctr) => {
        for (const file of ['all.bundle', ...ONE_PLATFORM]) {
          const platform = file === 'all.bundle' ? ['--all-platforms'] : ['--platform', 'linux/arm64'];
          // As ctr 1.x does it, which unpacks whatever is named as an image; and as 2.x does.
          for (const way of [
            ['--local', '--snapshotter', 'native', ...platform],
            ['--no-unpack', ...platform],
          ]) {
            await ctr('images', 'import', ...way, join(dir, file));
            // In a docker archive an index becomes one of its images, which has another digest.
            const onNodes = nodeNames().filter((name) => file !== 'all.tar' || name.includes('/single@'));
            const found = [...names, ...onNodes];
            expect((await ctr('images', 'ls', '-q')).trim().split('\n')).toEqual(found);
            await ctr('images', 'rm', '--sync', ...found);
          }
        }
        await ctr('images', 'import', '--all-platforms', '--no-unpack', join(dir, 'all.bundle'));
        const kept = await ctr('images', 'ls');
        for (const { root } of Object.values(IMAGES)) expect(kept).toContain(root.descriptor.digest);
      });
    },
  );

  it.skipIf(!hasDocker)('Docker loads what is of one platform', () =>
    withDocker(join(dir, 'docker'), async (docker) => {
      for (const file of ONE_PLATFORM) {
        const said = await docker('load', '-q', '-i', join(dir, file));
        for (const name of names) {
          expect(said).toContain(`Loaded image: ${name}`);
          expect((await docker('inspect', '--format', '{{.Architecture}}', name)).trim()).toBe('arm64');
        }
        await docker('rmi', '-f', ...names);
      }
    }),
  );
});
