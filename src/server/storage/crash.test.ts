import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImage, type SampleImage } from '../../../scripts/sample-images.ts';
import { systemCode } from '../../base/index.ts';
import { blobsOf, type Digest, digestOf, readManifest } from '../../oci/index.ts';
import { openDiskStorage } from './disk-storage.ts';
import type { WritableStorage } from './types.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sallyport-crash-'));
const program = join(scratch, 'registry-child.cjs');
const children: ChildProcess[] = [];

beforeAll(async () => {
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../../test/support/registry-child.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile: program,
  });
}, 60_000);

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

async function startChild(dir: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

async function send(agent: Agent, method: string, url: string, body: Buffer, type: string): Promise<number> {
  const sent = request(url, {
    method,
    agent,
    headers: { 'content-length': body.length, 'content-type': type },
  });
  sent.end(body);
  const [message] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  await buffer(message);
  return message.statusCode ?? 0;
}

/** What the registry has said yes to. */
interface Acknowledged {
  readonly blobs: Set<Digest>;
  readonly manifests: Set<Digest>;
  readonly tags: Map<string, Digest>;
}

const DEATH: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE']);

/** Pushes images one after another until the registry dies. */
async function pushUntilDeath(url: string, worker: string, acknowledged: Acknowledged): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  try {
    for (let round = 0; ; round++) {
      const image = makeImage({
        platforms: ['linux/amd64', 'linux/arm64'],
        layers: [{ size: 150_000, seed: `${worker} ${round}` }],
        signature: 'referrer',
      });
      await pushImage(agent, `${url}/v2/crash`, `${worker}-${round % 3}`, image, acknowledged);
    }
  } catch (thrown) {
    // The connection broke: the registry is dead, which is what we wait for.
    if (!DEATH.has(systemCode(thrown) ?? '')) throw thrown;
  } finally {
    agent.destroy();
  }
}

async function pushImage(
  agent: Agent,
  base: string,
  tag: string,
  image: SampleImage,
  acknowledged: Acknowledged,
): Promise<void> {
  for (const blob of image.blobs.values()) {
    const { digest } = blob.descriptor;
    const status = await send(
      agent,
      'POST',
      `${base}/blobs/uploads/?digest=${digest}`,
      await buffer(await blob.open(0)),
      'application/octet-stream',
    );
    expect(status).toBe(201);
    acknowledged.blobs.add(digest);
  }
  for (const { descriptor, bytes } of [...image.manifests, ...image.extras.map((extra) => extra.manifest)]) {
    const isRoot = descriptor.digest === image.root.descriptor.digest;
    const status = await send(
      agent,
      'PUT',
      `${base}/manifests/${isRoot ? tag : descriptor.digest}`,
      bytes,
      descriptor.mediaType,
    );
    expect(status).toBe(201);
    acknowledged.manifests.add(descriptor.digest);
    if (isRoot) acknowledged.tags.set(tag, descriptor.digest);
  }
}

async function checkComplete(storage: WritableStorage, digest: Digest): Promise<void> {
  const repository = storage.repository('crash');
  expect(await repository.findManifest(digest)).toMatchObject({ digest });
  const { view } = readManifest(await repository.readManifest(digest), { digest });
  for (const blob of blobsOf(view)) await checkBlob(storage, blob.digest);
  if (view.kind === 'index') for (const child of view.manifests) await checkComplete(storage, child.digest);
}

async function checkBlob(storage: WritableStorage, digest: Digest): Promise<void> {
  const repository = storage.repository('crash');
  expect(await repository.blobSize(digest)).toBeDefined();
  expect(digestOf(await buffer(await repository.openBlob(digest)))).toBe(digest);
}

/** Only so that a registry that hangs ends the test: pushing and checking wait for the disk, which others may keep busy. */
const PATIENCE_MS = 180_000;

/** Milliseconds after which each life ends. */
const ROUNDS = [60, 150, 20, 230];

describe('a registry that is killed while clients push', () => {
  it(
    'keeps all that it acknowledged, and shows nothing half',
    async () => {
      const dir = join(scratch, 'data');
      const acknowledged: Acknowledged = { blobs: new Set(), manifests: new Set(), tags: new Map() };
      for (const [round, wait] of ROUNDS.entries()) {
        const { child, url } = await startChild(dir);
        const pushing = ['a', 'b', 'c'].map((worker) =>
          pushUntilDeath(url, `${worker}${round}`, acknowledged),
        );
        const before = acknowledged.manifests.size;
        // Not before something is under way; then at whatever moment it happens to be.
        await expect
          .poll(() => acknowledged.manifests.size, { interval: 5, timeout: PATIENCE_MS / 4 })
          .toBeGreaterThan(before);
        if (round === ROUNDS.length - 1)
          await expect
            .poll(() => acknowledged.tags.size, { interval: 5, timeout: PATIENCE_MS / 4 })
            .toBeGreaterThan(0);
        await new Promise((next) => setTimeout(next, wait));
        child.kill('SIGKILL');
        await Promise.all(pushing);
      }
      const storage = await openDiskStorage({ dir });
      try {
        const repository = storage.repository('crash');
        for (const digest of acknowledged.blobs) await checkBlob(storage, digest);
        for (const digest of acknowledged.manifests) await checkComplete(storage, digest);
        const tags = await repository.tags();
        expect(tags).toEqual(expect.arrayContaining([...acknowledged.tags.keys()]));
        for (const tag of tags) {
          const found = await repository.findManifest(tag);
          if (found === undefined) throw new Error(`the tag ${tag} points to nothing`);
          await checkComplete(storage, found.digest);
          for (const referrer of await repository.referrers(found.digest))
            await checkComplete(storage, referrer.digest);
        }
        expect(acknowledged.tags.size).toBeGreaterThan(0);
        // What was visible but not yet acknowledged is whole too.
        expect(await storage.check({ children: true })).toMatchObject({ problems: [] });
        const leftovers = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.includes('.tmp-'),
        );
        expect(leftovers).toEqual([]);
      } finally {
        await storage.close();
      }
    },
    PATIENCE_MS,
  );
});
