import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImage, type SampleImage } from '../../scripts/sample-images.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { type CliRun, sallyport } from '../support/cli.ts';
import { testContext } from '../support/workflow-context.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { NODE_ADDRESS } from './harness/namespaces.ts';
import { skipWithout } from './harness/needs.ts';
import { makeProgramImage } from './harness/program-image.ts';
import { runShell } from './harness/shell.ts';
import { BUILD_TIME } from './harness/tools.ts';

const NAMES = ['alpha', 'beta', 'gamma'];

/** The Jobs that `render` writes, with the built program in them, moving images inside a cluster that this process does not help. */
describe.skipIf(skipWithout('node'))('jobs/mirror.yaml on a real node', () => {
  let cluster: Cluster;
  let cwd: string;
  /** Pods reach the registry by the node's address, this process by loopback; it is the same one. */
  let inside: string;
  const images = new Map<string, SampleImage>();

  beforeAll(async () => {
    cluster = await startCluster();
    const { registry } = cluster;
    inside = `${NODE_ADDRESS}:${registry.port}`;
    cluster.trust(inside);
    cwd = mkdtempSync(join(cluster.folder, 'jobs-'));
    for (const [index, name] of NAMES.entries()) {
      const image = makeImage({
        platforms: ['linux/amd64', 'linux/arm64'],
        layers: [
          { size: 3_000_000, seed: 'base', shared: true },
          { size: 2_000_000 + index, seed: name },
        ],
        ...(index === 0 ? { signature: 'tag' as const } : {}),
      });
      images.set(name, image);
      await registry.push(`source/${name}:1`, image);
    }
    const login = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    mkdirSync(join(cwd, '.docker'));
    writeFileSync(
      join(cwd, '.docker', 'config.json'),
      JSON.stringify({ auths: { [inside]: { auth: login }, [registry.host]: { auth: login } } }),
    );
    writeFileSync(join(cwd, 'ca.crt'), readFileSync(registry.caFile));
    const pods = NAMES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'main', image: `${inside}/source/${name}:1` }] },
    }));
    writeFileSync(join(cwd, 'pods.yaml'), pods.map((pod) => JSON.stringify(pod)).join('\n---\n'));
  }, BUILD_TIME);
  afterAll(() => cluster?.stop());

  const run = async (...args: readonly string[]): Promise<CliRun> => {
    const ran = await sallyport(args, { cwd, env: { SSL_CERT_FILE: '' } });
    expect(ran.status, ran.stderr).toBe(0);
    return ran;
  };

  it('copies the lock with two pods and finishes with a third, and everything is at the target', async () => {
    const { host, push } = cluster.registry;
    const digest = await push('tools/sallyport:1', makeProgramImage());
    const outside = ['--registry', `${inside},mirror=${host}`, '--registry', `${host},caFile=ca.crt`];
    await run('lock', '-f', 'pods.yaml', '--to', `${inside}/mirrored`, '--naming', 'path', ...outside);
    await run(
      'render',
      ...['-f', 'pods.yaml', '-o', 'out', '--registry', `${inside},caFile=ca.crt`],
      ...['--mirror-job', '2', '--mirror-image', `${inside}/tools/sallyport:1@${digest}`],
    );
    const file = readFileSync(join(cwd, 'out', 'jobs', 'mirror.yaml'), 'utf8');
    expect(file).not.toContain('s3cret');
    // The heading of the file is what a user runs.
    const commands = [...file.matchAll(/^#\s+(?:Then: )?(kubectl .*)$/gm)]
      .map(([, command]) => command?.replace('jobs/mirror.yaml', 'out/jobs/mirror.yaml'))
      .join('\n');
    const { status, stderr } = await runShell(cluster, commands, cwd);
    expect(status, stderr).toBe(0);

    interface Jobs {
      readonly items: readonly {
        readonly metadata: { readonly name: string };
        readonly status: { readonly succeeded?: number; readonly completedIndexes?: string };
      }[];
    }
    const { items } = await cluster.kubectl.get<Jobs>('-n', 'sallyport', 'jobs');
    expect(
      items.map(({ metadata, status: at }) => [metadata.name, at.succeeded, at.completedIndexes]),
    ).toEqual([
      ['sallyport-mirror', 2, '0,1'],
      ['sallyport-mirror-finish', 1, undefined],
    ]);
    const log = await cluster.kubectl('-n', 'sallyport', 'logs', 'job/sallyport-mirror-finish');
    expect(log).toMatch(/alpha/);

    const registries = openRegistries(testContext(cwd), {
      [host]: { caFile: cluster.registry.caFile, authFile: cluster.registry.authFile },
    });
    try {
      for (const [name, image] of images) {
        const store = registries.target({ registry: host, repository: `mirrored/source/${name}` });
        expect((await store.resolve('1'))?.digest, name).toBe(image.root.descriptor.digest);
        for (const manifest of image.manifests)
          expect((await store.readManifest(manifest.descriptor.digest)).bytes).toEqual(manifest.bytes);
        // Reading one whole compares it with its digest.
        for (const { descriptor } of image.blobs.values()) await buffer(await store.readBlob(descriptor));
      }
      const [signature] = images.get('alpha')?.extras ?? [];
      const signed = registries.target({ registry: host, repository: 'mirrored/source/alpha' });
      expect((await signed.resolve(signature?.tag ?? ''))?.digest).toBe(
        signature?.manifest.descriptor.digest,
      );
    } finally {
      registries.close();
    }
  });
});
