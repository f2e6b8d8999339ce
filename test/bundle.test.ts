import type { ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../scripts/sample-images.ts';
import { sallyport } from './support/cli.ts';
import { startCountingRelay } from './support/counting-relay.ts';
import { type Embedded, startEmbedded } from './support/embedded.ts';

const layers = (seed: string) => [
  { size: 300_000, seed: 'base', shared: true },
  { size: 1_500_000, seed },
];
const ONE = makeImage({
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: layers('one'),
  attestations: true,
  signature: 'referrer',
});
const TWO = makeImage({
  platforms: ['linux/amd64'],
  layers: layers('two'),
  alwaysIndex: true,
  signature: 'tag',
});

describe('bundles, with the built program', { timeout: 120_000 }, () => {
  let source: Embedded;
  let target: Embedded;
  let cwd: string;
  const run = (...args: string[]) => sallyport(['bundle', ...args], { cwd });
  const plain = () => [
    '--registry',
    `${source.server.registry},plainHttp=true`,
    '--registry',
    `${target.server.registry},plainHttp=true`,
  ];

  beforeAll(async () => {
    [source, target] = [await startEmbedded(), await startEmbedded()];
    cwd = mkdtempSync(join(tmpdir(), 'sallyport-bundles-'));
    await fill(source.repository('team/one'), ONE, '1');
    await fill(source.repository('team/two'), TWO, '2');
    const container = (name: string, image: string) =>
      `  - {name: ${name}, image: "${source.server.registry}/${image}"}`;
    const pod = (...containers: string[]) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n${containers.join('\n')}\n`;
    writeFileSync(join(cwd, 'one.yaml'), pod(container('a', 'team/one:1')));
    writeFileSync(join(cwd, 'both.yaml'), pod(container('a', 'team/one:1'), container('b', 'team/two:2')));
  });
  afterAll(async () => {
    await source.close();
    await target.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  const create = (output: string, manifests: string, ...more: string[]) =>
    run(
      'create',
      '-o',
      output,
      '-f',
      manifests,
      '--to',
      `${target.server.registry}/che`,
      ...plain(),
      ...more,
    );

  it('are made, verified, loaded with their signatures, and move nothing the second time', async () => {
    expect(await create('both.bundle', 'both.yaml')).toMatchObject({ status: 0 });
    expect((await run('verify', 'both.bundle')).stdout).toContain('every byte is as it was made');
    const loaded = await run('load', 'both.bundle', ...plain());
    expect(loaded).toMatchObject({ status: 0 });
    const host = source.server.registry.replace(':', '-');
    const one = target.repository(`che/${host}/team/one`);
    expect((await one.resolve('1'))?.digest).toBe(ONE.root.descriptor.digest);
    expect(await one.referrers(ONE.root.descriptor.digest)).toHaveLength(1);
    const two = target.repository(`che/${host}/team/two`);
    expect(await two.resolve(TWO.extras[0]?.tag ?? '')).toBeDefined();
    const again = await run('load', 'both.bundle', ...plain(), '-o', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({ bytesSent: 0, manifestsWritten: 0 });
  });

  it('are the same bytes again, and say so', async () => {
    await create('first.bundle', 'both.yaml');
    await create('second.bundle', 'both.yaml');
    expect(readFileSync(join(cwd, 'first.bundle')).equals(readFileSync(join(cwd, 'second.bundle')))).toBe(
      true,
    );
    expect((await create('first.bundle', 'both.yaml')).stdout).toContain('unchanged');
  });

  it('take what an earlier one has from there', async () => {
    await create('small.bundle', 'one.yaml');
    const before = source.requests.length;
    const made = await create('big.bundle', 'both.yaml', '--reuse', 'small.bundle');
    expect(made.stdout).toMatch(/reused/);
    const blobs = source.requests
      .slice(before)
      .filter((request) => request.startsWith('GET') && request.includes('/blobs/'));
    expect(blobs.filter((request) => request.includes('/team/one/'))).toEqual([]);
    expect(blobs.length).toBeGreaterThan(0);
  });

  it('leave out what an inventory has, and load all the same', async () => {
    const fresh = await startEmbedded();
    try {
      const to = `${fresh.server.registry}/che`;
      const reach = ['--registry', `${fresh.server.registry},plainHttp=true`];
      await create('one.bundle', 'one.yaml');
      expect((await run('load', 'one.bundle', '--to', to, ...reach)).stderr).toContain('are made for');
      expect(
        await run('inventory', 'one.bundle', '--target', to, ...reach, '-o', 'inventory.json'),
      ).toMatchObject({ status: 0 });
      const made = await create('update.bundle', 'both.yaml', '--since', 'inventory.json');
      expect(made.stdout).toContain('left out, which the target has');
      const size = (name: string) => readFileSync(join(cwd, name)).length;
      await create('whole.bundle', 'both.yaml');
      expect(size('update.bundle')).toBeLessThan(size('whole.bundle') - 3_000_000);
      expect(await run('verify', 'update.bundle')).toMatchObject({ status: 0 });
      const planned = await run('load', 'update.bundle', '--to', to, ...reach, '--dry-run', '-o', 'json');
      expect(JSON.parse(planned.stdout)).toMatchObject({ bytesMountable: expect.any(Number) });
      const before = fresh.requests.length;
      const loaded = await run('load', 'update.bundle', '--to', to, ...reach);
      expect(loaded).toMatchObject({ status: 0 });
      const served = await sallyport(['bundle', 'serve', 'update.bundle', '--listen', '127.0.0.1:0'], {
        cwd,
        onStart: (child) => child.stdout?.once('data', () => child.kill('SIGTERM')),
      });
      expect(served.stderr).toMatch(/was made with --since and lacks \d+ blobs/);
      // What was left out is mounted from where it is, and does not cross the network twice.
      const asked = fresh.requests.slice(before);
      expect(asked.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))).toEqual([]);
      expect(asked.filter((line) => line.includes('mount=')).length).toBeGreaterThan(0);
      const host = source.server.registry.replace(':', '-');
      expect((await fresh.repository(`che/${host}/team/two`).resolve('2'))?.digest).toBe(
        TWO.root.descriptor.digest,
      );
      const diff = await run('diff', 'one.bundle', 'whole.bundle');
      expect(diff.status).toBe(3);
      expect(diff.stdout).toContain(`+ ${source.server.registry}/team/two:2`);
    } finally {
      await fresh.close();
    }
  });

  it.each([
    ['before anything was read', 'GET /v2/team/one/manifests/', / and nothing was left$/],
    [
      'in the middle',
      'GET /v2/team/one/blobs/',
      /; the same command continues from stopped\.bundle\.partial$/,
    ],
  ])('that are stopped %s say what is left', async (_, at, said) => {
    let interrupt: () => void = () => undefined;
    const slow = await startEmbedded({
      intercept: async ({ method, path }) => {
        if (!`${method} ${path}`.startsWith(at)) return undefined;
        interrupt();
        // what was under way stays under way until the program has heard of it
        await new Promise((next) => setTimeout(next, 200));
        return undefined;
      },
    });
    try {
      await fill(slow.repository('team/one'), ONE, '1');
      const image = `${slow.server.registry}/team/one:1`;
      writeFileSync(
        join(cwd, 'slow.yaml'),
        `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: "${image}"}]}\n`,
      );
      const made = await sallyport(
        [
          'bundle',
          'create',
          '-o',
          'stopped.bundle',
          '-f',
          'slow.yaml',
          '--to',
          `${target.server.registry}/x`,
        ].concat(['--registry', `${slow.server.registry},plainHttp=true`]),
        {
          cwd,
          onStart: (child) => {
            // once: a second Ctrl-C ends the program where it stands
            interrupt = () => {
              interrupt = () => undefined;
              child.kill('SIGINT');
            };
          },
        },
      );
      expect(made.status, made.stderr).toBe(130);
      expect(made.stderr.trimEnd()).toMatch(/stopped; no bundle was written/);
      expect(made.stderr.trimEnd()).toMatch(said);
    } finally {
      await slow.close();
      rmSync(join(cwd, 'stopped.bundle.partial'), { recursive: true, force: true });
    }
  });

  it('that are damaged are told with exit status 3, and load nothing', async () => {
    await create('broken.bundle', 'one.yaml');
    const bytes = readFileSync(join(cwd, 'broken.bundle'));
    const at = bytes.length - 700_000;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(join(cwd, 'broken.bundle'), bytes);
    const verified = await run('verify', 'broken.bundle');
    expect(verified.status).toBe(3);
    expect(verified.stdout).toMatch(/blobs\/sha256\/[0-9a-f]{64}” is damaged/);
    const fresh = await startEmbedded();
    try {
      const loaded = await run(
        'load',
        'broken.bundle',
        '--to',
        fresh.server.registry,
        '--registry',
        `${fresh.server.registry},plainHttp=true`,
      );
      expect(loaded.status).toBe(1);
      expect(loaded.stderr).toContain('has other content');
      const host = source.server.registry.replace(':', '-');
      expect(await fresh.repository(`${host}/team/one`).resolve('1')).toBeUndefined();
    } finally {
      await fresh.close();
    }
    const mended = await create('broken.bundle', 'one.yaml');
    expect(mended.stdout).toMatch(/; [1-9][\d.]* [kM]B read, [1-9].* reused/);
    expect(await run('verify', 'broken.bundle')).toMatchObject({ status: 0 });
  });

  it('say what is wrong with what was typed', async () => {
    expect(await run('create', '-o', 'x.bundle')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('sallyport lock'),
    });
    expect(await create('x.bundle', 'one.yaml', '--split', '12')).toMatchObject({ status: 2 });
    expect(await create('.', 'one.yaml')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is a folder, and a bundle is a file'),
    });
    expect(await create('x.bundle', 'one.yaml', '--format', 'docker-archive')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--platform linux/amd64'),
    });
    const archive = await create(
      'x.tar',
      'one.yaml',
      '--format',
      'docker-archive',
      '--platform',
      'linux/amd64',
    );
    expect(archive).toMatchObject({ status: 0 });
    // It has no indexes, so nothing is said of what they list.
    expect(archive.stderr).not.toContain('indexes');
    await create('split.bundle', 'one.yaml', '--split', '1MB');
    rmSync(join(cwd, 'split.bundle.002'));
    const parts = await run('load', 'split.bundle', ...plain());
    expect(parts).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/split\.bundle\.002: is missing; it is part 2 of \d+\n.*Carry this part/),
    });
    expect(await run('verify', '.')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is a folder, and a bundle is a file'),
    });
    symlinkSync('one.bundle', join(cwd, 'link.bundle'));
    expect(await run('ls', 'link.bundle')).toMatchObject({ status: 0 });
    expect(await run('ls', 'nowhere.bundle')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('does not exist'),
    });
    expect(existsSync(join(cwd, 'x.bundle'))).toBe(false);
  });

  it('are loaded on from the byte after kill -9', async () => {
    const size = 40_000_000;
    const image = makeImage({ platforms: ['linux/amd64'], layers: [{ size, seed: 'large' }] });
    await fill(source.repository('team/large'), image, '1');
    writeFileSync(
      join(cwd, 'large.yaml'),
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, image: "${source.server.registry}/team/large:1"}\n`,
    );
    expect(await create('large.bundle', 'large.yaml')).toMatchObject({ status: 0 });
    const relay = await startCountingRelay(target.server.registry, { receiveRate: 40_000_000 });
    const uploads = join(cwd, 'state', 'sallyport', 'uploads');
    const load = (onStart?: (child: ChildProcess) => void) =>
      sallyport(
        [
          ...['bundle', 'load', 'large.bundle', '--to', `${relay.host}/large`, '--naming', 'path'],
          ...['--registry', `${relay.host},plainHttp`],
        ],
        {
          cwd,
          env: { XDG_STATE_HOME: join(cwd, 'state') },
          ...(onStart === undefined ? {} : { onStart }),
        },
      );
    try {
      const killed = await load((child) => {
        const watch = setInterval(() => {
          if (relay.received() > size * 0.7) child.kill('SIGKILL');
        }, 1);
        child.once('exit', () => clearInterval(watch));
      });
      expect(killed.status).toBeNull();
      expect(readdirSync(uploads)).toHaveLength(1);
      expect(await load()).toMatchObject({ status: 0 });
      // Begun anew it would be 1.7 times.
      expect(relay.received() / size).toBeLessThan(1.4);
      expect(readdirSync(uploads)).toEqual([]);
    } finally {
      await relay.close();
    }
    const loaded = target.repository('large/team/large');
    expect((await loaded.resolve('1'))?.digest).toBe(image.root.descriptor.digest);
    for (const { descriptor } of image.blobs.values())
      for await (const _ of await loaded.readBlob(descriptor));
  });
});
